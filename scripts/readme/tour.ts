import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatRun, runZkinfer } from './run-zkinfer.js';

const FOLDER = 'artifacts/tour';
const MODEL = 'examples/models/iris-mlp';
const INPUT = '{"measurements": [[5.1, 3.5, 1.4, 0.2]]}';

interface Step {
  readonly text: string;
  readonly args: readonly string[];
  readonly codes?: readonly number[];
}

const STEPS: readonly Step[] = [
  {
    text: '**Inspect** a model: what it holds, what it would cost, and everything unsupported at once. With `--calibration` rows, and for an integer model or a bundle, the count is exact.',
    args: ['inspect', `${MODEL}/model.onnx`],
  },
  {
    text: '**Quantize** it from calibration rows, and compare the integer model with the float model on rows that neither training nor calibration saw.',
    args: [
      'quantize',
      `${MODEL}/model.onnx`,
      '--calibration',
      `${MODEL}/calibration.json`,
      '--test',
      `${MODEL}/test.json`,
      '-o',
      `${FOLDER}/iris.qmodel.json`,
    ],
  },
  {
    text: '**Compile** the integer model to circom and R1CS. circom compiles the text, its constraints are compared with those that zkinfer emits itself, and the audit runs over them.',
    args: ['compile', `${FOLDER}/iris.qmodel.json`, '-o', `${FOLDER}/iris`],
  },
  {
    text: '**Set up** keys. Without `--ptau` it is a development key. (`zkinfer build` does these three steps in one.)',
    args: ['setup', `${FOLDER}/iris`],
  },
  {
    text: `**Prove** what the model gives for one input; \`input.json\` holds \`${INPUT}\`. Many rows: \`--batch rows.ndjson --workers 4\`.`,
    args: ['prove', `${FOLDER}/iris`, '--input', `${FOLDER}/input.json`, '-o', `${FOLDER}/proof.json`],
  },
  {
    text: '**Verify** it. The input is printed as the proof has it, that is, as its codes stand for it.',
    args: ['verify', `${FOLDER}/proof.json`, '--bundle', `${FOLDER}/iris`],
  },
  {
    text: 'A proof file whose output was **changed** in every place where it stands, public signals included, is refused with exit code 1.',
    args: ['verify', `${FOLDER}/changed.json`, '--bundle', `${FOLDER}/iris`],
    codes: [1],
  },
  {
    text: '**Audit** the constraints: is the output determined by the input, whatever the prover does?',
    args: ['audit', `${FOLDER}/iris`],
  },
  {
    text: '**Check** that these keys are really for this model: quantize and compile again, and compare every digest.',
    args: ['check', `${FOLDER}/iris`, '--model', `${MODEL}/model.onnx`, '--calibration', `${MODEL}/calibration.json`],
  },
  {
    text: '**Export** a standalone Solidity verifier.',
    args: ['export-verifier', `${FOLDER}/iris`],
  },
];

/** Runs the commands on the iris sample, one after the other, and records what they print. */
export async function renderTour(): Promise<string> {
  const folder = fileURLToPath(new URL(`../../${FOLDER}/`, import.meta.url));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}input.json`, `${INPUT}\n`);
  const parts: string[] = [];
  for (const { text, args, codes } of STEPS) {
    if (args[1].endsWith('changed.json')) writeChangedProof(folder);
    parts.push(text, formatRun(args, await runZkinfer(args, codes)));
  }
  return parts.join('\n\n');
}

interface ProofFile {
  readonly publicSignals: string[];
  readonly outputs: { readonly logits: { readonly integers: number[]; readonly real: number[] } };
  readonly statement: { output: string };
}

interface Manifest {
  readonly statement: { readonly outputs: readonly { readonly scale: number[]; readonly zeroPoint: number[] }[] };
}

/** Raises the last logit by one code wherever it stands: integers, reals, the statement's bytes, the limb that packs them. */
function writeChangedProof(folder: string): void {
  const proof = readJson<ProofFile>(`${folder}proof.json`);
  const [{ scale, zeroPoint }] = readJson<Manifest>(`${folder}iris/manifest.json`).statement.outputs;
  const digits = proof.statement.output.length;
  const output = BigInt(`0x${proof.statement.output}`);
  const limb = proof.publicSignals.findIndex((signal) => BigInt.asUintN(4 * digits, BigInt(signal)) === output);
  if (limb < 0) throw new Error('the output is not packed in one limb');
  proof.publicSignals[limb] = String(BigInt(proof.publicSignals[limb]) + 1n);
  proof.statement.output = (output + 1n).toString(16).padStart(digits, '0');
  const { integers, real } = proof.outputs.logits;
  integers[2]++;
  real[2] = scale[0] * (integers[2] - zeroPoint[0]);
  writeFileSync(`${folder}changed.json`, JSON.stringify(proof));
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
