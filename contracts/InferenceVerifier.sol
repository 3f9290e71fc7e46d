// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {KeyCheck} from "./groth16/KeyCheck.sol";
import {KeyData} from "./groth16/KeyData.sol";
import {IERC165} from "./interfaces/IERC165.sol";
import {IInferenceVerifier} from "./interfaces/IInferenceVerifier.sol";
import {StatementSignals} from "./statement/StatementSignals.sol";

/// @title Registry of models with one shared Groth16 verifier
/// @notice It has no owner and no upgrade: a model's key, spec and publisher are fixed by its id, and the only thing that
/// ever changes is that its publisher deactivates it. A caller names a model, never a verifier or a key.
contract InferenceVerifier is IInferenceVerifier, KeyCheck, IERC165 {
    mapping(bytes32 modelId => Model) private _models;

    /// @inheritdoc IInferenceVerifier
    mapping(bytes32 nullifier => bool) public nullified;

    /// @inheritdoc IInferenceVerifier
    function registerModel(bytes calldata key, ModelSpec calldata spec, string calldata uri)
        external
        returns (bytes32 modelId)
    {
        if (spec.outputLength == 0 || (spec.inputCommitted && spec.inputLength != 32)) revert SpecInvalid();
        modelId = modelIdOf(msg.sender, keccak256(key), spec);
        if (_models[modelId].key != address(0)) revert ModelExists(modelId);
        _checkKey(
            key,
            StatementSignals.layoutOf(spec.statement, spec.inputCommitted, spec.inputLength, spec.outputLength).signalCount
        );
        address at = KeyData.store(key);
        _models[modelId] = Model({
            key: at,
            inputLength: spec.inputLength,
            outputLength: spec.outputLength,
            statement: spec.statement,
            inputCommitted: spec.inputCommitted,
            active: true,
            publisher: msg.sender,
            modelHash: spec.modelHash
        });
        emit ModelRegistered(modelId, msg.sender, spec.modelHash, at, spec, uri);
    }

    /// @inheritdoc IInferenceVerifier
    function deactivate(bytes32 modelId) external {
        Model storage stored = _find(modelId);
        if (stored.publisher != msg.sender) revert NotPublisher(msg.sender);
        stored.active = false;
        emit ModelDeactivated(modelId);
    }

    /// @inheritdoc IInferenceVerifier
    function recordInference(bytes32 modelId, Inference calldata inference, bytes calldata proof)
        external
        returns (bytes32 nullifier)
    {
        nullifier = keccak256(abi.encode(modelId, inference.agent, inference.nonce));
        if (nullified[nullifier]) revert NullifierUsed(nullifier);
        verifyInference(modelId, inference, proof);
        nullified[nullifier] = true;
        emit InferenceRecorded(modelId, inference.agent, nullifier, keccak256(inference.input), inference.output);
    }

    /// @inheritdoc IInferenceVerifier
    function verifyBatch(
        bytes32 modelId,
        Run[] calldata runs,
        bytes calldata inputs,
        bytes calldata outputs,
        bytes calldata proofs
    ) external view returns (bool) {
        (address key, StatementSignals.Layout memory layout) = _findActive(modelId);
        StatementSignals.checkLengths(layout, inputs.length, outputs.length, runs.length);
        uint256[] memory signals = new uint256[](runs.length * layout.signalCount);
        uint256 to = _dataOf(signals);
        for (uint256 j = 0; j < runs.length; ++j) {
            Run calldata run = runs[j];
            StatementSignals.write(
                layout,
                modelId,
                run.agent,
                run.nonce,
                run.commitment,
                _part(inputs, layout.inputLength, j),
                _part(outputs, layout.outputLength, j),
                to
            );
            unchecked {
                to += 32 * layout.signalCount;
            }
        }
        _verifyProofs(key, proofs, signals, layout.signalCount);
        return true;
    }

    /// @inheritdoc IInferenceVerifier
    function model(bytes32 modelId) external view returns (Model memory) {
        return _find(modelId);
    }

    /// @inheritdoc IInferenceVerifier
    function keyHashOf(bytes32 modelId) external view returns (bytes32) {
        return KeyData.hashOf(_find(modelId).key);
    }

    /// @inheritdoc IInferenceVerifier
    function challengeOf(bytes32 modelId, Inference calldata inference) external view returns (uint256) {
        return StatementSignals.challengeOf(
            _find(modelId).statement == Statement.Bound,
            modelId,
            inference.agent,
            inference.nonce,
            inference.commitment,
            inference.input,
            inference.output
        );
    }

    /// @inheritdoc IInferenceVerifier
    function signalsOf(bytes32 modelId, Inference calldata inference) external view returns (uint256[] memory) {
        return _signalsOf(_layoutOf(_find(modelId)), modelId, inference);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IInferenceVerifier).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc IInferenceVerifier
    function verifyInference(bytes32 modelId, Inference calldata inference, bytes calldata proof)
        public
        view
        returns (bool)
    {
        (address key, StatementSignals.Layout memory layout) = _findActive(modelId);
        _verifyProof(key, proof, _signalsOf(layout, modelId, inference));
        return true;
    }

    /// @inheritdoc IInferenceVerifier
    function modelIdOf(address publisher, bytes32 keyHash, ModelSpec calldata spec) public pure returns (bytes32) {
        return keccak256(abi.encode(publisher, keyHash, spec));
    }

    function _signalsOf(StatementSignals.Layout memory layout, bytes32 modelId, Inference calldata inference)
        private
        view
        returns (uint256[] memory signals)
    {
        bytes calldata input = inference.input;
        bytes calldata output = inference.output;
        StatementSignals.checkLengths(layout, input.length, output.length, 1);
        signals = new uint256[](layout.signalCount);
        StatementSignals.write(
            layout,
            modelId,
            inference.agent,
            inference.nonce,
            inference.commitment,
            input,
            output,
            _dataOf(signals)
        );
    }

    /// @dev Part `index` of bytes that were checked to have enough parts of `size` bytes.
    function _part(bytes calldata data, uint256 size, uint256 index) private pure returns (bytes calldata part) {
        assembly ("memory-safe") {
            part.offset := add(data.offset, mul(size, index))
            part.length := size
        }
    }

    function _find(bytes32 modelId) private view returns (Model storage stored) {
        stored = _models[modelId];
        if (stored.key == address(0)) revert ModelUnknown(modelId);
    }

    function _findActive(bytes32 modelId) private view returns (address key, StatementSignals.Layout memory layout) {
        Model storage stored = _find(modelId);
        if (!stored.active) revert ModelInactive(modelId);
        return (stored.key, _layoutOf(stored));
    }

    function _layoutOf(Model storage stored) private view returns (StatementSignals.Layout memory) {
        return StatementSignals.layoutOf(
            stored.statement, stored.inputCommitted, stored.inputLength, stored.outputLength
        );
    }
}
