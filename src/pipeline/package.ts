import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/** Folder of the installed package: where `circuits/`, `contracts/` and `examples/` are. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); root === undefined; folder = dirname(folder)) {
    try {
      if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'zkinfer') root = folder;
    } catch (error) {
      if (dirname(folder) === folder) throw error;
    }
  }
  return root;
}

/** Versions of what makes artifacts, for the manifest: zkinfer's own and those of its pinned dependencies. */
export async function toolVersions(): Promise<Record<string, string>> {
  const own = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const { circom2, snarkjs } = own.dependencies;
  return { zkinfer: own.version, circom2, snarkjs };
}
