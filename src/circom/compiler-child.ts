/**
 * Runs the bundled circom compiler once: `compiler-child <folder> <include folder> <circom argument>…`. The compiler sees the
 * two folders as `/build` and `/circuits` and nothing else of the disk.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { bindings, CircomRunner } from 'circom2';

const [buildDir, includeDir, ...args] = process.argv.slice(2);
const runner = new CircomRunner({
  args,
  preopens: { '/build': buildDir, '/circuits': includeDir },
  bindings: {
    ...bindings,
    exit: (code: number) => process.exit(code),
    kill: () => process.exit(1),
    fs,
  },
});
const wasm = createRequire(import.meta.url).resolve('circom2/circom.wasm');
try {
  await runner.execute(fs.readFileSync(wasm));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
