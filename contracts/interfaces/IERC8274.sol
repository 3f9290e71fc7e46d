// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title ERC-8274 (draft): verifier of inferences, whatever proves them
/// @dev Interface id 0x86761e49.
interface IERC8274 {
    /// @param inputHash keccak256 of the input
    /// @param outputHash keccak256 of the output
    /// @param metadata what else the proof system needs
    function verify(bytes32 inputHash, bytes32 outputHash, bytes calldata metadata, bytes calldata proof)
        external
        view
        returns (bool valid);

    /// @notice Family and system, such as zk/groth16-bn254.
    function proofSystem() external view returns (string memory);

    /// @notice Identifies how metadata and proof are encoded.
    function proofProfile() external view returns (bytes32);
}
