// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Bn254} from "./Bn254.sol";
import {KeyData} from "./KeyData.sol";

/// @title Groth16 over BN254 for any verification key
/// @notice The equation is e(A, B) e(C, -delta) e(alpha, -beta) e(L, -gamma) = 1 with L = IC_0 + sum of x_i IC_i.
/// @dev Layout of a key: -delta (128) | alpha (64) | -beta (128) | IC_0 (64) | -gamma (128) | IC_1 … IC_n (64 each).
/// A proof (A, B, C) followed by the first 512 bytes of the key is then the question for the pairing, once L has taken
/// the place of IC_0. G2 coordinates have the imaginary part first.
abstract contract Groth16Verifier is Bn254 {
    uint256 internal constant PROOF_SIZE = 256;
    /// @dev Where parts of a key begin.
    uint256 internal constant KEY_ALPHA = 128;
    uint256 internal constant KEY_IC_0 = 320;
    uint256 internal constant KEY_IC_1 = 512;

    /// @dev Reverts unless `proof` proves `signals` under the key stored at `key`.
    function _verifyProof(address key, bytes calldata proof, uint256[] memory signals) internal view {
        if (proof.length != PROOF_SIZE) revert InvalidProofLength(proof.length);
        uint256 count = signals.length;
        uint256 keySize = KEY_IC_1 + 64 * count;
        // proof | key | a sum, a point, a scalar
        uint256 at = _allocate(PROOF_SIZE + keySize + 160);
        _loadProof(proof, 0, at);
        KeyData.load(key, at + PROOF_SIZE, keySize);
        unchecked {
            uint256 first = at + PROOF_SIZE + KEY_IC_1;
            uint256 sum = first + 64 * count;
            _copyPoint(at + PROOF_SIZE + KEY_IC_0, sum);
            for (uint256 i = 0; i < count; ++i) {
                uint256 signal = signals[i];
                if (signal >= R) revert SignalNotInField(i);
                _addScaled(sum, first + 64 * i, signal);
            }
            _copyPoint(sum, at + PROOF_SIZE + KEY_IC_0);
        }
        if (!_pairingIsOne(at, 4)) revert ProofInvalid();
    }

    /// @dev Reverts unless each proof proves its signals: one pairing of k + 3 pairs on a random combination.
    /// With weights w_j: product of e(w_j A_j, B_j), times e(sum of w_j C_j, -delta), e(W alpha, -beta) and
    /// e(W IC_0 + sum of s_i IC_i, -gamma), where W is the sum of w_j and s_i the sum of w_j x_ji. The weights are 128
    /// bits of a hash of everything, so a set with a false proof passes with probability 2^-128 for each hash tried.
    function _verifyProofs(address key, bytes calldata proofs, uint256[][] memory signals) internal view {
        uint256 k = signals.length;
        if (k == 0 || proofs.length != k * PROOF_SIZE) revert InvalidProofLength(proofs.length);
        uint256 count = signals[0].length;
        uint256 keySize = KEY_IC_1 + 64 * count;
        // k pairs | sum of C | key | a sum, a point, a scalar, the rest of a proof
        uint256 at = _allocate(k * 192 + 64 + keySize + 320);
        uint256 sumOfC = at + k * 192;
        uint256[] memory weights = _weigh(key, proofs, signals);
        KeyData.load(key, sumOfC + 64, keySize);
        _combineProofs(proofs, weights, at, sumOfC + 64 + keySize);
        _combineKey(sumOfC + 64, signals, weights);
        if (!_pairingIsOne(at, k + 3)) revert ProofInvalid();
    }

    /// @dev Weights from a hash of the key's address, the proofs and the signals; the first is 1.
    function _weigh(address key, bytes calldata proofs, uint256[][] memory signals)
        private
        pure
        returns (uint256[] memory weights)
    {
        uint256 k = signals.length;
        weights = new uint256[](k);
        bytes32 seed = keccak256(abi.encode(key, keccak256(proofs)));
        for (uint256 j = 0; j < k; ++j) {
            seed = keccak256(abi.encodePacked(seed, signals[j]));
        }
        weights[0] = 1;
        for (uint256 j = 1; j < k; ++j) {
            weights[j] = uint256(_hashPair(uint256(seed), j)) >> 128;
        }
    }

    /// @dev Writes the pairs (w_j A_j, B_j) from `at` on and the sum of w_j C_j after them.
    function _combineProofs(bytes calldata proofs, uint256[] memory weights, uint256 at, uint256 scratch) private view {
        unchecked {
            uint256 k = weights.length;
            uint256 sumOfC = at + k * 192;
            for (uint256 j = 0; j < k; ++j) {
                uint256 pair = at + j * 192;
                if (j == 0) {
                    // the first weight is 1; its C lands where the sum of C is kept until the next pair is written
                    _loadProof(proofs, 0, scratch + 64);
                    _copyPair(scratch + 64, pair);
                    _copyPoint(scratch + 256, scratch);
                    continue;
                }
                _loadProof(proofs, j * PROOF_SIZE, scratch + 64);
                _copyPair(scratch + 64, pair);
                _scale(pair, scratch + 64, weights[j]);
                _addScaled(scratch, scratch + 256, weights[j]);
            }
            _copyPoint(scratch, sumOfC);
        }
    }

    /// @dev Turns alpha into W alpha and IC_0 into L in the key at `key`.
    function _combineKey(uint256 key, uint256[][] memory signals, uint256[] memory weights) private view {
        uint256 count = signals[0].length;
        uint256 sum = key + KEY_IC_1 + 64 * count;
        uint256 total = 0;
        for (uint256 j = 0; j < weights.length; ++j) {
            total += weights[j];
        }
        _scale(key + KEY_ALPHA, key + KEY_ALPHA, total);
        _scale(sum, key + KEY_IC_0, total);
        for (uint256 i = 0; i < count; ++i) {
            uint256 scalar = 0;
            for (uint256 j = 0; j < weights.length; ++j) {
                uint256 signal = signals[j][i];
                if (signal >= R) revert SignalNotInField(i);
                scalar = addmod(scalar, mulmod(weights[j], signal, R), R);
            }
            _addScaled(sum, key + KEY_IC_1 + 64 * i, scalar);
        }
        _copyPoint(sum, key + KEY_IC_0);
    }

    /// @dev Copies a proof to memory and refuses what is not canonical.
    function _loadProof(bytes calldata proofs, uint256 offset, uint256 at) private pure {
        uint256 bad = type(uint256).max;
        bool infinite;
        assembly ("memory-safe") {
            calldatacopy(at, add(proofs.offset, offset), 256)
            for { let i := 0 } lt(i, 8) { i := add(i, 1) } {
                if iszero(lt(mload(add(at, shl(5, i))), Q)) {
                    bad := i
                    break
                }
            }
            infinite := iszero(or(mload(at), mload(add(at, 32))))
            let b := or(or(mload(add(at, 64)), mload(add(at, 96))), or(mload(add(at, 128)), mload(add(at, 160))))
            infinite := or(infinite, iszero(b))
            infinite := or(infinite, iszero(or(mload(add(at, 192)), mload(add(at, 224)))))
        }
        if (bad != type(uint256).max) revert CoordinateNotInField(bad);
        if (infinite) revert PointAtInfinity();
    }

    /// @dev The point at `sum` becomes sum + scalar · point. Uses 96 bytes after `sum`.
    function _addScaled(uint256 sum, uint256 point, uint256 scalar) private view {
        unchecked {
            _scale(sum + 64, point, scalar);
        }
        _addPoints(sum);
    }

    /// @dev Writes scalar · point to `to`. Uses 32 bytes after it, and puts them back.
    function _scale(uint256 to, uint256 point, uint256 scalar) private view {
        uint256 kept;
        assembly ("memory-safe") {
            kept := mload(add(to, 64))
            mcopy(to, point, 64)
            mstore(add(to, 64), scalar)
        }
        _multiplyPoint(to);
        assembly ("memory-safe") {
            mstore(add(to, 64), kept)
        }
    }

    function _copyPoint(uint256 from, uint256 to) private pure {
        assembly ("memory-safe") {
            mcopy(to, from, 64)
        }
    }

    /// @dev Copies a G1 point and the G2 point after it.
    function _copyPair(uint256 from, uint256 to) private pure {
        assembly ("memory-safe") {
            mcopy(to, from, 192)
        }
    }

    function _hashPair(uint256 a, uint256 b) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, a)
            mstore(32, b)
            hash := keccak256(0, 64)
        }
    }
}
