// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IGroth16Errors} from "../interfaces/IGroth16Errors.sol";

/// @title The BN254 precompiles (EIP-196, EIP-197)
/// @notice Every call is checked for an answer of the right size, so that a chain without the precompiles, which
/// "succeeds" with nothing, is refused. Every call has a gas cap, because an invalid point burns all that is forwarded;
/// the cap is four times what the call cost when this contract was made, so it fits the chain it stands on.
abstract contract Bn254 is IGroth16Errors {
    /// @dev Order of the scalar field.
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    /// @dev Order of the base field.
    uint256 internal constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    uint256 private constant ADD = 6;
    uint256 private constant MULTIPLY = 7;
    uint256 private constant PAIRING = 8;
    uint256 private constant MARGIN = 4;

    uint256 private immutable addGas;
    uint256 private immutable multiplyGas;
    uint256 private immutable pairingGas;
    uint256 private immutable pairGas;

    /// @dev Tests each precompile on a statement that holds and one that doesn't, and measures it.
    constructor() {
        // [G1][G1][2] is a sum of points, and from 64 on a point and a scalar.
        uint256 at = _allocate(384);
        _write(at, 1, 2, 1, 2);
        uint256 before = gasleft();
        _call(ADD, at, 128, 64, before);
        addGas = MARGIN * (before - gasleft());
        (uint256 sumX, uint256 sumY) = (_read(at), _read(at + 32));
        _write(at, 1, 2, 2, 0);
        before = gasleft();
        _call(MULTIPLY, at, 96, 64, before);
        multiplyGas = MARGIN * (before - gasleft());
        if (sumX != _read(at) || sumY != _read(at + 32)) revert PrecompileFailed(MULTIPLY);

        // e(G1, G2) is not one; e(G1, G2) e(-G1, G2) is.
        (uint256 alone, uint256 cost) = _measurePairing(at, 1);
        (uint256 both, uint256 costOfTwo) = _measurePairing(at, 2);
        if (alone != 0 || both != 1) revert PrecompileFailed(PAIRING);
        pairGas = MARGIN * (costOfTwo - cost);
        pairingGas = MARGIN * (cost - (costOfTwo - cost));
    }

    /// @dev The point at `at` becomes its sum with the point at `at + 64`.
    function _addPoints(uint256 at) internal view {
        _call(ADD, at, 128, 64, addGas);
    }

    /// @dev The point at `sum` becomes sum + scalar · point. Uses 96 bytes after `sum`.
    function _addScaled(uint256 sum, uint256 point, uint256 scalar) internal view {
        uint256 term;
        assembly ("memory-safe") {
            term := add(sum, 64)
            mcopy(term, point, 64)
            mstore(add(sum, 128), scalar)
        }
        _call(MULTIPLY, term, 96, 64, multiplyGas);
        _call(ADD, sum, 128, 64, addGas);
    }

    /// @dev The point at `at` becomes scalar · point. Uses the word after it, and puts it back.
    function _scale(uint256 at, uint256 scalar) internal view {
        uint256 kept;
        assembly ("memory-safe") {
            kept := mload(add(at, 64))
            mstore(add(at, 64), scalar)
        }
        _call(MULTIPLY, at, 96, 64, multiplyGas);
        assembly ("memory-safe") {
            mstore(add(at, 64), kept)
        }
    }

    /// @dev Whether the product of the pairings of `count` pairs at `at` is one. Overwrites the first word.
    function _pairingIsOne(uint256 at, uint256 count) internal view returns (bool) {
        unchecked {
            _call(PAIRING, at, count * 192, 32, pairingGas + count * pairGas);
        }
        return _read(at) == 1;
    }

    /// @dev Reserves memory; not cleared.
    function _allocate(uint256 size) internal pure returns (uint256 at) {
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(0x40, add(at, size))
        }
    }

    function _read(uint256 at) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(at)
        }
    }

    function _measurePairing(uint256 at, uint256 count) private view returns (uint256 answer, uint256 cost) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 pair = at + i * 192;
            _write(pair, 1, i == 0 ? 2 : Q - 2, G2_X_IMAGINARY, G2_X_REAL);
            _write(pair + 64, G2_X_IMAGINARY, G2_X_REAL, G2_Y_IMAGINARY, G2_Y_REAL);
        }
        uint256 before = gasleft();
        _call(PAIRING, at, count * 192, 32, before);
        cost = before - gasleft();
        answer = _read(at);
    }

    function _write(uint256 at, uint256 a, uint256 b, uint256 c, uint256 d) private pure {
        assembly ("memory-safe") {
            mstore(at, a)
            mstore(add(at, 32), b)
            mstore(add(at, 64), c)
            mstore(add(at, 96), d)
        }
    }

    /// @dev Answers go where the question was.
    function _call(uint256 precompile, uint256 at, uint256 size, uint256 answerSize, uint256 gasCap) private view {
        bool answered;
        assembly ("memory-safe") {
            answered := staticcall(gasCap, precompile, at, size, at, answerSize)
            answered := and(answered, eq(returndatasize(), answerSize))
        }
        if (!answered) revert PrecompileFailed(precompile);
    }

    /// @dev Generator of G2 (EIP-197).
    uint256 private constant G2_X_IMAGINARY =
        11559732032986387107991004021392285783925812861821192530917403151452391805634;
    uint256 private constant G2_X_REAL = 10857046999023057135944570762232829481370756359578518086990519993285655852781;
    uint256 private constant G2_Y_IMAGINARY = 4082367875863433681332203403145435568316851327593401208105741076214120093531;
    uint256 private constant G2_Y_REAL = 8495653923123431417604973247489272438418190587263600148770280649306958101930;
}
