// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "../interfaces/IERC165.sol";
import {IERC7992Registry} from "../interfaces/IERC7992.sol";
import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";

/// @title ERC-7992 registry over the models of an InferenceVerifier
/// @notice A commitment gets an id here, and its owner attaches the registered model that it speaks of. An update takes
/// effect under the same id and detaches the model, so that a proof is never checked against a commitment it was not made
/// for.
contract Erc7992Registry is IERC7992Registry, IERC165 {
    struct Entry {
        ModelCommitment commitment;
        address owner;
        bool deprecated;
        bytes32 attached;
    }

    event ModelAttached(uint256 indexed modelId, bytes32 indexed inferenceModelId);

    /// @notice The model's hash or its key's hash is another one than the commitment says.
    error AttachmentMismatch(uint256 modelId, bytes32 inferenceModelId);

    IInferenceVerifier public immutable verifier;
    uint256 public modelCount;
    mapping(uint256 modelId => Entry) private _entries;

    constructor(IInferenceVerifier verifier_) {
        verifier = verifier_;
    }

    /// @inheritdoc IERC7992Registry
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId) {
        modelId = ++modelCount;
        _entries[modelId].commitment = commitment;
        _entries[modelId].owner = msg.sender;
        emit ModelRegistered(modelId, msg.sender, commitment);
    }

    /// @inheritdoc IERC7992Registry
    function updateModel(uint256 modelId, ModelCommitment calldata newCommitment) external {
        Entry storage entry = _findOwned(modelId);
        emit ModelUpdated(modelId, entry.commitment, newCommitment);
        entry.commitment = newCommitment;
        entry.attached = bytes32(0);
    }

    /// @inheritdoc IERC7992Registry
    function deprecateModel(uint256 modelId) external {
        _findOwned(modelId).deprecated = true;
        emit ModelDeprecated(modelId);
    }

    /// @notice Names the registered model that proofs for `modelId` are checked with.
    function attach(uint256 modelId, bytes32 inferenceModelId) external {
        Entry storage entry = _findOwned(modelId);
        if (
            verifier.model(inferenceModelId).modelHash != entry.commitment.modelHash
                || verifier.keyHashOf(inferenceModelId) != entry.commitment.vkHash
        ) revert AttachmentMismatch(modelId, inferenceModelId);
        entry.attached = inferenceModelId;
        emit ModelAttached(modelId, inferenceModelId);
    }

    /// @notice The attached model; zero when there is none.
    function attachedModel(uint256 modelId) external view returns (bytes32) {
        return _entries[modelId].attached;
    }

    /// @inheritdoc IERC7992Registry
    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner)
    {
        Entry storage entry = _entries[modelId];
        if (entry.owner == address(0)) revert ModelNotFound(modelId);
        return (entry.commitment, entry.deprecated, entry.owner);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC7992Registry).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    function _findOwned(uint256 modelId) private view returns (Entry storage entry) {
        entry = _entries[modelId];
        if (entry.owner == address(0)) revert ModelNotFound(modelId);
        if (entry.owner != msg.sender) revert NotModelOwner(modelId, msg.sender);
    }
}
