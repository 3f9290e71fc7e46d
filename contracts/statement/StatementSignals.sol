// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";
import {Challenge} from "./Challenge.sol";
import {Limbs} from "./Limbs.sol";

/// @title The public signals of an inference
/// @notice Packed: limbs of the input (or the commitment to it), limbs of the output, context; an output that fits joins the
/// last limb of a public input. Bound: c, y, r, where y is the
/// sum of limb_k r^(L-k) over the same limbs.
library StatementSignals {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice What the signals of a model look like.
    struct Layout {
        bool bound;
        bool inputCommitted;
        bool joined;
        uint256 inputLength;
        uint256 outputLength;
        uint256 signalCount;
    }

    function layoutOf(IInferenceVerifier.Statement statement, bool inputCommitted, uint256 inputLength, uint256 outputLength)
        internal
        pure
        returns (Layout memory)
    {
        bool isBound = statement == IInferenceVerifier.Statement.Bound;
        unchecked {
            uint256 inputLimbs = inputCommitted ? 1 : Limbs.count(inputLength);
            bool joined = !isBound && !inputCommitted && Limbs.joins(inputLength, outputLength);
            uint256 signalCount = isBound ? 3 : joined ? inputLimbs + 1 : Limbs.count(outputLength) + inputLimbs + 1;
            return Layout(isBound, inputCommitted, joined, inputLength, outputLength, signalCount);
        }
    }

    /// @notice The context of a packed statement, the challenge of a bound one.
    function challengeOf(
        bool bound,
        bytes32 modelId,
        address agent,
        bytes32 nonce,
        uint256 commitment,
        bytes calldata input,
        bytes calldata output
    ) internal view returns (uint256) {
        if (!bound) return Challenge.context(modelId, agent, nonce);
        return Challenge.challenge(modelId, agent, nonce, keccak256(input), keccak256(output), commitment);
    }

    /// @notice Writes the signals of a run to memory at `to`; refuses one that does not fit the layout.
    function write(
        Layout memory layout,
        bytes32 modelId,
        address agent,
        bytes32 nonce,
        uint256 commitment,
        bytes calldata input,
        bytes calldata output,
        uint256 to
    ) internal view {
        // A commitment that is not in the field would be another name for the same one.
        if (layout.inputCommitted && uint256(bytes32(input)) >= R) revert IInferenceVerifier.InputNotInField();
        uint256 challenge = challengeOf(layout.bound, modelId, agent, nonce, commitment, input, output);
        if (layout.bound) {
            uint256 y = layout.inputCommitted
                ? mulmod(uint256(bytes32(input)), challenge, R)
                : _evaluate(input, 0, challenge);
            y = _evaluate(output, y, challenge);
            to = _put(to, commitment);
            to = _put(to, y);
        } else {
            if (commitment != 0) revert IInferenceVerifier.CommitmentUnexpected();
            to = layout.inputCommitted ? _put(to, uint256(bytes32(input))) : _putLimbs(to, input);
            if (layout.joined) {
                unchecked {
                    _put(to - 32, Limbs.at(input, Limbs.count(input.length) - 1) << (8 * output.length) | Limbs.at(output, 0));
                }
            } else {
                to = _putLimbs(to, output);
            }
        }
        _put(to, challenge);
    }

    /// @notice Refuses bytes of another length than the layout's, `count` times.
    function checkLengths(Layout memory layout, uint256 inputLength, uint256 outputLength, uint256 count) internal pure {
        // lengths have 32 bits, and a count of things in calldata far fewer than 224
        unchecked {
            uint256 expected = layout.inputLength * count;
            if (inputLength != expected) revert IInferenceVerifier.InputLengthMismatch(expected, inputLength);
            expected = layout.outputLength * count;
            if (outputLength != expected) revert IInferenceVerifier.OutputLengthMismatch(expected, outputLength);
        }
    }

    function _putLimbs(uint256 to, bytes calldata data) private pure returns (uint256) {
        unchecked {
            uint256 end = to + 32 * Limbs.count(data.length);
            for (uint256 i = 0; to < end; ++i) {
                to = _put(to, Limbs.at(data, i));
            }
        }
        return to;
    }

    /// @dev Horner's rule: y becomes (y + limb) r for each limb.
    function _evaluate(bytes calldata data, uint256 y, uint256 r) private pure returns (uint256) {
        uint256 limbs = Limbs.count(data.length);
        for (uint256 i = 0; i < limbs; ++i) {
            y = mulmod(addmod(y, Limbs.at(data, i), R), r, R);
        }
        return y;
    }

    /// @dev Writes a word. @return where the next one goes
    function _put(uint256 to, uint256 value) private pure returns (uint256) {
        assembly ("memory-safe") {
            mstore(to, value)
        }
        unchecked {
            return to + 32;
        }
    }
}
