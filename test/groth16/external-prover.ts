import { chmodSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Writes a program that can be run. */
export function writeProgram(path: string, body: string): string {
  writeFileSync(path, body);
  chmodSync(path, 0o755);
  return path;
}

/** Writes a program with the command line of rapidsnark, made of snarkjs; it refuses a witness that others may read. */
export function writeSnarkjsProgram(path: string): string {
  const snarkjs = new URL('../main.js', pathToFileURL(createRequire(import.meta.url).resolve('snarkjs'))).href;
  const code = `${path}.mjs`;
  writeFileSync(
    code,
    `import { readFileSync, writeFileSync, statSync } from 'node:fs';
     import { groth16 } from ${JSON.stringify(snarkjs)};
     const [zkey, wtns, proofFile, publicFile] = process.argv.slice(2);
     if ((statSync(wtns).mode & 0o077) !== 0) process.exit(9);
     const { proof, publicSignals } = await groth16.prove(readFileSync(zkey), readFileSync(wtns), undefined, { singleThread: true });
     writeFileSync(proofFile, JSON.stringify(proof) + '\\0');
     writeFileSync(publicFile, JSON.stringify(publicSignals));
     process.exit(0);`,
  );
  return writeProgram(path, `#!/bin/sh\nexec "${process.execPath}" "${code}" "$@"\n`);
}
