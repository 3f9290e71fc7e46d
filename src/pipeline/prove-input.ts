import { computeWitness } from '../circuit/witness.js';
import type { FieldElement } from '../core/field.js';
import { writeWtnsBytes } from '../groth16/wtns-file.js';
import { dequantize } from '../quantize/inputs.js';
import { encodeRow, inferCodes } from '../quantize/search.js';
import type { Row } from '../rows/rows.js';
import type { RunIntegers } from '../verify/proof-file.js';
import type { OpenBundle } from './open-bundle.js';
import { reorderWitness } from './wire-order.js';

/** An input outside the calibrated range: its code saturates, and the proof speaks of the saturated code. */
export interface SaturatedInput {
  readonly input: string;
  readonly elements: number;
  /** Largest distance from the value that the proof speaks of, in real units. */
  readonly largest: number;
}

/** A run of the integer model and its witness, ready for a prover. */
export interface PreparedRun {
  readonly run: RunIntegers;
  readonly wtns: Uint8Array;
  readonly saturated: readonly SaturatedInput[];
}

/** Infers one row and writes its witness in the wire order of the compiled circuit. */
export function prepareRun(bundle: OpenBundle, row: Row, context: FieldElement): PreparedRun {
  const inputs = encodeRow(bundle.graph, row);
  const outputs = inferCodes(bundle.graph, inputs);
  const witness = computeWitness(bundle.program, inputs, context);
  return {
    run: { inputs, outputs },
    wtns: writeWtnsBytes(reorderWitness(witness, bundle.wireOrder)),
    saturated: findSaturated(bundle, row, inputs),
  };
}

function findSaturated(bundle: OpenBundle, row: Row, codes: Readonly<Record<string, Float64Array>>): SaturatedInput[] {
  return bundle.graph.inputs.flatMap((input) => {
    const value = bundle.graph.values[input.value];
    const stated = dequantize(codes[input.name], value);
    let [elements, largest] = [0, 0];
    for (let i = 0; i < stated.length; i++) {
      const distance = Math.abs(row[input.name][i] - stated[i]);
      const step = value.scale[value.scale.length === 1 ? 0 : i];
      if (distance <= step * 0.500001) continue;
      elements++;
      largest = Math.max(largest, distance);
    }
    return elements > 0 ? [{ input: input.name, elements, largest }] : [];
  });
}
