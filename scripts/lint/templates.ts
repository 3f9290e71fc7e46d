import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The text of every circom file of a folder, by path. */
export async function readTemplates(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true }))
    if (entry.endsWith('.circom')) found.set(join(folder, entry), await readFile(join(folder, entry), 'utf8'));
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of all templates. */
export function listTemplates(texts: ReadonlyMap<string, string>): string[] {
  return [...texts.values()].flatMap((text) => [...text.matchAll(/^template (\w+)\(/gm)].map(([, name]) => name));
}
