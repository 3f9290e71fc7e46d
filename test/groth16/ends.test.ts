import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadProofFixture } from './proof-fixture.js';
import { useScratchFolder } from './scratch.js';

const run = promisify(execFile);

/** Runs a program of its own that imports from `src/groth16`, and says how long it took to end after its last line. */
async function timeToEnd(body: string, file: string): Promise<number> {
  const source = new URL('../../src/groth16/', import.meta.url).href;
  writeFileSync(file, body.replaceAll('@/', source));
  const { stdout } = await run(process.execPath, ['--import', 'tsx', file], {
    cwd: new URL('../../', import.meta.url),
    timeout: 20_000,
  });
  return Date.now() - Number(stdout.trim().split('\n').at(-1));
}

describe('W3: a program ends by itself after', () => {
  const scratch = useScratchFolder();
  before(async () => {
    const { key, wtns } = await loadProofFixture('network');
    writeFileSync(scratch.path('key.zkey'), key.zkey);
    writeFileSync(scratch.path('witness.wtns'), wtns);
  });

  for (const threads of ['one', 'all']) {
    it(`proving with snarkjs on ${threads} thread(s), and verifying`, async function () {
      this.timeout(30_000);
      const body = `
        import { readFileSync } from 'node:fs';
        import { openProvingKey, prove } from '@/prove.ts';
        import { createSnarkjsProver } from '@/snarkjs-prover.ts';
        import { verifyMany } from '@/verify-many.ts';
        const key = await openProvingKey(readFileSync(${JSON.stringify(scratch.path('key.zkey'))}));
        const wtns = readFileSync(${JSON.stringify(scratch.path('witness.wtns'))});
        const claim = await prove(createSnarkjsProver('${threads}'), key, wtns);
        const [{ valid }] = await verifyMany(key.verificationKey, [claim]);
        if (!valid) process.exitCode = 1;
        console.log(Date.now());`;
      expect(await timeToEnd(body, scratch.path(`${threads}.mjs`))).to.be.below(2000);
    });
  }
});
