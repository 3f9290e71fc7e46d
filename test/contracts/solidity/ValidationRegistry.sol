// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC8004Validation} from "../interfaces/IERC8004Validation.sol";

/// @title The validation registry of ERC-8004, as far as a validator meets it
contract ValidationRegistry is IERC8004Validation {
    struct Validation {
        address validator;
        uint8 response;
        bytes32 responseHash;
        string tag;
    }

    mapping(bytes32 requestHash => Validation) public validationOf;

    error NotValidator(address caller);

    function validationRequest(address validator, bytes32 requestHash) external {
        validationOf[requestHash].validator = validator;
    }

    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata,
        bytes32 responseHash,
        string calldata tag
    ) external {
        Validation storage validation = validationOf[requestHash];
        if (validation.validator != msg.sender) revert NotValidator(msg.sender);
        (validation.response, validation.responseHash, validation.tag) = (response, responseHash, tag);
    }
}
