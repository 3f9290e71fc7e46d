/**
 * Takes models of the corpus from ONNX to a verified proof: quantize, compile with circom, development keys, prove, verify.
 * Prints a line a model. Circuits above the limit stop after quantization.
 *
 *     npm run models -- [name …] [--limit 60000]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../src/bundle/manifest-file.js';
import { bundlePaths } from '../src/bundle/paths.js';
import { writeQModel } from '../src/bundle/qmodel-file.js';
import { compileBundle } from '../src/pipeline/compile-bundle.js';
import { proveInput } from '../src/pipeline/prove-bundle.js';
import { setupBundle } from '../src/pipeline/setup-bundle.js';
import { verifyInference } from '../src/verify/verify-inference.js';
import { listModels } from '../test/graph/corpus.js';
import { quantizeCorpusModel } from './corpus-model.js';

const limitAt = process.argv.indexOf('--limit');
const limit = limitAt < 0 ? 60_000 : Number(process.argv[limitAt + 1]);
const wanted = process.argv.slice(2).filter((word, i) => !word.startsWith('--') && i + 2 !== limitAt + 1);

/** Runs one model; returns what its line says. */
async function runModel(name: string, scratch: string): Promise<string> {
  const { qmodel, report, test } = await quantizeCorpusModel(name);
  const score =
    report.metric === null ? '' : ` float ${report.floatScore?.toFixed(4)} integer ${report.integerScore?.toFixed(4)}`;
  const head = `agreement ${report.top1Agreement?.toFixed(4) ?? '-'}${score} constraints ${report.constraints}`;
  if (report.constraints > limit) return `${head} | not proved (limit ${limit})`;
  const dir = join(scratch, name);
  const qmodelPath = `${dir}.qmodel.json`;
  await writeQModel(qmodelPath, qmodel);
  const started = performance.now();
  const compiled = await compileBundle({ qmodelPath, outDir: dir });
  const compileMs = performance.now() - started;
  if (compiled.constraints !== report.constraints)
    throw new Error(`circom reports ${compiled.constraints} constraints`);
  await setupBundle({ dir });
  const setupMs = performance.now() - started - compileMs;
  const { proof, ms } = await proveInput({ dir, row: test.rows[0] });
  const key = JSON.parse(await readFile(bundlePaths(dir).verificationKey, 'utf8')) as unknown;
  const verdict = await verifyInference(proof, await readManifest(dir), key);
  if (!verdict.valid) throw new Error(`the proof does not verify: ${verdict.reason}`);
  await rm(dir, { recursive: true, force: true });
  const seconds = (value: number) => `${(value / 1000).toFixed(1)} s`;
  return `${head} | compile ${seconds(compileMs)} setup ${seconds(setupMs)} prove ${seconds(ms.total)} verified, audit ${compiled.audit}`;
}

const scratch = await mkdtemp(join(tmpdir(), 'zkinfer-models-'));
let failed = 0;
try {
  for (const name of listModels()) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      console.log(name.padEnd(34), await runModel(name, scratch));
    } catch (error) {
      failed++;
      console.log(name.padEnd(34), 'FAILED', error instanceof Error ? error.message : String(error));
    }
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
