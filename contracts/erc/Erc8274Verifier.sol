// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "../interfaces/IERC165.sol";
import {IERC8274} from "../interfaces/IERC8274.sol";
import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";

/// @title ERC-8274 verifier over an InferenceVerifier
/// @notice `metadata` is abi.encode(model id, inference), `proof` the 256 bytes of the Groth16 proof. It returns true or
/// reverts, never false: a false could be the work of too little gas.
contract Erc8274Verifier is IERC8274, IERC165 {
    error InputHashMismatch();
    error OutputHashMismatch();

    IInferenceVerifier public immutable verifier;

    constructor(IInferenceVerifier verifier_) {
        verifier = verifier_;
    }

    /// @inheritdoc IERC8274
    function verify(bytes32 inputHash, bytes32 outputHash, bytes calldata metadata, bytes calldata proof)
        external
        view
        returns (bool)
    {
        (bytes32 modelId, IInferenceVerifier.Inference memory inference) =
            abi.decode(metadata, (bytes32, IInferenceVerifier.Inference));
        if (keccak256(inference.input) != inputHash) revert InputHashMismatch();
        if (keccak256(inference.output) != outputHash) revert OutputHashMismatch();
        return verifier.verifyInference(modelId, inference, proof);
    }

    /// @inheritdoc IERC8274
    function proofSystem() external pure returns (string memory) {
        return "zk/groth16-bn254";
    }

    /// @inheritdoc IERC8274
    function proofProfile() external pure returns (bytes32) {
        return keccak256("zkinfer/groth16-bn254/v1");
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC8274).interfaceId || interfaceId == type(IERC165).interfaceId;
    }
}
