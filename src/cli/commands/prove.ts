import { ZkinferError } from '../../core/error.js';
import type { ProofPhase } from '../../groth16/progress.js';
import type { SaturatedInput } from '../../pipeline/prove-input.js';
import type { RowsSpec } from '../../rows/rows.js';
import { addBindingOptions, readBindingOptions, readSalt } from '../binding-options.js';
import type { CommandResult, CommandSpec } from '../command.js';
import { describeTensors } from '../describe-tensors.js';
import { formatDuration, formatNumber } from '../format.js';
import { contextNumber, wholeNumber } from '../options.js';
import { addProverOption, readProver } from '../prover-option.js';
import type { Reporter } from '../reporter.js';

type Options = Readonly<Record<string, unknown>>;

function usageError(code: string, message: string, facts: readonly string[], hint: string): ZkinferError {
  return new ZkinferError({ code, kind: 'usage', message, facts, hint });
}

/** What rows a bundle takes. */
async function readSpec(dir: string): Promise<RowsSpec> {
  const { readManifest } = await import('../../bundle/manifest-file.js');
  const { statement } = await readManifest(dir);
  return { inputs: statement.inputs.map(({ name, shape }) => ({ name, shape })) };
}

function warnSaturated(reporter: Reporter, saturated: readonly SaturatedInput[]): void {
  for (const { input, elements, largest } of saturated) {
    const what = `${elements} element${elements === 1 ? '' : 's'} of input ${JSON.stringify(input)}`;
    reporter.warn(
      `${what} lie outside the calibrated range, by up to ${formatNumber(largest)}: the proof speaks of the saturated input`,
    );
  }
}

const PHASE_NAMES: Readonly<Record<ProofPhase, string>> = {
  witness: 'witness',
  proof: 'proof',
  quotient: 'quotient polynomial',
  H: 'points of the quotient',
  A: 'points A',
  B1: 'points B in G1',
  B2: 'points B in G2',
  C: 'points C',
  verify: 'verifying',
};

async function proveOne(dir: string, options: Options, reporter: Reporter): Promise<CommandResult> {
  const [{ proveInput }, { readRows }] = await Promise.all([
    import('../../pipeline/prove-bundle.js'),
    import('../../rows/read-rows.js'),
  ]);
  const inputPath = options.input as string;
  const { rows } = await readRows(inputPath, await readSpec(dir));
  if (rows.length !== 1) {
    throw usageError(
      'ROWS_MANY',
      '--input takes one row',
      [inputPath, `given ${rows.length} rows`],
      'prove many with --batch FILE -o FOLDER',
    );
  }
  const outPath = (options.out as string | undefined) ?? 'proof.json';
  reporter.step('proving');
  const follow = reporter.follow('proving');
  const { proof, saturated, ms } = await proveInput({
    dir,
    row: rows[0],
    outPath,
    context: options.context as string | undefined,
    binding: readBindingOptions(options),
    salt: await readSalt(options.salt as string | undefined),
    strict: options.strict as boolean | undefined,
    onProgress: ({ phase, fraction }) => follow(PHASE_NAMES[phase], fraction),
    ...(await readProver(options, reporter)),
  });
  warnSaturated(reporter, saturated);
  return {
    text: [
      ...describeTensors('output', proof.outputs),
      `proved and verified in ${formatDuration(ms.total)} (witness ${formatDuration(ms.witness)}, proof ${formatDuration(ms.prove)})`,
      `written: ${outPath}${proof.profile === 'dev' ? ' (development key)' : ''}`,
    ],
    json: {
      ms: ms.total,
      times: ms,
      proof: outPath,
      outputs: proof.outputs,
      publicSignals: proof.publicSignals,
      profile: proof.profile,
      saturated,
    },
  };
}

async function proveMany(dir: string, options: Options, reporter: Reporter): Promise<CommandResult> {
  const [{ proveRows }, { openRows }] = await Promise.all([
    import('../../pipeline/prove-rows.js'),
    import('../../rows/read-rows.js'),
  ]);
  const batchPath = options.batch as string;
  const outDir = (options.out as string | undefined) ?? 'proofs';
  const spec = await readSpec(dir);
  // Every row is read once before any is proved: a bad last row should be known now, not after hours.
  let total = 0;
  for await (const _row of openRows(batchPath, spec)) total++;
  const report = await proveRows({
    dir,
    rows: openRows(batchPath, spec),
    outDir,
    workers: options.workers as number | undefined,
    context: options.context as string | undefined,
    binding: readBindingOptions(options),
    salt: await readSalt(options.salt as string | undefined),
    strict: options.strict as boolean | undefined,
    ...(await readProver(options, reporter)),
    onProgress: ({ done, failed, skipped, rate }) => {
      reporter.progress(
        `rows, ${formatNumber(rate, 3)} proofs/s${failed > 0 ? `, ${failed} failed` : ''}`,
        done + failed + skipped,
        total,
      );
    },
  });
  for (const { index, reason } of report.failures) reporter.warn(`row ${index}: ${reason}`);
  if (report.saturated > 0)
    reporter.warn(`${report.saturated} rows lie outside the calibrated range: their proofs speak of saturated inputs`);
  if (report.replaced > 0)
    reporter.warn(
      `${report.replaced} files were there and held no valid proof of their row: those rows were proved again`,
    );
  const { latencyMs } = report;
  const times = latencyMs && `, median ${formatDuration(latencyMs.p50)}, 95 % within ${formatDuration(latencyMs.p95)}`;
  return {
    text: [
      `${report.done} proved, ${report.skipped} were there, ${report.failed} failed, in ${formatDuration(report.totalMs)}${times ?? ''}`,
      `${report.workers} workers (${report.backend}), written: ${outDir}`,
    ],
    json: { ...report, ms: report.totalMs, proof: outDir, total },
    exitCode: report.failed > 0 ? 1 : 0,
  };
}

export const proveCommand: CommandSpec = {
  name: 'prove',
  summary: 'Prove what a model gives for an input, or for many',
  examples: [
    'zkinfer prove artifacts/mnist --input digit.json -o proof.json',
    'zkinfer prove artifacts/mnist --batch rows.ndjson -o proofs --workers 4',
    'zkinfer prove artifacts/mnist --input digit.json --prover rapidsnark',
  ],
  configure: (command) =>
    addProverOption(addBindingOptions(command))
      .argument('<bundle>', 'bundle folder with keys')
      .option('--input <file>', 'one row: JSON by input name, or any layout of rows')
      .option('--batch <file>', 'many rows; a run that was interrupted goes on where it stopped')
      .option('-o, --out <path>', 'proof file (proof.json), or with --batch the folder of proofs (proofs)')
      .option(
        '--workers <n>',
        'worker threads of a batch; as many as cores and memory allow where left out',
        wholeNumber(1, 512),
      )
      .option(
        '--context <number>',
        'field element to bind the proof to, decimal or 0x; 0 where left out',
        contextNumber,
      )
      .option('--strict', 'refuse inputs outside the calibrated range, which otherwise saturate with a warning'),
  run: async ([dir], options, reporter) => {
    if ((options.input === undefined) === (options.batch === undefined)) {
      throw usageError('USAGE', 'prove needs --input or --batch, and not both', [], 'add --help for examples');
    }
    return options.input === undefined
      ? proveMany(dir as string, options, reporter)
      : proveOne(dir as string, options, reporter);
  },
};
