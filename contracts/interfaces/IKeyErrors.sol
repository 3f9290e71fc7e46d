// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The ways in which a verification key is refused
interface IKeyErrors {
    /// @notice The key's length does not fit the number of public signals.
    error KeyLengthInvalid(uint256 expected, uint256 actual);
    /// @notice Gamma equals plus or minus delta: the key had no phase-2 contribution, and anyone can forge with it.
    error KeyForgeable();
    /// @notice Point `index` of the key is the point at infinity; for an IC point, a signal would be bound to nothing.
    error KeyPointAtInfinity(uint256 index);
    /// @notice The contract that holds the key was not created, or does not hold all of it.
    error KeyNotStored();
}
