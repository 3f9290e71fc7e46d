/**
 * Runs a model in onnxruntime, in a process of its own: native code on a user's file may crash or hang, and a process can be
 * killed. Reads one request from its parent, answers once, exits.
 */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ReferenceAnswer, ReferenceRequest } from './reference.js';

const BIG = new Set(['int64', 'uint64']);

function feedOf(type: string, data: readonly number[], dims: readonly number[]): Tensor {
  if (type === 'bool') return new Tensor('bool', Uint8Array.from(data), dims);
  if (BIG.has(type)) return new Tensor(type as 'int64', BigInt64Array.from(data, (v) => BigInt(v)) as never, dims);
  if (type === 'float64') return new Tensor('float64', Float64Array.from(data), dims);
  if (type === 'int32') return new Tensor('int32', Int32Array.from(data), dims);
  if (type === 'int8') return new Tensor('int8', Int8Array.from(data), dims);
  if (type === 'uint8') return new Tensor('uint8', Uint8Array.from(data), dims);
  if (type === 'int16') return new Tensor('int16', Int16Array.from(data), dims);
  if (type === 'uint16') return new Tensor('uint16', Uint16Array.from(data), dims);
  return new Tensor('float32', Float32Array.from(data), dims);
}

/** `[field key, length, payload]` of a length-delimited protobuf field. */
function field(number: number, payload: Uint8Array): Buffer {
  const head = [(number << 3) | 2];
  let length = payload.length;
  while (length >= 128) {
    head.push((length & 127) | 128);
    length >>>= 7;
  }
  return Buffer.concat([Buffer.from([...head, length]), payload]);
}

/**
 * Asks for intermediate tensors by appending their names to graph.output. Protobuf merges repeated occurrences of an
 * embedded message, so the file's own bytes stay as they are.
 */
function withOutputs(model: Buffer, names: readonly string[]): Buffer {
  const outputs = names.map((name) => field(12, field(1, Buffer.from(name))));
  return Buffer.concat([model, field(7, Buffer.concat(outputs))]);
}

async function answer(request: ReferenceRequest): Promise<ReferenceAnswer> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  };
  const session =
    request.intermediates.length === 0
      ? await InferenceSession.create(request.modelPath, options)
      : await InferenceSession.create(withOutputs(readFileSync(request.modelPath), request.intermediates), options);
  const types = new Map(session.inputMetadata.map((meta) => [meta.name, meta.isTensor ? meta.type : 'float32']));
  const wanted = [...request.outputs, ...request.intermediates];
  const rows: Record<string, number[]>[] = [];
  for (const row of request.rows) {
    const feeds: Record<string, Tensor> = {};
    for (const { name, dims } of request.inputs) feeds[name] = feedOf(types.get(name) ?? 'float32', row[name], dims);
    const results = await session.run(feeds, wanted);
    rows.push(
      Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, Array.from(tensor.data as ArrayLike<number>, Number)]),
      ),
    );
  }
  await session.release();
  return { ok: true, rows };
}

process.once('message', (request: ReferenceRequest) => {
  answer(request)
    .catch(
      (error: unknown): ReferenceAnswer => ({
        ok: false,
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    .then((reply) => process.send?.(reply, () => process.disconnect?.()));
});
