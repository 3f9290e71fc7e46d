import { ZkinferError } from '../core/error.js';
import { failRead } from './fail.js';
import { Message } from './message.js';
import type { OnnxModel } from './model.js';
import { readFunction, readGraph, readOpsets } from './read-graph.js';
import type { ExternalData } from './read-tensor.js';

export interface ReadOptions {
  /** Fetches external data files; without it a model that needs one is refused. */
  readonly externalData?: ExternalData;
  /** Largest model file in bytes; 256 MiB by default. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 256 * 2 ** 20;

/**
 * Decodes an ONNX file. Nothing is judged but the encoding: operators and shapes are the importer's business.
 * @throws ZkinferError of kind usage: ONNX_UNREADABLE, ONNX_TOO_LARGE, ONNX_TENSOR, ONNX_SPARSE, ONNX_EXTERNAL_*
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): OnnxModel {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (bytes.length > maxBytes)
    failRead('ONNX_TOO_LARGE', 'The model file is too large', {
      facts: [`${bytes.length} bytes, the cap is ${maxBytes}`],
      hint: 'zkinfer proves small models; a model of this size is out of reach',
    });
  try {
    return readModel(new Message(bytes), options.externalData);
  } catch (cause) {
    if (cause instanceof ZkinferError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failRead('ONNX_UNREADABLE', 'The file is not a readable ONNX model', {
      facts: [bytes.length === 0 ? 'the file is empty' : reason],
      hint: 'check that the file is an .onnx file and that it was copied completely',
      cause,
    });
  }
}

function readModel(message: Message, external: ExternalData | undefined): OnnxModel {
  const graph = message.message(7);
  if (graph === undefined) throw new Error('there is no graph in it');
  const opsets = readOpsets(message.messages(8));
  if (opsets.size === 0) throw new Error('it names no operator set');
  return {
    irVersion: message.int(1, 0),
    producer: [message.text(2), message.text(3)].filter((part) => part !== '').join(' '),
    opsets,
    graph: readGraph(graph, external),
    functions: message.messages(25).map((fn) => readFunction(fn, external)),
  };
}
