import { failRead } from './fail.js';
import type { Message } from './message.js';
import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from './model.js';
import { type ExternalData, readTensor } from './read-tensor.js';

/** Reads a GraphProto. */
export function readGraph(message: Message, external: ExternalData | undefined): OnnxGraph {
  if (message.has(15))
    failRead('ONNX_SPARSE', 'The model has sparse initializers', {
      hint: 'store the weights as dense tensors',
    });
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of message.messages(5)) {
    const read = readTensor(tensor, external, 'initializer without a name');
    initializers.set(read.name, read);
  }
  return {
    name: message.text(2),
    nodes: message.messages(1).map((node) => readNode(node, external)),
    initializers,
    inputs: message.messages(11).map(readValueInfo),
    outputs: message.messages(12).map(readValueInfo),
    valueInfo: message.messages(13).map(readValueInfo),
  };
}

/** Reads a NodeProto. The domain `ai.onnx` is the same as ''. */
function readNode(message: Message, external: ExternalData | undefined): OnnxNode {
  return {
    name: message.text(3),
    opType: message.text(4),
    domain: normalizeDomain(message.text(7)),
    inputs: message.texts(1),
    outputs: message.texts(2),
    attributes: readAttributes(message.messages(5), external),
  };
}

export function normalizeDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function readAttributes(
  messages: readonly Message[],
  external: ExternalData | undefined,
): ReadonlyMap<string, OnnxAttribute> {
  return new Map(messages.map((message) => [message.text(1), readAttribute(message, external)]));
}

function readAttribute(message: Message, external: ExternalData | undefined): OnnxAttribute {
  if (message.has(21)) return { kind: 'reference', name: message.text(21) };
  switch (message.int(20, 0) || guessType(message)) {
    case 1:
      return { kind: 'float', value: message.float(2) };
    case 2:
      return { kind: 'int', value: message.int(3, 0) };
    case 3:
      return { kind: 'string', value: message.text(4) };
    case 4:
      return { kind: 'tensor', value: readTensor(required(message, 5), external, message.text(1)) };
    case 5:
      return { kind: 'graph', value: readGraph(required(message, 6), external) };
    case 6:
      return { kind: 'floats', values: message.floats(7) };
    case 7:
      return { kind: 'ints', values: message.ints(8) };
    case 8:
      return { kind: 'strings', values: message.texts(9) };
    case 9:
      return { kind: 'unsupported', typeName: 'list of tensors' };
    case 10:
      return { kind: 'unsupported', typeName: 'list of graphs' };
    case 11:
    case 12:
      return { kind: 'unsupported', typeName: 'sparse tensor' };
    default:
      return { kind: 'unsupported', typeName: 'type description' };
  }
}

/** The type by the field that is present, for files older than the type field. */
function guessType(message: Message): number {
  const order: readonly (readonly [field: number, type: number])[] = [
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 4],
    [6, 5],
    [7, 6],
    [8, 7],
    [9, 8],
  ];
  return order.find(([field]) => message.has(field))?.[1] ?? 0;
}

function required(message: Message, field: number): Message {
  const inner = message.message(field);
  if (inner === undefined) throw new Error(`attribute ${message.text(1)} has no value`);
  return inner;
}

function readValueInfo(message: Message): OnnxValueInfo {
  const name = message.text(1);
  const tensorType = message.message(2)?.message(1);
  if (tensorType === undefined) return { name, elemType: 0, dims: null };
  const shape = tensorType.message(2);
  const dims =
    shape?.messages(1).map((dim) => {
      if (dim.has(1)) return dim.int(1, 0);
      return dim.has(2) && dim.text(2) !== '' ? dim.text(2) : null;
    }) ?? null;
  return { name, elemType: tensorType.int(1, 0), dims };
}

/** Reads a FunctionProto. */
export function readFunction(message: Message, external: ExternalData | undefined): OnnxFunction {
  return {
    name: message.text(1),
    domain: normalizeDomain(message.text(10)),
    inputs: message.texts(4),
    outputs: message.texts(5),
    nodes: message.messages(7).map((node) => readNode(node, external)),
    attributeDefaults: readAttributes(message.messages(11), external),
    opsets: readOpsets(message.messages(9)),
  };
}

export function readOpsets(messages: readonly Message[]): ReadonlyMap<string, number> {
  return new Map(messages.map((message) => [normalizeDomain(message.text(1)), message.int(2, 1)]));
}
