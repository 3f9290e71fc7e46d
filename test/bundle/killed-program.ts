import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Changes a bundle and is killed, as with kill -9, when it has renamed or removed a given number of files.
 * Usage: killed-program FOLDER STEPS CONTENT
 */
const [folder, steps, content] = process.argv.slice(2);
let left = Number(steps);
let isWatching = false;

function dyingAfterwards<A extends unknown[], R>(step: (...words: A) => Promise<R>): (...words: A) => Promise<R> {
  return async (...words) => {
    if (isWatching && left-- === 0) process.kill(process.pid, 'SIGKILL');
    return step(...words);
  };
}

fs.promises.rename = dyingAfterwards(fs.promises.rename);
fs.promises.rm = dyingAfterwards(fs.promises.rm) as typeof fs.promises.rm;
syncBuiltinESMExports();

const { withBundleLock } = await import('../../src/bundle/lock.js');
const { writeBundle } = await import('../../src/bundle/manifest-file.js');
const { makeBundleFiles } = await import('./small-bundle.js');
await withBundleLock(folder, async () => {
  const { files, manifest } = makeBundleFiles(content);
  isWatching = true;
  await writeBundle(folder, files, manifest);
  isWatching = false;
});
