import { decodeQModel } from '../bundle/qmodel.js';
import { lowerCircuit } from '../circuit/lower.js';
import { ZkinferError } from '../core/error.js';
import { writeTensors } from '../core/statement.js';
import { sizeOf } from '../core/tensor.js';
import { prepareTables } from '../groth16/fast-interpolation.js';
import { limitReports } from '../groth16/progress.js';
import { openProvingKey, type ProvingKey, prove } from '../groth16/prove.js';
import { createResidentProver } from '../groth16/resident-prover.js';
import { circuitOptionsOf } from '../pipeline/circuit-options.js';
import { findSaturated, prepareRun, type RunnableBundle, type RunOptions } from '../pipeline/prove-input.js';
import { type BindingOptions, readBinding } from '../pipeline/run-binding.js';
import { decodeWireOrder } from '../pipeline/wire-order.js';
import { encodeRow, inferCodes } from '../quantize/search.js';
import type { Row } from '../rows/rows.js';
import { describeOutputs, makeProofFile } from '../verify/proof-file.js';
import { type Expectations, type InferenceVerdict, verifyInference } from '../verify/verify-inference.js';
import type { RemoteBundle } from './fetch-artifacts.js';
import type { Inference, InputRow, Progress, ProvedRun } from './messages.js';

type Report = ((progress: Progress) => void) | undefined;

/** A bundle at work: what the worker of a page does, without the messages. */
export interface Session {
  /** Runs the integer model. @throws ZkinferError `INPUT_SHAPE` */
  readonly infer: (row: InputRow) => Inference;
  /** Fetches and loads what only proving needs: once, however often it is called. */
  readonly prepare: (onProgress?: Report) => Promise<void>;
  /** Proves and verifies. @throws ZkinferError `INPUT_SHAPE`, `CONTEXT_INVALID`, `INPUT_OUT_OF_RANGE`, `CONTEXT_UNUSED`, `SALT_MISSING` */
  readonly prove: (row: InputRow, options: RunOptions & BindingOptions, onProgress?: Report) => Promise<ProvedRun>;
  /** Verifies a proof file of this bundle, whatever it is. */
  readonly verify: (document: unknown, expected: Expectations) => Promise<InferenceVerdict>;
}

/** Opens a bundle for inference and verification. @throws ZkinferError `BUNDLE_NOT_SET_UP`, `BROWSER_WEIGHTS_PRIVATE`, `QMODEL_INVALID`, those of loading */
export async function openSession(remote: Pick<RemoteBundle, 'manifest' | 'load'>): Promise<Session> {
  const { manifest } = remote;
  if (manifest.setup === null) {
    throw new ZkinferError({
      code: 'BUNDLE_NOT_SET_UP',
      kind: 'usage',
      message: 'the bundle has no keys yet',
      hint: 'run zkinfer setup on the bundle before it is served',
    });
  }
  if (manifest.circuit.weights === 'private') {
    throw new ZkinferError({
      code: 'BROWSER_WEIGHTS_PRIVATE',
      kind: 'usage',
      message: 'the weights of this model are private, and a page has none',
      facts: [manifest.name],
      hint: 'its owner infers and proves, on a machine of theirs or as an agent of a market; a contract verifies',
    });
  }
  const [qmodelBytes, keyBytes] = await Promise.all([remote.load('qmodel'), remote.load('verificationKey')]);
  const { graph } = decodeQModel(readText(qmodelBytes));
  const verificationKey = JSON.parse(readText(keyBytes)) as unknown;
  const prover = createResidentProver();
  let ready: Promise<{ bundle: RunnableBundle; key: ProvingKey }> | undefined;

  async function load(onProgress: Report) {
    const [zkey, wires] = await Promise.all([
      remote.load('provingKey', onProgress),
      remote.load('wireOrder', onProgress),
    ]);
    onProgress?.({ stage: 'load' });
    const program = lowerCircuit(graph, circuitOptionsOf(manifest));
    await prepareTables(program);
    const wireOrder = decodeWireOrder(wires, manifest.circuit.wires, program.wireCount);
    return { bundle: { manifest, graph, program, wireOrder }, key: await openProvingKey(zkey) };
  }

  function makeReady(onProgress: Report) {
    ready ??= load(onProgress).catch((cause) => {
      // A failed download may be tried again.
      ready = undefined;
      throw cause;
    });
    return ready;
  }

  return {
    infer: (given) => {
      const start = performance.now();
      const row = readRow(manifest.statement.inputs, given);
      const inputs = encodeRow(graph, row);
      const output = writeTensors(manifest.statement.outputs, inferCodes(graph, inputs));
      return {
        outputs: describeOutputs(manifest.statement, output),
        input: writeTensors(manifest.statement.inputs, inputs),
        output,
        saturated: findSaturated({ graph }, row, inputs),
        ms: performance.now() - start,
      };
    },
    prepare: async (onProgress) => {
      await makeReady(onProgress);
    },
    prove: async (given, options, onProgress) => {
      const row = readRow(manifest.statement.inputs, given);
      const to = readBinding(manifest, options);
      const { bundle, key } = await makeReady(onProgress);
      const start = performance.now();
      onProgress?.({ stage: 'witness' });
      const { run, input, bound, wtns, saturated } = await prepareRun(bundle, row, to, options);
      const witnessed = performance.now();
      const report = onProgress && limitReports(({ fraction }) => onProgress({ stage: 'proof', fraction }));
      const result = await prove(prover, key, wtns, report);
      const end = performance.now();
      return {
        proof: makeProofFile(manifest, run, bound, result, input),
        saturated,
        ms: { witness: witnessed - start, prove: end - witnessed, total: end - start },
      };
    },
    verify: (document, expected) => verifyInference(document, manifest, verificationKey, expected),
  };
}

function readText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The row as the evaluator takes it. @throws ZkinferError `INPUT_SHAPE` */
function readRow(
  layouts: readonly { readonly name: string; readonly shape: readonly number[] }[],
  given: InputRow,
): Row {
  const row = Object.create(null) as Row;
  for (const { name, shape } of layouts) {
    const elements = Object.hasOwn(given, name) ? given[name] : undefined;
    const fits = elements?.length === sizeOf(shape) && Array.prototype.every.call(elements, Number.isFinite);
    if (elements === undefined || !fits) {
      throw new ZkinferError({
        code: 'INPUT_SHAPE',
        kind: 'usage',
        message: `input ${JSON.stringify(name)} is not what the model takes`,
        facts: [`expected ${sizeOf(shape)} finite numbers (${shape.join('×')})`, `given ${elements?.length ?? 'none'}`],
        hint: 'give the elements of every input of the model by name, row-major, in real units',
      });
    }
    row[name] = Float64Array.from(elements);
  }
  return row;
}
