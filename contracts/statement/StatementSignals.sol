// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";
import {Challenge} from "./Challenge.sol";
import {Limbs} from "./Limbs.sol";

/// @title The public signals of an inference
/// @notice Packed: limbs of the output, limbs of the input (or the commitment to it), context. Bound: c, y, r, where y is the
/// sum of limb_k r^(L-k) over the same limbs.
library StatementSignals {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice Public signals of a model with this spec.
    function count(IInferenceVerifier.ModelSpec calldata spec) internal pure returns (uint256) {
        if (spec.statement == IInferenceVerifier.Statement.Bound) return 3;
        uint256 inputLimbs = spec.inputCommitted ? 1 : Limbs.count(spec.inputLength);
        return Limbs.count(spec.outputLength) + inputLimbs + 1;
    }

    /// @notice The context of a packed statement, the challenge of a bound one.
    function challengeOf(IInferenceVerifier.Statement statement, IInferenceVerifier.Inference calldata inference)
        internal
        view
        returns (uint256)
    {
        if (statement == IInferenceVerifier.Statement.Packed) {
            return Challenge.context(inference.modelId, inference.agent, inference.nonce);
        }
        return Challenge.challenge(
            inference.modelId,
            inference.agent,
            inference.nonce,
            keccak256(inference.input),
            keccak256(inference.output),
            inference.commitment
        );
    }

    function packed(bytes calldata input, bytes calldata output, bool inputCommitted, uint256 context)
        internal
        pure
        returns (uint256[] memory signals)
    {
        uint256 outputLimbs = Limbs.count(output.length);
        uint256 inputLimbs = inputCommitted ? 1 : Limbs.count(input.length);
        unchecked {
            signals = new uint256[](outputLimbs + inputLimbs + 1);
            for (uint256 i = 0; i < outputLimbs; ++i) {
                signals[i] = Limbs.at(output, i);
            }
            for (uint256 i = 0; i < inputLimbs; ++i) {
                signals[outputLimbs + i] = inputCommitted ? uint256(bytes32(input)) : Limbs.at(input, i);
            }
            signals[outputLimbs + inputLimbs] = context;
        }
    }

    function bound(bytes calldata input, bytes calldata output, bool inputCommitted, uint256 commitment, uint256 r)
        internal
        pure
        returns (uint256[] memory signals)
    {
        uint256 y = _evaluate(output, 0, r);
        y = inputCommitted ? mulmod(addmod(y, uint256(bytes32(input)), R), r, R) : _evaluate(input, y, r);
        signals = new uint256[](3);
        (signals[0], signals[1], signals[2]) = (commitment, y, r);
    }

    /// @dev Horner's rule: y becomes (y + limb) r for each limb.
    function _evaluate(bytes calldata data, uint256 y, uint256 r) private pure returns (uint256) {
        uint256 limbs = Limbs.count(data.length);
        for (uint256 i = 0; i < limbs; ++i) {
            y = mulmod(addmod(y, Limbs.at(data, i), R), r, R);
        }
        return y;
    }
}
