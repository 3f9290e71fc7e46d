import type { Diagnostic } from '../core/diagnostic.js';
import { type Shape, sizeOf } from '../core/tensor.js';
import type { OnnxModel, OnnxTensor } from '../onnx/model.js';
import { type ImportedInput, type ImportOptions, tryImportGraph } from './import.js';
import type { Graph, GraphNode, NodeKind } from './ir.js';
import { countMacs } from './linear-map.js';
import { optimizeGraph } from './passes/optimize.js';

/** One node of the optimized graph. */
export interface LayerSummary {
  /** ONNX node and operator it is named after. */
  readonly name: string;
  readonly op: string;
  readonly kind: NodeKind;
  readonly shape: Shape;
  readonly macs: number;
  /** Distinct weights. */
  readonly parameters: number;
}

export interface ModelSummary {
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly ImportedInput[];
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: Shape | null;
    readonly labels?: readonly (string | number)[];
    readonly cut?: string;
  }[];
  /** How often each ONNX operator occurs. */
  readonly ops: Readonly<Record<string, number>>;
  /** Weights of the file: initializers and constants that are not shapes, attributes of classical models. */
  readonly parameters: number;
  /** Multiply-accumulates of one inference; null when the model cannot be imported. */
  readonly macs: number | null;
  readonly layers: readonly LayerSummary[];
  /** Every problem and note. */
  readonly diagnostics: readonly Diagnostic[];
  /** The optimized graph, absent when a diagnostic is an error. */
  readonly graph?: Graph;
}

/** Everything that `zkinfer inspect` says about a model before quantization. */
export function summarizeModel(model: OnnxModel, options: ImportOptions = {}): ModelSummary {
  const report = tryImportGraph(model, options);
  const graph = report.graph === undefined ? undefined : optimizeGraph(report.graph);
  const layers = graph?.nodes.map((node) => summarizeNode(node, graph)) ?? [];
  return {
    producer: model.producer,
    opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    inputs: report.inputs,
    outputs:
      graph?.outputs.map(({ name, value, labels, cut }) => ({ name, shape: graph.values[value].shape, labels, cut })) ??
      model.graph.outputs.map((output) => ({ name: output.name, shape: null })),
    ops: countOps(model),
    parameters: countParameters(model),
    macs: graph === undefined ? null : layers.reduce((sum, layer) => sum + layer.macs, 0),
    layers,
    diagnostics: report.diagnostics,
    ...(graph === undefined ? {} : { graph }),
  };
}

function summarizeNode(node: GraphNode, graph: Graph): LayerSummary {
  const { name, op } = node.origin;
  const shape = graph.values[node.output].shape;
  return { name, op, kind: node.kind, shape, macs: macsOf(node), parameters: parametersOf(node) };
}

function macsOf(node: GraphNode): number {
  if (node.kind === 'linear') return countMacs(node.map);
  return node.kind === 'bilinear' ? node.left.length : 0;
}

function parametersOf(node: GraphNode): number {
  if (node.kind === 'linear') return node.map.kernels.reduce((n, kernel) => n + kernel.length, 0);
  return node.kind === 'trees' ? node.threshold.length : 0;
}

function countOps(model: OnnxModel): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const node of model.graph.nodes) {
    const op = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
    counts[op] = (counts[op] ?? 0) + 1;
  }
  return counts;
}

/** Data types that hold shapes, axes and flags rather than weights: int64 and bool. */
const NOT_WEIGHTS = new Set([7, 9]);

/** Weights in initializers, in Constant nodes and in the attributes of classical models. */
function countParameters(model: OnnxModel): number {
  const count = (tensor: OnnxTensor) =>
    tensor.kind === 'numbers' && !NOT_WEIGHTS.has(tensor.elemType) ? sizeOf(tensor.tensor.shape) : 0;
  let total = 0;
  for (const tensor of model.graph.initializers.values()) total += count(tensor);
  for (const node of model.graph.nodes)
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'tensor' && node.opType === 'Constant') total += count(attribute.value);
      if (attribute.kind === 'floats' && node.domain === 'ai.onnx.ml') total += attribute.values.length;
    }
  return total;
}
