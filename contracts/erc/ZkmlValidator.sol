// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC8004Validation} from "../interfaces/IERC8004Validation.sol";
import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";

/// @title ERC-8004 validator that answers by proof
/// @notice It only ever answers 100. A proof that fails reverts: nobody can have a bad mark recorded for somebody else.
contract ZkmlValidator {
    string public constant TAG = "zkml-groth16";

    /// @notice The request's hash is not that of this model, input, agent and salt.
    error RequestMismatch(bytes32 expected);

    IInferenceVerifier public immutable verifier;
    IERC8004Validation public immutable registry;

    constructor(IInferenceVerifier verifier_, IERC8004Validation registry_) {
        verifier = verifier_;
        registry = registry_;
    }

    /// @notice Answers a request. Anyone may.
    /// @param requestHash as the validation registry has it; also the nonce of the proof
    /// @param salt what the requester put into the hash
    /// @param responseURI where the proof can be found, optional
    function respond(
        bytes32 requestHash,
        bytes32 salt,
        bytes32 modelId,
        IInferenceVerifier.Inference calldata inference,
        bytes calldata proof,
        string calldata responseURI
    ) external {
        bytes32 expected = requestHashOf(modelId, keccak256(inference.input), inference.agent, salt);
        if (requestHash != expected || inference.nonce != expected) revert RequestMismatch(expected);
        verifier.verifyInference(modelId, inference, proof);
        registry.validationResponse(requestHash, 100, responseURI, keccak256(inference.output), TAG);
    }

    /// @notice The hash to post a validation request under: this model on this input, by this agent.
    function requestHashOf(bytes32 modelId, bytes32 inputHash, address agent, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), modelId, inputHash, agent, salt));
    }
}
