// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The part of ERC-8004's validation registry that a validator calls
interface IERC8004Validation {
    /// @param requestHash which request is answered
    /// @param response 0 to 100
    /// @param responseURI evidence, optional
    /// @param responseHash commitment to the evidence
    /// @param tag kind of validation
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external;
}
