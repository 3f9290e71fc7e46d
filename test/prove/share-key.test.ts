import { expect } from 'chai';
import { createSharedKey } from '../../src/groth16/shared-key.js';
import { type JobResult, type SharedKey, shareProvingKey } from '../../src/prove/job.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { loadLargeKey } from './large-key.js';

describe('a key that is shared twice', function () {
  this.timeout(30_000);
  let zkey: Uint8Array;
  let wtns: Uint8Array;
  let first: SharedKey;
  let pool: ProverPool;
  before(async () => {
    ({ zkey, wtns } = await loadLargeKey());
    first = await shareProvingKey(zkey);
    pool = createProverPool({ workers: 2 });
  });
  after(() => pool.close());

  it('lies in memory once', async () => {
    expect(await shareProvingKey(zkey)).to.equal(first);
    expect(await shareProvingKey(Uint8Array.from(zkey))).to.equal(first);
    const other = Uint8Array.from(zkey);
    other[other.length - 1] ^= 1;
    expect((await shareProvingKey(other)).memory).not.to.equal(first.memory);
  });

  it('in two memories is proved with in the memory of the job, with help', async () => {
    const second: SharedKey = { ...createSharedKey(zkey.length), id: first.id };
    second.zkey.set(zkey);
    const proveHelped = async (provingKey: SharedKey) => {
      const results: JobResult[] = [];
      while (results.length < 40 && !results.at(-1)?.helped) results.push(await pool.prove({ provingKey, wtns }));
      expect(results.at(-1)?.helped).to.equal(true);
    };
    await proveHelped(first);
    let helper: number | undefined;
    while (helper === undefined) {
      let isOver = false;
      const running = pool.prove({ provingKey: first, wtns }).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        helper ??= pool.listRunning()[0]?.helpers[0];
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await running;
    }
    // The worker that takes its place knows neither memory, and the one that stays knows the first.
    await pool.killThread(helper);
    await proveHelped(second);
  });
});
