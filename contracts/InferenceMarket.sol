// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "./interfaces/IERC165.sol";
import {IInferenceMarket} from "./interfaces/IInferenceMarket.sol";
import {IInferenceVerifier} from "./interfaces/IInferenceVerifier.sol";

/// @title A market for inferences that settles by proof
/// @notice Bounties of open requests, bonds of locks that are held and balances always add up to what the contract owns.
/// @dev Money leaves by `withdraw` only, which empties the caller's balance before it pays. The verifier is called as a view.
contract InferenceMarket is IInferenceMarket, IERC165 {
    /// @notice How long a lock lasts.
    uint64 public constant LOCK_SECONDS = 10 minutes;

    IInferenceVerifier public immutable verifier;
    /// @notice What a lock costs when it is let lapse, wei.
    uint256 public immutable bond;

    /// @inheritdoc IInferenceMarket
    uint256 public requestCount;
    /// @inheritdoc IInferenceMarket
    mapping(address account => uint256) public balanceOf;
    mapping(uint256 id => Request) private _requests;

    constructor(IInferenceVerifier verifier_, uint256 bond_) {
        verifier = verifier_;
        bond = bond_;
    }

    /// @inheritdoc IInferenceMarket
    function post(bytes32 modelId, bytes calldata input, uint64 deadline) external payable returns (uint256 id) {
        if (msg.value == 0 || msg.value > type(uint96).max) revert BountyInvalid(msg.value);
        if (deadline <= block.timestamp) revert DeadlinePassed(deadline);
        IInferenceVerifier.Model memory model = verifier.model(modelId);
        if (!model.active) revert ModelNotActive(modelId);
        if (input.length != model.inputLength) revert InputMismatch();
        id = ++requestCount;
        Request storage request = _requests[id];
        request.requester = msg.sender;
        request.bounty = uint96(msg.value);
        request.modelId = modelId;
        request.inputHash = keccak256(input);
        request.deadline = deadline;
        request.status = Status.Open;
        emit RequestPosted(id, modelId, msg.sender, msg.value, deadline, input);
    }

    /// @inheritdoc IInferenceMarket
    function lock(uint256 id) external payable {
        Request storage request = _findInTime(id);
        if (msg.value != bond) revert BondMismatch(bond, msg.value);
        if (request.lockedBy != address(0)) {
            if (block.timestamp <= request.lockUntil) revert RequestLockedBy(request.lockedBy, request.lockUntil);
            _forfeitBond(id, request);
        }
        uint64 until = uint64(block.timestamp) + LOCK_SECONDS;
        if (until > request.deadline) until = request.deadline;
        request.lockedBy = msg.sender;
        request.lockUntil = until;
        emit RequestLocked(id, msg.sender, until);
    }

    /// @inheritdoc IInferenceMarket
    function fulfil(uint256 id, IInferenceVerifier.Inference calldata inference, bytes calldata proof) external {
        Request storage request = _findInTime(id);
        if (keccak256(inference.input) != request.inputHash) revert InputMismatch();
        if (inference.nonce != nonceOf(id)) revert NonceMismatch(nonceOf(id));
        address agent = inference.agent;
        uint256 paid = request.bounty;
        if (request.lockedBy == agent) {
            paid += bond;
        } else if (request.lockedBy != address(0)) {
            if (block.timestamp <= request.lockUntil) revert RequestLockedBy(request.lockedBy, request.lockUntil);
            _forfeitBond(id, request);
        }
        request.lockedBy = address(0);
        request.status = Status.Fulfilled;
        balanceOf[agent] += paid;
        verifier.verifyInference(request.modelId, inference, proof);
        emit RequestFulfilled(id, agent, paid, inference.output);
    }

    /// @inheritdoc IInferenceMarket
    function cancel(uint256 id) external {
        Request storage request = _find(id);
        if (request.requester != msg.sender) revert NotRequester(msg.sender);
        if (block.timestamp <= request.deadline) revert DeadlineNotPassed(request.deadline);
        if (request.lockedBy != address(0)) _forfeitBond(id, request);
        request.status = Status.Cancelled;
        balanceOf[msg.sender] += request.bounty;
        emit RequestCancelled(id);
    }

    /// @inheritdoc IInferenceMarket
    function withdraw() external {
        uint256 amount = balanceOf[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        balanceOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert TransferFailed(msg.sender);
    }

    /// @inheritdoc IInferenceMarket
    function requestOf(uint256 id) external view returns (Request memory) {
        return _requests[id];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IInferenceMarket).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc IInferenceMarket
    function nonceOf(uint256 id) public view returns (bytes32) {
        return keccak256(abi.encode(address(this), id));
    }

    function _find(uint256 id) private view returns (Request storage request) {
        request = _requests[id];
        if (request.status != Status.Open) revert RequestNotOpen(id);
    }

    function _findInTime(uint256 id) private view returns (Request storage request) {
        request = _find(id);
        if (block.timestamp > request.deadline) revert DeadlinePassed(request.deadline);
    }

    /// @dev The bond of a lock that lapsed goes to the requester.
    function _forfeitBond(uint256 id, Request storage request) private {
        emit BondForfeited(id, request.lockedBy, request.requester, bond);
        balanceOf[request.requester] += bond;
        request.lockedBy = address(0);
    }
}
