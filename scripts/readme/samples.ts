import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundlePaths } from '../../src/bundle/paths.js';
import { formatTable } from '../marked-section.js';
import { describeMachine, formatMs, runForJson, runZkinfer } from './run-zkinfer.js';

const NAMES = ['iris-mlp', 'diabetes-regression', 'digits-mlp', 'breast-cancer-forest', 'mnist-cnn'];
const FOLDER = 'artifacts/samples';

interface QuantizeReport {
  readonly floatScore: number;
  readonly integerScore: number;
  readonly top1Agreement: number | null;
  readonly maxAbsError: number;
}

interface CompileReport {
  readonly constraints: number;
}

interface ProveReport {
  readonly ms: number;
}

interface VerifyReport {
  readonly valid: boolean;
}

/** Takes every sample from ONNX to a verified proof and tabulates accuracy, size and time. */
export async function renderSamples(): Promise<string> {
  const root = fileURLToPath(new URL(`../../${FOLDER}/`, import.meta.url));
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const rows: string[][] = [];
  for (const name of NAMES) rows.push(await measureSample(name, root));
  const head = [
    'sample',
    'score, float → integer',
    'top-1 agreement',
    'constraints',
    'quantize',
    'compile',
    'setup (dev)',
    'prove',
    'verify',
    'proving key',
  ];
  return `${formatTable(head, rows)}

Scores are accuracy (R² for the regression) on the rows of \`test.json\`, which training never saw. Times are of whole commands, start-up included, but for *prove*,
which is the proof alone; on ${describeMachine()}; \`npx tsx scripts/readme-numbers.ts samples\` measures them again.`;
}

async function measureSample(name: string, root: string): Promise<string[]> {
  const model = `examples/models/${name}`;
  const bundle = `${FOLDER}/${name}`;
  const quantized = await runForJson<QuantizeReport>([
    'quantize',
    `${model}/model.onnx`,
    '--calibration',
    `${model}/calibration.json`,
    '--test',
    `${model}/test.json`,
    '-o',
    `${bundle}.qmodel.json`,
  ]);
  const compiled = await runForJson<CompileReport>(['compile', `${bundle}.qmodel.json`, '-o', bundle]);
  const setup = await runZkinfer(['setup', bundle]);
  writeFileSync(`${root}${name}.input.json`, JSON.stringify(firstRow(`${model}/test.json`)));
  const proof = `${bundle}.proof.json`;
  const proved = await runForJson<ProveReport>(['prove', bundle, '--input', `${bundle}.input.json`, '-o', proof]);
  const verified = await runForJson<VerifyReport>(['verify', proof, '--bundle', bundle]);
  if (!verified.valid) throw new Error(`${name}: the proof does not verify`);
  return [
    `[${name}](${model}/README.md)`,
    `${quantized.floatScore.toFixed(3)} → ${quantized.integerScore.toFixed(3)}`,
    quantized.top1Agreement === null ? '' : `${(100 * quantized.top1Agreement).toFixed(1)} %`,
    compiled.constraints.toLocaleString('en'),
    formatMs(quantized.wallMs),
    formatMs(compiled.wallMs),
    formatMs(setup.ms),
    formatMs(proved.ms),
    formatMs(verified.wallMs),
    `${(statSync(bundlePaths(`${root}${name}`).provingKey).size / 1e6).toFixed(1)} MB`,
  ];
}

/** The first row of a zkml-rows file as an object by input name. */
function firstRow(path: string): Record<string, unknown> {
  const file = JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8'));
  return Object.fromEntries(
    Object.entries(file.inputs as Record<string, { dims: number[]; rows: number[][] }>).map(
      ([name, { dims, rows }]) => [name, nest(rows[0], dims)],
    ),
  );
}

function nest(flat: readonly number[], dims: readonly number[]): unknown {
  if (dims.length <= 1) return [...flat];
  const step = flat.length / dims[0];
  return Array.from({ length: dims[0] }, (_, i) => nest(flat.slice(i * step, (i + 1) * step), dims.slice(1)));
}
