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

  it('making a key on two threads', async function () {
    this.timeout(30_000);
    const circuits = new URL('./ml-circuit.ts', import.meta.url).href;
    const body = `
      import { createDevKey } from '@/dev-key.ts';
      import { cubicCircuit } from '${circuits}';
      await createDevKey(cubicCircuit(3n).r1cs, { threads: 2 });
      console.log(Date.now());`;
    expect(await timeToEnd(body, scratch.path('key.mjs'))).to.be.below(2000);
  });

  it('proving in a pool that was never closed', async function () {
    this.timeout(30_000);
    const body = `
      import { readFileSync } from 'node:fs';
      import { shareProvingKey } from '@/../prove/job.ts';
      import { createProverPool } from '@/../prove/pool.ts';
      const pool = createProverPool({ workers: 2 });
      const wtns = readFileSync(${JSON.stringify(scratch.path('witness.wtns'))});
      await pool.prove({ provingKey: await shareProvingKey(${JSON.stringify(scratch.path('key.zkey'))}), wtns });
      console.log(Date.now());`;
    expect(await timeToEnd(body, scratch.path('pool.mjs'))).to.be.below(2000);
  });
});
