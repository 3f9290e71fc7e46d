import type { CommandResult, CommandSpec } from '../command.js';
import { formatTable } from '../format.js';
import { wholeNumber } from '../options.js';
import { unknownAction, usage } from '../usage.js';

const ACTIONS = ['list', 'verify', 'make'] as const;

export const ptauCommand: CommandSpec = {
  name: 'ptau',
  summary: `Powers of tau: ${ACTIONS.join(', ')}`,
  examples: [
    'zkinfer ptau list --bundle artifacts/mnist',
    'zkinfer ptau verify powersOfTau28_hez_final_16.ptau',
    'zkinfer ptau make dev16.ptau --power 16',
  ],
  configure: (command) =>
    command
      .argument('<action>', ACTIONS.join(', '))
      .argument('[file]', 'verify, make: powers-of-tau file')
      .option('--bundle <folder>', 'list: mark the smallest file that serves this bundle')
      .option('--full', 'verify: check the whole transcript, which takes about an hour')
      .option('--power <n>', 'make: serves constraints + public signals below 2^n', wholeNumber(1, 20)),
  run: async ([action, file], options, reporter) => {
    switch (action as (typeof ACTIONS)[number]) {
      case 'list':
        return listFiles(options.bundle as string | undefined);
      case 'verify':
        reporter.step('digesting the file');
        return verifyFile(needFile(file, 'verify'), options.full === true);
      case 'make':
        return makeFile(needFile(file, 'make'), options.power as number | undefined, (share) =>
          reporter.progress('making development powers of tau', Math.round(100 * share), 100),
        );
      default:
        throw unknownAction(action, ACTIONS);
    }
  },
};

function needFile(file: unknown, action: string): string {
  if (typeof file === 'string') return file;
  throw usage(`ptau ${action} needs a file`, 'add --help for examples');
}

async function listFiles(bundle: string | undefined): Promise<CommandResult> {
  const { PUBLISHED_PTAU, suggestPtau } = await import('../../groth16/ptau-digests.js');
  let needed: number | undefined;
  if (bundle !== undefined) {
    const [{ readManifest }, { neededPower }] = await Promise.all([
      import('../../bundle/manifest-file.js'),
      import('../../groth16/setup-ptau.js'),
    ]);
    const { circuit, statement } = await readManifest(bundle);
    needed = neededPower({ constraintCount: circuit.constraints, publicCount: statement.publicSignals.length });
  }
  const suggested = needed === undefined ? undefined : suggestPtau(needed)?.name;
  const rows = PUBLISHED_PTAU.map(({ power, name, blake2b }) => [
    name === suggested ? '→' : '',
    `2^${power}`,
    name,
    `${blake2b.slice(0, 24)}…`,
  ]);
  return {
    text: [
      ...(needed === undefined ? [] : [`the bundle needs power ${needed} or more`, '']),
      ...formatTable([['', 'power', 'file', 'blake2b'], ...rows]),
    ],
    json: { files: PUBLISHED_PTAU, needed: needed ?? null, suggested: suggested ?? null },
  };
}

async function verifyFile(path: string, full: boolean): Promise<CommandResult> {
  const [{ digestPtau, readPtauInfo }, { findPublishedPtau }] = await Promise.all([
    import('../../groth16/ptau-file.js'),
    import('../../groth16/ptau-digests.js'),
  ]);
  const info = await readPtauInfo(path);
  const blake2b = await digestPtau(path);
  const published = findPublishedPtau(blake2b)?.name ?? null;
  const problems = full ? await (await import('../../groth16/verify-ptau.js')).verifyPtau(path) : [];
  const valid = problems.length === 0 && (full || published !== null);
  const verdict = published !== null ? `it is the published ${published}` : 'it is none of the published files';
  return {
    text: [
      `${valid ? 'valid' : 'not verified'}: ${full && problems.length === 0 ? 'its transcript holds; ' : ''}${verdict}`,
      ...problems.map((problem) => `  ${problem}`),
      `power 2^${info.power}, ${info.prepared ? 'prepared' : 'not prepared'} for phase 2, ${info.contributions.length} contributions`,
      `blake2b ${blake2b}`,
    ],
    json: { valid, published, blake2b, problems, ...info },
    exitCode: valid ? 0 : 1,
  };
}

async function makeFile(
  path: string,
  power: number | undefined,
  onProgress: (share: number) => void,
): Promise<CommandResult> {
  if (power === undefined) throw usage('ptau make needs --power N', 'add --help for examples');
  const [{ createDevPtau }, { writeFileAtomic }] = await Promise.all([
    import('../../groth16/dev-ptau.js'),
    import('../../bundle/atomic.js'),
  ]);
  await writeFileAtomic(path, await createDevPtau(power, { onProgress }));
  return {
    text: [`written: ${path} (development: its secrets are known, production setups refuse it)`],
    json: { path, power, profile: 'dev' },
  };
}
