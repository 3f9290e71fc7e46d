import { readFile, stat } from 'node:fs/promises';
import { FILE_CAP_BYTES } from './rows.js';

/**
 * Sizes that a rows file states for the model's inputs (`zkml-rows/1` holds them), as `input.axis` → size: they fill in what
 * the model leaves open. Empty for other layouts; what is wrong with a file is for the reader of its rows to say.
 */
export async function peekDims(path: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  try {
    if ((await stat(path)).size > FILE_CAP_BYTES) return sizes;
    const document = JSON.parse(await readFile(path, 'utf8')) as { inputs?: Record<string, { dims?: unknown }> } | null;
    for (const [name, input] of Object.entries(document?.inputs ?? {})) {
      if (!Array.isArray(input?.dims)) continue;
      for (const [axis, size] of input.dims.entries())
        if (Number.isSafeInteger(size) && (size as number) > 0) sizes[`${name}.${axis}`] = size as number;
    }
  } catch {
    return {};
  }
  return sizes;
}
