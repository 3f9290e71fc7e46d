import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatRun, runZkinfer } from './run-zkinfer.js';

const FOLDER = 'artifacts/tour';
const MODEL = 'examples/models/iris-mlp';

interface Step {
  readonly text: string;
  readonly args: readonly string[];
  readonly codes?: readonly number[];
}

const STEPS: readonly Step[] = [
  {
    text: '**Inspect** a model: what it holds, what it will cost, and everything unsupported at once.',
    args: ['inspect', `${MODEL}/model.onnx`],
  },
  {
    text: '**Quantize** it from calibration rows. The integer model is compared with the float model on rows that neither training nor calibration saw.',
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
    text: '**Compile** the integer model to circom and R1CS.',
    args: ['compile', `${FOLDER}/iris.qmodel.json`, '-o', `${FOLDER}/iris`],
  },
  { text: '**Set up** keys; without `--ptau` a development key.', args: ['setup', `${FOLDER}/iris`] },
  {
    text: `**Prove** one input: \`input.json\` holds \`{"measurements": [[5.1, 3.5, 1.4, 0.2]]}\`.`,
    args: ['prove', `${FOLDER}/iris`, '--input', `${FOLDER}/input.json`, '-o', `${FOLDER}/proof.json`],
  },
  { text: '**Verify** it.', args: ['verify', `${FOLDER}/proof.json`, '--bundle', `${FOLDER}/iris`] },
  {
    text: 'A proof whose output was **changed** is refused, with exit code 1. Here the first public signal, which packs the output, was raised by one.',
    args: ['verify', `${FOLDER}/changed.json`, '--bundle', `${FOLDER}/iris`],
    codes: [1],
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
  writeFileSync(`${folder}input.json`, '{"measurements": [[5.1, 3.5, 1.4, 0.2]]}\n');
  const parts: string[] = [];
  for (const { text, args, codes } of STEPS) {
    if (args[1]?.endsWith('changed.json')) writeChangedProof(`${folder}proof.json`, `${folder}changed.json`);
    parts.push(text, formatRun(args, await runZkinfer(args, codes)));
  }
  return parts.join('\n\n');
}

function writeChangedProof(from: string, to: string): void {
  const proof = JSON.parse(readFileSync(from, 'utf8')) as { publicSignals: string[] };
  proof.publicSignals[0] = (BigInt(proof.publicSignals[0]) + 1n).toString();
  writeFileSync(to, JSON.stringify(proof));
}
