// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The ways in which a Groth16 proof over BN254 is refused
/// @notice A verifier of this project returns true or reverts with one of these; it never returns false.
interface IGroth16Errors {
    /// @notice A proof has 256 bytes: A (64), B (128), C (64).
    error InvalidProofLength(uint256 length);
    /// @notice Coordinate `index` of A, B, C is not below the order of the base field.
    error CoordinateNotInField(uint256 index);
    /// @notice A, B or C is the point at infinity.
    error PointAtInfinity();
    /// @notice Signal `index` is not below the order of the scalar field: it would be another name for the same element.
    error SignalNotInField(uint256 index);
    /// @notice A precompile gave no answer: absent, out of gas, or given a point outside its group.
    error PrecompileFailed(uint256 precompile);
    /// @notice The pairing equation does not hold.
    error ProofInvalid();
}
