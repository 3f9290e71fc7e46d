import { ZkinferError } from '../core/error.js';
import { sizeOf } from '../core/tensor.js';
import type { QuantGraph, QuantNode, QuantValue } from './ir.js';

/**
 * Replaces the first output of several elements by the position of its largest: what a classifier decides, without its scores.
 * Other outputs are left out; a model that gives a label already keeps that alone.
 * @throws ZkinferError OUTPUT_NOT_SCORES where no output has several elements on one scale
 */
export function takeLabel(graph: QuantGraph): QuantGraph {
  const sizeOfOutput = (output: QuantGraph['outputs'][number]) => sizeOf(graph.values[output.value].shape);
  const isLabel = (output: QuantGraph['outputs'][number]) => {
    const { scale, zeroPoint } = graph.values[output.value];
    return sizeOfOutput(output) === 1 && scale[0] === 1 && zeroPoint[0] === 0;
  };
  const label = graph.outputs.find(isLabel);
  if (label) return { ...graph, outputs: [label] };
  const scores = graph.outputs.find((output) => sizeOfOutput(output) > 1);
  const value = scores && graph.values[scores.value];
  if (!scores || !value || value.scale.length > 1 || value.zeroPoint.length > 1)
    throw new ZkinferError({
      code: 'OUTPUT_NOT_SCORES',
      kind: 'usage',
      message: 'the model has no output of several scores to take a label from',
      hint: 'use --output logits',
    });
  const size = sizeOf(value.shape);
  const decided: QuantValue = {
    id: graph.values.length,
    name: `${value.name} label`,
    shape: [1],
    scale: Float64Array.of(1),
    zeroPoint: Float64Array.of(0),
    min: Float64Array.of(0),
    max: Float64Array.of(size - 1),
  };
  const node: QuantNode = {
    kind: 'argmax',
    layer: 'label',
    inputs: [scores.value],
    windows: [Int32Array.from({ length: size }, (_, i) => i)],
    last: false,
    output: decided.id,
  };
  const { name, labels } = scores;
  return {
    ...graph,
    values: [...graph.values, decided],
    nodes: [...graph.nodes, node],
    outputs: [{ name, value: decided.id, ...(labels && { labels }) }],
  };
}
