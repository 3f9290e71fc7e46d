// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IKeyErrors} from "../interfaces/IKeyErrors.sol";
import {Groth16Verifier} from "./Groth16Verifier.sol";

/// @title What a verification key has to be before anything is verified with it
abstract contract KeyCheck is Groth16Verifier, IKeyErrors {
    uint256 private constant POINTS_BEFORE_IC_1 = 5;

    /// @dev Reverts unless `key` is a key for `signalCount` public signals whose points are all in their groups and finite,
    /// and whose gamma and delta differ.
    function _checkKey(bytes calldata key, uint256 signalCount) internal view {
        uint256 expected = KEY_IC_1 + 64 * signalCount;
        if (key.length != expected) revert KeyLengthInvalid(expected, key.length);
        // The same x means gamma = delta or gamma = -delta.
        if (keccak256(key[0:64]) == keccak256(key[KEY_IC_1 - 128:KEY_IC_1 - 64])) revert KeyForgeable();
        _requireFinite(key[0:128], 0);
        _requireFinite(key[KEY_ALPHA:KEY_ALPHA + 64], 1);
        _requireFinite(key[KEY_ALPHA + 64:KEY_IC_0], 2);
        _requireFinite(key[KEY_IC_0:KEY_IC_0 + 64], 3);
        _requireFinite(key[KEY_IC_0 + 64:KEY_IC_1], 4);
        // One pairing of (0, -delta), (alpha, -beta), (IC_0, -gamma) has all of them checked by the precompile.
        uint256 at = _allocate(64 + key.length + 64);
        _loadKey(key, at);
        for (uint256 i = 0; i < signalCount; ++i) {
            uint256 start = KEY_IC_1 + 64 * i;
            _requireFinite(key[start:start + 64], POINTS_BEFORE_IC_1 + i);
            // IC_(i+1) + 0: the room before it is done with once the point before was checked
            _addInfinity(at + 64 + start);
        }
        _pairingIsOne(at, 3);
    }

    function _requireFinite(bytes calldata point, uint256 index) private pure {
        uint256 any = 0;
        for (uint256 i = 0; i < point.length; i += 32) {
            any |= uint256(bytes32(point[i:i + 32]));
        }
        if (any == 0) revert KeyPointAtInfinity(index);
    }

    /// @dev The key after a point at infinity, and 64 bytes of room.
    function _loadKey(bytes calldata key, uint256 at) private pure {
        assembly ("memory-safe") {
            calldatacopy(at, calldatasize(), 64)
            calldatacopy(add(at, 64), key.offset, key.length)
        }
    }

    /// @dev Adds the point at infinity: reverts unless the point is canonical and on the curve.
    function _addInfinity(uint256 at) private view {
        uint256 next;
        uint256 nextToo;
        assembly ("memory-safe") {
            next := mload(add(at, 64))
            nextToo := mload(add(at, 96))
            calldatacopy(add(at, 64), calldatasize(), 64)
        }
        _addPoints(at);
        assembly ("memory-safe") {
            mstore(add(at, 64), next)
            mstore(add(at, 96), nextToo)
        }
    }
}
