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
    /// @param signals `count` for each proof, one proof after the other
    function _verifyProofs(address key, bytes calldata proofs, uint256[] memory signals, uint256 count) internal view {
        uint256 k = signals.length / count;
        if (k == 0 || proofs.length != k * PROOF_SIZE) revert InvalidProofLength(proofs.length);
        uint256 keySize = KEY_IC_1 + 64 * count;
        // k pairs | sum of C | key | a sum, a point, a scalar
        uint256 at = _allocate(k * 192 + 64 + keySize + 160);
        uint256[] memory weights = _weigh(key, proofs, signals, k);
        unchecked {
            uint256 keyAt = at + k * 192 + 64;
            KeyData.load(key, keyAt, keySize);
            _combineProofs(proofs, weights, at, keyAt + keySize);
            _combineKey(keyAt, signals, weights, count);
            if (!_pairingIsOne(at, k + 3)) revert ProofInvalid();
        }
    }

    /// @dev Weights from a hash of the key's address, the proofs and the signals; the first is 1.
    function _weigh(address key, bytes calldata proofs, uint256[] memory signals, uint256 k)
        private
        pure
        returns (uint256[] memory weights)
    {
        bytes32 signalsHash;
        assembly ("memory-safe") {
            signalsHash := keccak256(add(signals, 32), shl(5, mload(signals)))
        }
        bytes32 seed = keccak256(abi.encode(key, keccak256(proofs), signalsHash));
        weights = new uint256[](k);
        weights[0] = 1;
        assembly ("memory-safe") {
            mstore(0, seed)
            for { let j := 1 } lt(j, k) { j := add(j, 1) } {
                mstore(32, j)
                mstore(add(add(weights, 32), shl(5, j)), shr(128, keccak256(0, 64)))
            }
        }
    }

    /// @dev Writes the pairs (w_j A_j, B_j) from `at` on and the sum of w_j C_j after them.
    function _combineProofs(bytes calldata proofs, uint256[] memory weights, uint256 at, uint256 scratch) private view {
        unchecked {
            // the first weight is 1
            _loadProof(proofs, 0, at);
            _copyPoint(at + 192, scratch);
            uint256 k = weights.length;
            for (uint256 j = 1; j < k; ++j) {
                at += 192;
                uint256 weight = weights[j];
                // A and B land where their pair belongs; C is behind them until the next pair takes its place
                _loadProof(proofs, j * PROOF_SIZE, at);
                _addScaled(scratch, at + 192, weight);
                _scale(at, weight);
            }
            _copyPoint(scratch, at + 192);
        }
    }

    /// @dev Turns alpha into W alpha and IC_0 into L in the key at `key`.
    function _combineKey(uint256 key, uint256[] memory signals, uint256[] memory weights, uint256 count) private view {
        unchecked {
            uint256 sum = key + KEY_IC_1 + 64 * count;
            uint256 total = 0;
            for (uint256 j = 0; j < weights.length; ++j) {
                total += weights[j];
            }
            _scale(key + KEY_ALPHA, total);
            _copyPoint(key + KEY_IC_0, sum);
            _scale(sum, total);
            for (uint256 i = 0; i < count; ++i) {
                _addScaled(sum, key + KEY_IC_1 + 64 * i, _weighSignal(signals, weights, i, count));
            }
            _copyPoint(sum, key + KEY_IC_0);
        }
    }

    /// @dev Sum of w_j x_ji over the proofs j.
    function _weighSignal(uint256[] memory signals, uint256[] memory weights, uint256 i, uint256 count)
        private
        pure
        returns (uint256 sum)
    {
        bool aliased = false;
        assembly ("memory-safe") {
            let signal := add(add(signals, 32), shl(5, i))
            let weight := add(weights, 32)
            for { let end := add(weight, shl(5, mload(weights))) } lt(weight, end) { weight := add(weight, 32) } {
                let value := mload(signal)
                aliased := or(aliased, iszero(lt(value, R)))
                sum := addmod(sum, mulmod(mload(weight), value, R), R)
                signal := add(signal, shl(5, count))
            }
        }
        if (aliased) revert SignalNotInField(i);
    }

    /// @dev Copies a proof to memory and refuses what is not canonical.
    function _loadProof(bytes calldata proofs, uint256 offset, uint256 at) private pure {
        bool sound;
        assembly ("memory-safe") {
            // Whether both coordinates of the G1 point at `p` are canonical, and not both zero.
            function isPoint(p) -> yes {
                let x := mload(p)
                let y := mload(add(p, 32))
                yes := and(and(lt(x, Q), lt(y, Q)), gt(or(x, y), 0))
            }
            calldatacopy(at, add(proofs.offset, offset), 256)
            let b := add(at, 64)
            let x0 := mload(b)
            let x1 := mload(add(b, 32))
            let y0 := mload(add(b, 64))
            let y1 := mload(add(b, 96))
            sound := and(and(lt(x0, Q), lt(x1, Q)), and(lt(y0, Q), lt(y1, Q)))
            sound := and(sound, gt(or(or(x0, x1), or(y0, y1)), 0))
            sound := and(sound, and(isPoint(at), isPoint(add(at, 192))))
        }
        if (!sound) _refuseProof(at);
    }

    /// @dev Says what is wrong with the proof at `at`.
    function _refuseProof(uint256 at) private pure {
        for (uint256 i = 0; i < 8; ++i) {
            if (_read(at + 32 * i) >= Q) revert CoordinateNotInField(i);
        }
        revert PointAtInfinity();
    }

    function _copyPoint(uint256 from, uint256 to) private pure {
        assembly ("memory-safe") {
            mcopy(to, from, 64)
        }
    }

    /// @dev Memory address of an array's first element.
    function _dataOf(uint256[] memory array) internal pure returns (uint256 at) {
        assembly ("memory-safe") {
            at := add(array, 32)
        }
    }
}
