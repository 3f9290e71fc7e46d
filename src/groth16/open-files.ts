import { AsyncLocalStorage } from 'node:async_hooks';
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

const opened = new AsyncLocalStorage<FileHandle[]>();
let isWatching = false;

/** From now on each file that is opened by way of `fs.promises` is noted for the work that opened it. */
function watch(): void {
  if (isWatching) return;
  isWatching = true;
  const { open } = fs.promises;
  fs.promises.open = async (...words: Parameters<typeof open>) => {
    const handle = await open(...words);
    opened.getStore()?.push(handle);
    return handle;
  };
}

/**
 * Runs calls of snarkjs and closes every file that they leave open: it forgets some (the powers of tau after a replay, all of
 * them after a failure), which Node then closes with a warning, and in later versions with an error.
 */
export function closingFiles<T>(work: () => Promise<T>): Promise<T> {
  watch();
  const handles: FileHandle[] = [];
  return opened.run(handles, async () => {
    try {
      return await work();
    } finally {
      for (const handle of handles) if (handle.fd >= 0) await handle.close().catch(() => undefined);
    }
  });
}
