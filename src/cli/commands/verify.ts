import { stat } from 'node:fs/promises';
import { writeFileAtomic } from '../../bundle/atomic.js';
import { EXIT } from '../../core/error.js';
import { listProofFiles, openProofs } from '../../verify/proof-sources.js';
import { openVerifyingBundle, type VerifyingBundle, verifyProofFile } from '../../verify/verify-files.js';
import type { Expectations } from '../../verify/verify-inference.js';
import { verifyProofs } from '../../verify/verify-stream.js';
import { appendSummary, type Check, renderAnnotations, renderJunit } from '../ci-report.js';
import type { CommandResult, CommandSpec } from '../command.js';
import { describeTensors } from '../describe-tensors.js';
import { formatCount, formatDuration, formatTable } from '../format.js';
import { contextNumber } from '../options.js';
import type { Reporter } from '../reporter.js';

/** Verdicts that are not valid and are shown; all are counted and all are in the reports. */
const MOST_SHOWN = 20;

async function verifyOne(
  path: string,
  bundle: VerifyingBundle,
  expected: Expectations,
): Promise<CommandResult & { checks: Check[] }> {
  const verdict = await verifyProofFile(path, bundle, expected);
  const word = verdict.valid ? 'valid' : 'NOT VALID';
  return {
    text: [
      `${word}: ${verdict.reason}`,
      ...describeTensors('input', verdict.inputs),
      ...describeTensors('output', verdict.outputs),
    ],
    json: { ...verdict, files: [{ path, proofs: 1 }] },
    exitCode: verdict.valid ? EXIT.ok : EXIT.checkFailed,
    checks: [{ name: path, path, valid: verdict.valid, reason: verdict.reason }],
  };
}

async function verifyAll(
  paths: readonly string[],
  bundle: VerifyingBundle,
  expected: Expectations,
  reporter: Reporter,
): Promise<CommandResult & { checks: Check[] }> {
  const start = performance.now();
  const checks: Check[] = [];
  const proofsIn = new Map(paths.map((path) => [path, 0]));
  for await (const { verdict, ...source } of verifyProofs(openProofs(paths), bundle, expected)) {
    proofsIn.set(source.path, (proofsIn.get(source.path) ?? 0) + 1);
    checks.push({ ...source, valid: verdict.valid, reason: verdict.reason });
    reporter.count('proofs', checks.length);
  }
  const ms = performance.now() - start;
  const invalid = checks.filter((check) => !check.valid);
  const perMinute = Math.round((60_000 * checks.length) / ms);
  const valid = invalid.length === 0 && checks.length > 0;
  const reason =
    checks.length === 0
      ? 'there are no proofs'
      : valid
        ? `all ${checks.length} proofs hold`
        : `${invalid.length} of ${checks.length} proofs do not hold`;
  const shown = invalid.slice(0, MOST_SHOWN).map(({ name, reason: why }) => [name, why]);
  return {
    text: [
      ...(shown.length > 0 ? [...formatTable([['not valid', 'reason'], ...shown]), ''] : []),
      ...(invalid.length > MOST_SHOWN ? [`… and ${invalid.length - MOST_SHOWN} more`] : []),
      `${valid ? 'valid' : 'NOT VALID'}: ${reason} (${formatDuration(ms)}, ${formatCount(perMinute)} a minute)`,
    ],
    json: {
      valid,
      reason,
      total: checks.length,
      files: Array.from(proofsIn, ([path, proofs]) => ({ path, proofs })),
      invalid: invalid.map(({ name, reason: why }) => ({ name, reason: why })),
      ms,
      perMinute,
      profile: bundle.manifest.setup?.profile ?? null,
    },
    exitCode: valid ? EXIT.ok : EXIT.checkFailed,
    checks,
  };
}

async function isPlainFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return (found === null || found.isFile()) && !/\.(ndjson|jsonl)$/.test(path) && !/[*?]/.test(path);
}

export const verifyCommand: CommandSpec = {
  name: 'verify',
  summary: 'Verify a proof against a bundle, or many at once',
  examples: [
    'zkinfer verify proof.json --bundle artifacts/mnist',
    'zkinfer verify proof.json --bundle artifacts/mnist --context 0x2a --json',
    'zkinfer verify proofs more/*.json all.ndjson --bundle artifacts/mnist --junit report.xml',
  ],
  configure: (command) =>
    command
      .argument('<proofs...>', 'proof files; folders, quoted globs and .ndjson files for many')
      .requiredOption('--bundle <folder>', 'folder with manifest.json and verification-key.json')
      .option(
        '--context <number>',
        'the context that each proof has to be bound to, decimal or 0x (of a bound statement the challenge)',
        contextNumber,
      )
      .option('--agent <address>', 'the agent that each proof has to be for')
      .option('--chain-id <n>', 'the chain that each proof has to be for; 0 is none')
      .option('--contract <address>', 'the contract that each proof has to be for')
      .option('--model-id <id>', 'the registered model that each proof has to be for')
      .option('--nonce <word>', 'the nonce that each proof has to have')
      .option('--junit <file>', 'also write the verdicts as a JUnit report'),
  run: async ([given], options, reporter) => {
    const patterns = given as string[];
    const bundle = await openVerifyingBundle(options.bundle as string);
    const { context, agent, chainId, contract, modelId, nonce } = options as Readonly<
      Record<string, string | undefined>
    >;
    const expected = { context, binding: { agent, chainId, contract, modelId, nonce } };
    const start = performance.now();
    const single = patterns.length === 1 && (await isPlainFile(patterns[0]));
    const { checks, ...result } = single
      ? await verifyOne(patterns[0], bundle, expected)
      : await verifyAll(await listProofFiles(patterns), bundle, expected, reporter);
    const suite = `zkinfer verify ${bundle.manifest.name}`;
    if (options.junit !== undefined) {
      await writeFileAtomic(options.junit as string, renderJunit(suite, checks, (performance.now() - start) / 1000));
    }
    if (process.env.GITHUB_ACTIONS === 'true') {
      for (const line of renderAnnotations(checks)) reporter.annotate(line);
      const summary = process.env.GITHUB_STEP_SUMMARY;
      if (summary) await appendSummary(summary, suite, [result.text.at(-1) ?? ''], checks);
    }
    return result;
  },
};
