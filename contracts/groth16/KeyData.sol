// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IKeyErrors} from "../interfaces/IKeyErrors.sol";

/// @title Verification keys kept as the code of contracts
/// @notice Code is read for a few gas a word where storage costs 2,100 for each. The code starts with STOP, so that it can't
/// be called, and never changes.
library KeyData {
    /// @dev Creation code: returns what follows it. PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN, then STOP
    /// as the first byte of what is stored.
    bytes7 private constant AFTER_SIZE = 0x80600a5f395ff3;

    /// @notice Stores a key, or finds it where it was stored before: the address follows from the key alone.
    function store(bytes calldata key) internal returns (address at) {
        bytes memory creation = abi.encodePacked(bytes1(0x61), uint16(key.length + 1), AFTER_SIZE, bytes1(0x00), key);
        bytes32 hash = keccak256(creation);
        at = address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), hash)))));
        if (at.code.length == key.length + 1) return at;
        assembly ("memory-safe") {
            at := create2(0, add(creation, 32), mload(creation), 0)
        }
        // Where a chain has no limit on creation code, a size beyond 16 bits would be cut; where it has, `at` is zero.
        if (at.code.length != key.length + 1) revert IKeyErrors.KeyNotStored();
    }

    /// @notice Copies a key to memory.
    function load(address key, uint256 to, uint256 size) internal view {
        assembly ("memory-safe") {
            extcodecopy(key, to, 1, size)
        }
    }

    /// @notice Hash of a stored key.
    function hashOf(address key) internal view returns (bytes32 hash) {
        uint256 size = key.code.length - 1;
        assembly ("memory-safe") {
            let at := mload(0x40)
            extcodecopy(key, at, 1, size)
            hash := keccak256(at, size)
        }
    }
}
