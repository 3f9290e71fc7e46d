// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IInferenceVerifier} from "./IInferenceVerifier.sol";

/// @title Bounties for inferences
/// @notice A requester posts a bounty for a model's output on an input. An agent may lock the request with a bond, so that
/// nobody who sees its proof can prove the same again and be faster; it loses the bond to the requester when it lets the
/// lock lapse. Whoever brings a proof in time, the bounty goes to the agent that the proof is bound to.
interface IInferenceMarket {
    enum Status {
        None,
        Open,
        Fulfilled,
        Cancelled
    }

    /// @param inputHash keccak256 of the input's bytes
    /// @param deadline last second in which the request can be fulfilled
    /// @param lockUntil last second of the lock; never after the deadline
    /// @param lockedBy who paid the bond that is held, also after the lock lapsed; zero when none is held
    struct Request {
        address requester;
        uint96 bounty;
        bytes32 modelId;
        bytes32 inputHash;
        address lockedBy;
        uint64 deadline;
        uint64 lockUntil;
        Status status;
    }

    event RequestPosted(
        uint256 indexed id,
        bytes32 indexed modelId,
        address indexed requester,
        uint256 bounty,
        uint64 deadline,
        bytes input
    );
    event RequestLocked(uint256 indexed id, address indexed agent, uint64 until);
    event BondForfeited(uint256 indexed id, address indexed agent, address indexed requester, uint256 bond);
    event RequestFulfilled(uint256 indexed id, address indexed agent, uint256 paid, bytes output);
    event RequestCancelled(uint256 indexed id);
    event Withdrawn(address indexed account, uint256 amount);

    error RequestNotOpen(uint256 id);
    error DeadlinePassed(uint64 deadline);
    error DeadlineNotPassed(uint64 deadline);
    /// @notice Another agent holds the lock.
    error RequestLockedBy(address agent, uint64 until);
    error NotRequester(address caller);
    error BountyInvalid(uint256 value);
    error BondMismatch(uint256 expected, uint256 actual);
    error ModelNotActive(bytes32 modelId);
    error InputMismatch();
    error NonceMismatch(bytes32 expected);
    error NothingToWithdraw(address account);
    error TransferFailed(address account);

    /// @notice Posts a request with the value sent as bounty.
    /// @param input bytes of the model's public input, or the 32-byte commitment to a committed one
    function post(bytes32 modelId, bytes calldata input, uint64 deadline) external payable returns (uint256 id);

    /// @notice Locks a request for `LOCK_SECONDS`, at most until its deadline. The value sent is the bond.
    function lock(uint256 id) external payable;

    /// @notice Pays the bounty, and the bond of its lock, to `inference.agent`. Anyone may bring the proof.
    /// @param inference a run on the request's input with the nonce `nonceOf(id)`
    function fulfil(uint256 id, IInferenceVerifier.Inference calldata inference, bytes calldata proof) external;

    /// @notice Takes the bounty back once the deadline has passed, with the bond of a lock that lapsed.
    function cancel(uint256 id) external;

    /// @notice Pays out everything that is owed to the caller.
    function withdraw() external;

    /// @notice The nonce that a proof for a request has to carry.
    function nonceOf(uint256 id) external view returns (bytes32);

    function requestOf(uint256 id) external view returns (Request memory);

    /// @notice How many requests were posted; their ids are 1 to this.
    function requestCount() external view returns (uint256);

    /// @notice What `withdraw` would pay.
    function balanceOf(address account) external view returns (uint256);
}
