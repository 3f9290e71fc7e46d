import type { Digest } from '../core/digest.js';
import { ZkinferError } from '../core/error.js';
import type { QuantGraph, QuantNode } from '../quantize/ir.js';
import { printCanonicalJson } from './canonical-json.js';
import {
  encodeLists,
  encodeNumbers,
  readFloatLists,
  readFloats,
  readIntLists,
  readInts,
  readShape,
} from './numbers.js';
import { checkQuantGraph } from './quant-graph-check.js';
import {
  type Read,
  readArray,
  readBoolean,
  readCount,
  readDigest,
  readLabel,
  readNullable,
  readNumber,
  readObject,
  readOneOf,
  readOptional,
  readString,
  SchemaError,
} from './schema.js';

export const QMODEL_FORMAT = 'zkinfer-qmodel/1';

/** Anything that JSON holds; options and reports pass through the file as they are. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An integer model as it is kept in a file: the graph, what it was made from and how, and how well it does. */
export interface QModel {
  readonly graph: QuantGraph;
  readonly source: { readonly name: string; readonly digest: Digest };
  readonly options: { readonly [key: string]: Json };
  readonly report: { readonly [key: string]: Json };
}

/** How one kind of node is written and read; the compiler asks for one entry per kind. */
type NodeCodec<N extends QuantNode> = {
  readonly encode: (node: N) => Record<string, unknown>;
  readonly read: Record<string, Read<unknown>>;
};

type Codecs = { readonly [K in QuantNode['kind']]: NodeCodec<Extract<QuantNode, { kind: K }>> };

const which = readNullable(readInts);
const encodeWhich = (value: Int32Array | null) => value && encodeNumbers(value);
const windows = { windows: readIntLists };

const codecs: Codecs = {
  linear: {
    encode: ({ map }) => ({
      map: {
        windows: encodeLists(map.windows),
        kernels: encodeLists(map.kernels),
        rowWindow: encodeNumbers(map.rowWindow),
        rowKernel: encodeNumbers(map.rowKernel),
        bias: encodeNumbers(map.bias),
      },
    }),
    read: {
      map: readObject({
        windows: readIntLists,
        kernels: readFloatLists,
        rowWindow: readInts,
        rowKernel: readInts,
        bias: readFloats,
      }),
    },
  },
  gather: {
    encode: (node) => ({ index: encodeNumbers(node.index), constants: encodeNumbers(node.constants) }),
    read: { index: readInts, constants: readFloats },
  },
  requantize: {
    encode: (node) => ({ shift: encodeNumbers(node.shift), bits: encodeNumbers(node.bits) }),
    read: { shift: readInts, bits: readInts },
  },
  relu: { encode: () => ({}), read: {} },
  lookup: {
    encode: (node) => ({
      tables: node.tables.map((table) => ({ offset: table.offset, values: encodeNumbers(table.values) })),
      which: encodeWhich(node.which),
    }),
    read: { tables: readArray(readObject({ offset: readNumber, values: readFloats })), which },
  },
  staircase: {
    encode: (node) => ({
      steps: node.steps.map((step) => ({ base: step.base, thresholds: encodeNumbers(step.thresholds) })),
      which: encodeWhich(node.which),
    }),
    read: { steps: readArray(readObject({ base: readNumber, thresholds: readFloats })), which },
  },
  nonNegative: { encode: () => ({}), read: {} },
  isZero: { encode: () => ({}), read: {} },
  bilinear: {
    encode: (node) => ({
      start: encodeNumbers(node.start),
      left: encodeNumbers(node.left),
      right: encodeNumbers(node.right),
    }),
    read: { start: readInts, left: readInts, right: readInts },
  },
  max: { encode: (node) => ({ windows: encodeLists(node.windows) }), read: windows },
  argmax: {
    encode: (node) => ({ windows: encodeLists(node.windows), last: node.last }),
    read: { ...windows, last: readBoolean },
  },
  topk: { encode: (node) => ({ windows: encodeLists(node.windows), k: node.k }), read: { ...windows, k: readCount } },
  trees: {
    encode: (node) => ({
      roots: encodeNumbers(node.roots),
      feature: encodeNumbers(node.feature),
      threshold: encodeNumbers(node.threshold),
      yes: encodeNumbers(node.yes),
      no: encodeNumbers(node.no),
      leafWeights: encodeLists(node.leafWeights),
      base: encodeNumbers(node.base),
    }),
    read: {
      roots: readInts,
      feature: readInts,
      threshold: readFloats,
      yes: readInts,
      no: readInts,
      leafWeights: readFloatLists,
      base: readFloats,
    },
  },
};

