import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CompiledContract, type CompileSettings, compileSolidity } from './compile.js';

/** The folder `contracts/` of the package. */
export const CONTRACTS_FOLDER = fileURLToPath(new URL('../../../contracts/', import.meta.url));

/** Every Solidity file of a folder: path below it (with `/`) → text. */
export async function readSources(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.sol')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name.replaceAll('\\', '/'), texts[index]]));
}

/** How the package's own contracts are compiled; part of their gas figures. */
export const CONTRACT_SETTINGS = { viaIR: true, optimizerRuns: 1_000_000 } as const;

/** Compiles the package's own contracts. @returns contract name → compiled contract */
export async function compileContracts(
  settings: Pick<CompileSettings, 'cacheFolder' | 'signal'> = {},
): Promise<Record<string, CompiledContract>> {
  return compileSolidity(await readSources(CONTRACTS_FOLDER), { ...CONTRACT_SETTINGS, ...settings });
}
