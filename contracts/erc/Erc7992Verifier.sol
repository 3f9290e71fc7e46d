// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "../interfaces/IERC165.sol";
import {IERC7992Registry, IERC7992Verifier} from "../interfaces/IERC7992.sol";
import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";
import {Erc7992Registry} from "./Erc7992Registry.sol";

/// @title ERC-7992 verifier over an InferenceVerifier
/// @notice `proof` is abi.encode(inference, groth16 proof). The input commitment is the hash of a domain, the agent, the nonce
/// and the hash of the input's bytes, so it is for one use of one agent.
contract Erc7992Verifier is IERC7992Verifier, IERC165 {
    /// @notice groth16-bn254-v1
    bytes4 public constant PROOF_SYSTEM_ID = 0x0550d137;
    bytes32 private constant INPUT_DOMAIN = keccak256("zkinfer/erc7992-input/v1");

    Erc7992Registry private immutable _registry;
    IInferenceVerifier public immutable verifier;

    constructor(Erc7992Registry registry_) {
        _registry = registry_;
        verifier = registry_.verifier();
    }

    /// @inheritdoc IERC7992Verifier
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external
    {
        (IERC7992Registry.ModelCommitment memory commitment, bool deprecated,) = _registry.getModel(modelId);
        if (deprecated) revert VerificationRefused_ModelDeprecated(modelId);
        if (commitment.proofSystemId != PROOF_SYSTEM_ID) revert UnsupportedProofSystem(commitment.proofSystemId);
        bytes32 attached = _registry.attachedModel(modelId);
        if (attached == bytes32(0)) revert ModelMismatch();
        (IInferenceVerifier.Inference memory inference, bytes memory groth16) =
            abi.decode(proof, (IInferenceVerifier.Inference, bytes));
        if (keccak256(inference.output) != keccak256(output)) revert OutputMismatch();
        if (commitmentOf(inference.agent, inference.nonce, inference.input) != inputCommitment) {
            revert InputCommitmentMismatch();
        }
        // Reverts with the verifier's own, more telling, error.
        if (!verifier.verifyInference(attached, inference, groth16)) revert InvalidProof();
        emit InferenceVerified(modelId, inputCommitment, output, msg.sender);
    }

    /// @inheritdoc IERC7992Verifier
    function proofSystemOf(uint256 modelId) external view returns (bytes4) {
        (IERC7992Registry.ModelCommitment memory commitment,,) = _registry.getModel(modelId);
        return commitment.proofSystemId;
    }

    /// @inheritdoc IERC7992Verifier
    function registry() external view returns (address) {
        return address(_registry);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC7992Verifier).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @notice The commitment to an input that `verifyInference` expects.
    function commitmentOf(address agent, bytes32 nonce, bytes memory input) public pure returns (bytes32) {
        return keccak256(abi.encode(INPUT_DOMAIN, agent, nonce, keccak256(input)));
    }
}