function encodeNode(node: QuantNode): Record<string, unknown> {
  const { encode } = codecs[node.kind] as NodeCodec<QuantNode>;
  return { kind: node.kind, layer: node.layer, output: node.output, inputs: [...node.inputs], ...encode(node) };
}

const readKind = readOneOf(...(Object.keys(codecs) as QuantNode['kind'][]));

const readNode: Read<QuantNode> = (value, path) => {
  const kind = readKind((value as { kind?: unknown } | null)?.kind, `${path}.kind`);
  const fields = { kind: readKind, layer: readString, output: readCount, inputs: readArray(readCount) };
  return readObject({ ...fields, ...codecs[kind].read })(value, path) as unknown as QuantNode;
};

const readGraph: Read<QuantGraph> = readObject({
  values: readArray(
    readObject({
      id: readCount,
      name: readString,
      shape: readShape,
      scale: readFloats,
      zeroPoint: readFloats,
      min: readFloats,
      max: readFloats,
    }),
  ),
  inputs: readArray(readObject({ name: readString, value: readCount, bits: readCount })),
  nodes: readArray(readNode),
  outputs: readArray(
    readObject({
      name: readString,
      value: readCount,
      labels: readOptional(readArray(readLabel)),
      cut: readOptional(readString),
    }),
  ),
}) as Read<QuantGraph>;

const readJsonObject: Read<{ readonly [key: string]: Json }> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SchemaError(path, 'an object', value);
  return value as { readonly [key: string]: Json };
};

/** The text of a qmodel file. Equal models have equal texts. */
export function encodeQModel({ graph, source, options, report }: QModel): string {
  return printCanonicalJson({
    format: QMODEL_FORMAT,
    source,
    options,
    report,
    graph: {
      values: graph.values.map((value) => ({
        id: value.id,
        name: value.name,
        shape: [...value.shape],
        scale: encodeNumbers(value.scale),
        zeroPoint: encodeNumbers(value.zeroPoint),
        min: encodeNumbers(value.min),
        max: encodeNumbers(value.max),
      })),
      inputs: graph.inputs.map(({ name, value, bits }) => ({ name, value, bits })),
      nodes: graph.nodes.map(encodeNode),
      outputs: graph.outputs.map(({ name, value, labels, cut }) => ({ name, value, labels, cut })),
    },
  });
}

const readFile: Read<{ format: string } & QModel> = readObject({
  format: readOneOf(QMODEL_FORMAT),
  source: readObject({ name: readString, digest: readDigest }),
  options: readJsonObject,
  report: readJsonObject,
  graph: readGraph,
});

/**
 * Reads a qmodel file. Every index, length and bound is checked: a graph that comes out is safe to evaluate and to compile.
 * @param where the file's name, for the message
 * @throws ZkinferError QMODEL_INVALID (exit code 3)
 */
export function decodeQModel(text: string, where = 'qmodel'): QModel {
  try {
    const { graph, source, options, report } = readFile(JSON.parse(text), '$');
    checkQuantGraph(graph);
    return { graph, source, options, report };
  } catch (cause) {
    if (!(cause instanceof SchemaError) && !(cause instanceof SyntaxError)) throw cause;
    throw new ZkinferError({
      code: 'QMODEL_INVALID',
      kind: 'artifact',
      message: 'the quantized model is damaged or of another format',
      facts: [where, cause.message],
      hint: 'quantize the model again',
      cause,
    });
  }
}
