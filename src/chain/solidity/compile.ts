import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ZkinferError } from '../../core/error.js';
import type { AbiEntry, CompiledContract } from '../compiled-contract.js';

export type { CompiledContract };

export interface CompileSettings {
  /** Where results are kept, by the hash of sources and settings; nothing is kept without it. */
  readonly cacheFolder?: string;
  /** How often each instruction is expected to run; larger means cheaper calls and larger code. Default 10,000. */
  readonly optimizerRuns?: number;
  /** Compiles by way of Yul: slower to compile, a little less gas. Default false. */
  readonly viaIR?: boolean;
  readonly signal?: AbortSignal;
}

const require = createRequire(import.meta.url);
const CACHE_VERSION = 1;
const TIMEOUT_MS = 180_000;

/**
 * Compiles Solidity with the bundled solc, in a process of its own.
 *
 * @param sources path as imports name it → text; every import must be among them
 * @returns contract name → compiled contract (names are unique over all sources)
 * @throws ZkinferError `CHAIN_SOLIDITY_ERROR` with the compiler's messages
 */
export async function compileSolidity(
  sources: Readonly<Record<string, string>>,
  settings: CompileSettings = {},
): Promise<Record<string, CompiledContract>> {
  const input = JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(
      Object.keys(sources)
        .sort()
        .map((path) => [path, { content: sources[path] }]),
    ),
    settings: {
      evmVersion: 'cancun',
      viaIR: settings.viaIR ?? false,
      optimizer: { enabled: true, runs: settings.optimizerRuns ?? 10_000 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  });
  const cachePath = settings.cacheFolder && join(settings.cacheFolder, `solidity-${hashInput(input)}.json`);
  const cached = cachePath && (await readCache(cachePath));
  if (cached) return cached;
  const contracts = collectContracts(parseOutput(await runSolc(input, settings.signal)));
  if (cachePath && settings.cacheFolder) await writeCache(settings.cacheFolder, cachePath, contracts);
  return contracts;
}

interface SolcOutput {
  readonly errors?: readonly { severity: string; formattedMessage?: string; message: string }[];
  readonly contracts?: Readonly<
    Record<
      string,
      Record<string, { abi: AbiEntry[]; evm: { bytecode: { object: string }; deployedBytecode: { object: string } } }>
    >
  >;
}

function hashInput(input: string): string {
  const { version } = require('solc/package.json') as { version: string };
  return createHash('sha256').update(`${CACHE_VERSION} ${version} ${input}`).digest('hex').slice(0, 32);
}

function runSolc(input: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [require.resolve('solc/solc.js'), '--standard-json'],
      { maxBuffer: 1 << 28, timeout: TIMEOUT_MS, signal, env: {} },
      (cause, stdout, stderr) => {
        if (!cause) return resolve(stdout);
        const facts = stderr.trim().split('\n').slice(0, 5);
        reject(fail('The Solidity compiler did not run to its end.', facts, cause));
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function parseOutput(stdout: string): SolcOutput {
  const start = stdout.indexOf('{');
  try {
    return JSON.parse(stdout.slice(start)) as SolcOutput;
  } catch (cause) {
    throw fail('The Solidity compiler gave no readable answer.', [stdout.slice(0, 200)], cause);
  }
}

function collectContracts(output: SolcOutput): Record<string, CompiledContract> {
  const errors = (output.errors ?? []).filter((error) => error.severity === 'error');
  if (errors.length > 0) {
    throw fail(
      'The Solidity source does not compile.',
      errors.map((error) => error.formattedMessage ?? error.message),
    );
  }
  const contracts: Record<string, CompiledContract> = {};
  for (const file of Object.values(output.contracts ?? {})) {
    for (const [contractName, { abi, evm }] of Object.entries(file)) {
      contracts[contractName] = {
        contractName,
        abi,
        bytecode: `0x${evm.bytecode.object}`,
        codeSizeBytes: evm.deployedBytecode.object.length / 2,
      };
    }
  }
  return contracts;
}

async function readCache(path: string): Promise<Record<string, CompiledContract> | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, CompiledContract>;
  } catch {
    return undefined;
  }
}

async function writeCache(folder: string, path: string, contracts: Record<string, CompiledContract>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(folder, { recursive: true });
  await writeFile(temporary, JSON.stringify(contracts));
  await rename(temporary, path);
}

function fail(message: string, facts: readonly string[], cause?: unknown): ZkinferError {
  return new ZkinferError({ code: 'CHAIN_SOLIDITY_ERROR', kind: 'internal', message, facts, cause });
}
