import { bitLength } from '../core/range.js';
import { countBytes, type InputLayout, nameSignals, type OutputLayout, type Statement } from '../core/statement.js';
import type { QuantGraph } from '../quantize/ir.js';

/** Bytes that hold every integer in `[0, max]`; at least one. */
export function countElementBytes(max: number): number {
  return Math.max(1, Math.ceil(bitLength(max) / 8));
}

/** The statement of an integer model: how its inputs and outputs are written as bytes and packed into public signals. */
export function describeStatement(
  graph: QuantGraph,
  { form, visibility }: Pick<Statement, 'form' | 'visibility'> = { form: 'packed', visibility: 'public' },
): Statement {
  const inputs: InputLayout[] = graph.inputs.map(({ name, value, bits }) => {
    const { shape, scale, zeroPoint, min, max } = graph.values[value];
    return {
      name,
      shape: [...shape],
      scale: [...scale],
      zeroPoint: [...zeroPoint],
      bytesPerElement: Math.ceil(bits / 8),
      bits,
      min: [...min],
      max: [...max],
    };
  });
  const outputs: OutputLayout[] = graph.outputs.map(({ name, value, labels, cut }) => {
    const { shape, scale, zeroPoint, max } = graph.values[value];
    const largest = max.reduce((a, b) => Math.max(a, b), 0);
    return {
      name,
      shape: [...shape],
      scale: [...scale],
      zeroPoint: [...zeroPoint],
      bytesPerElement: countElementBytes(largest),
      max: [...max],
      ...(labels && { labels: [...labels] }),
      ...(cut !== undefined && { cut }),
    };
  });
  const publicSignals = nameSignals(countBytes(inputs), countBytes(outputs), { form, visibility });
  return { form, visibility, inputs, outputs, publicSignals };
}
