// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";
import {StatementSignals} from "../statement/StatementSignals.sol";

/// @title The signals of any statement, without a model that has to be registered
contract StatementHarness {
    function signalsOf(
        IInferenceVerifier.ModelSpec calldata spec,
        bytes32 modelId,
        IInferenceVerifier.Inference calldata inference
    ) external view returns (uint256[] memory signals) {
        StatementSignals.Layout memory layout =
            StatementSignals.layoutOf(spec.statement, spec.inputCommitted, spec.inputLength, spec.outputLength);
        signals = new uint256[](layout.signalCount);
        uint256 to;
        assembly ("memory-safe") {
            to := add(signals, 32)
        }
        StatementSignals.checkLengths(layout, inference.input.length, inference.output.length, 1);
        StatementSignals.write(
            layout,
            modelId,
            inference.agent,
            inference.nonce,
            inference.commitment,
            inference.input,
            inference.output,
            to
        );
    }
}
