import type { LayerCost } from '../bundle/manifest.js';
import { widthOf } from '../quantize/affine.js';
import type { QuantGraph, QuantKind, QuantValue } from '../quantize/ir.js';
import type { LayerFacts } from './facts.js';

/** Kinds whose outputs are exact sums, and kinds that pass on what they get; all others round to codes. */
const SUMS: readonly QuantKind[] = ['linear', 'bilinear', 'trees'];
const PASSING: readonly QuantKind[] = ['relu', 'gather', 'max', 'topk'];

/** What quantization recorded of a layer, where it did. */
export interface LayerRecord {
  readonly layer: string;
  readonly op: string;
  readonly maxAbsError: number;
  readonly saturated: number | null;
}

function scaleOf({ scale }: QuantValue): LayerFacts['scale'] {
  return { min: scale.reduce((a, b) => Math.min(a, b)), max: scale.reduce((a, b) => Math.max(a, b)) };
}

/** Adds up the constraints of neighbours that serve one layer. */
export function mergeCosts(
  costs: readonly LayerCost[],
): { readonly name: string; readonly kinds: string[]; constraints: number }[] {
  const merged: { name: string; kinds: string[]; constraints: number }[] = [];
  for (const { name, kind, constraints } of costs) {
    const part = merged.find((one) => one.name === name);
    if (part === undefined) merged.push({ name, kinds: [kind], constraints });
    else {
      part.constraints += constraints;
      if (!part.kinds.includes(kind)) part.kinds.push(kind);
    }
  }
  return merged;
}

/**
 * Inputs and layers of an integer model in execution order. A layer is a run of nodes with one name; where a name comes in
 * several runs, its constraints stand at the last.
 */
export function describeLayers(
  graph: QuantGraph,
  costs: readonly LayerCost[],
  records: readonly LayerRecord[],
): LayerFacts[] {
  const constraints = new Map(mergeCosts(costs).map((part) => [part.name, part.constraints]));
  const recorded = new Map(records.map((record) => [record.layer, record]));
  const layers: (LayerFacts & { kinds: string[]; from: number[] })[] = [];
  const madeBy = new Map<number, number>();
  const isCoded = (value: number) => layers[madeBy.get(value) as number].isRounded;
  for (const { name, value } of graph.inputs) {
    madeBy.set(value, layers.length);
    layers.push({
      ...factsOf(graph.values[value]),
      name,
      op: 'input',
      kinds: [],
      isRounded: true,
      constraints: 0,
      saturated: null,
      maxAbsError: null,
      from: [],
    });
  }
  for (const [n, node] of graph.nodes.entries()) {
    const last = layers.at(-1);
    const goesOn = n > 0 && last !== undefined && graph.nodes[n - 1].layer === node.layer;
    const at = goesOn ? layers.length - 1 : layers.length;
    const from = node.inputs.map((input) => madeBy.get(input) as number).filter((source) => source !== at);
    const record = recorded.get(node.layer);
    layers[at] = {
      ...factsOf(graph.values[node.output]),
      name: node.layer,
      op: record?.op ?? '',
      kinds: [...new Set([...(goesOn ? last.kinds : []), node.kind])],
      isRounded: PASSING.includes(node.kind) ? isCoded(node.inputs[0]) : !SUMS.includes(node.kind),
      constraints: 0,
      saturated: record?.saturated ?? null,
      maxAbsError: record?.maxAbsError ?? null,
      from: [...new Set([...(goesOn ? last.from : []), ...from])],
    };
    madeBy.set(node.output, at);
  }
  return layers.map((layer, i) => {
    const isLast = layer.op !== 'input' && !layers.slice(i + 1).some((later) => later.name === layer.name);
    return { ...layer, constraints: isLast ? (constraints.get(layer.name) ?? 0) : 0 };
  });
}

function factsOf(value: QuantValue): Pick<LayerFacts, 'shape' | 'bits' | 'scale'> {
  return { shape: value.shape, bits: widthOf(value), scale: scaleOf(value) };
}
