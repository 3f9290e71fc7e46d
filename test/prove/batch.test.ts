import { expect } from 'chai';
import { type BatchItem, type BatchOutcome, type BatchProgress, proveBatch } from '../../src/prove/batch.js';
import { type ProofJob, shareProvingKey } from '../../src/prove/job.js';
import { planWorkers } from '../../src/prove/plan-workers.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { loadProofFixture } from '../groth16/proof-fixture.js';

describe('batches of proofs', function () {
  this.timeout(30_000);
  let job: ProofJob & { readonly wtns: Uint8Array };
  let pool: ProverPool;
  before(async () => {
    const { key, wtns } = await loadProofFixture('network');
    job = { provingKey: await shareProvingKey(key.zkey), wtns };
    pool = createProverPool({ workers: 2 });
  });
  after(() => pool.close());

  /** `count` items; remembers how many were asked for. `bad` ones have a damaged witness. */
  function makeItems(count: number, bad: readonly number[] = []) {
    const taken: string[] = [];
    const made: string[] = [];
    async function* generate(): AsyncGenerator<BatchItem> {
      for (let index = 0; index < count; index++) {
        const key = `row-${index}`;
        taken.push(key);
        yield {
          key,
          makeJob: () => {
            made.push(key);
            return { ...job, key, wtns: bad.includes(index) ? new Uint8Array(3) : job.wtns };
          },
        };
      }
    }
    return { items: generate(), taken, made };
  }

  async function collect(outcomes: AsyncIterable<BatchOutcome>): Promise<BatchOutcome[]> {
    const all: BatchOutcome[] = [];
    for await (const outcome of outcomes) all.push(outcome);
    return all;
  }

  it('gives outcomes in order, failed items among them, and reports progress', async () => {
    const reports: BatchProgress[] = [];
    const { items } = makeItems(9, [2, 7]);
    const outcomes = await collect(proveBatch(items, { pool, onProgress: (progress) => reports.push(progress) }));
    expect(outcomes.map(({ key }) => key)).to.deep.equal(Array.from({ length: 9 }, (_, index) => `row-${index}`));
    expect(outcomes.filter(({ status }) => status === 'failed').map(({ index }) => index)).to.deep.equal([2, 7]);
    expect(outcomes[2]).to.have.nested.include({ 'error.code': 'ARTIFACT_DAMAGED' });
    expect(reports.map(({ done, failed }) => done + failed)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(reports.at(-1)).to.include({ done: 7, failed: 2, skipped: 0 });
  });

  it('takes items only as fast as outcomes are consumed', async () => {
    const { items, taken } = makeItems(1000);
    let consumed = 0;
    for await (const _ of proveBatch(items, { pool, inFlight: 3 })) {
      consumed++;
      expect(taken.length - consumed).to.be.at.most(3);
      if (consumed === 5) break;
    }
    expect(taken.length).to.be.below(10);
  });

  it('W2 goes on after an interruption without making anything again', async () => {
    const finished = new Set<string>();
    const first = makeItems(8);
    for await (const outcome of proveBatch(first.items, { pool })) {
      finished.add(outcome.key);
      if (finished.size === 4) break;
    }
    const second = makeItems(8);
    const outcomes = await collect(proveBatch(second.items, { pool, skip: (key) => finished.has(key) }));
    expect(outcomes.map(({ status }) => status)).to.deep.equal([...Array(4).fill('skipped'), ...Array(4).fill('done')]);
    expect(second.made).to.deep.equal(['row-4', 'row-5', 'row-6', 'row-7']);
  });

  it('stops taking items after an abort', async () => {
    const controller = new AbortController();
    const { items, taken } = makeItems(1000);
    const outcomes: BatchOutcome[] = [];
    for await (const outcome of proveBatch(items, { pool, job: { signal: controller.signal } })) {
      outcomes.push(outcome);
      if (outcomes.length === 3) controller.abort();
    }
    expect(outcomes.length).to.be.below(10);
    expect(taken.length).to.be.below(12);
  });
});

describe('number of workers', () => {
  const plan = (cores: number, megabytes: number, zkeyMegabytes: number, backend: 'snarkjs' | 'resident') =>
    planWorkers({ cores, memoryBudgetBytes: megabytes * 2 ** 20, zkeyBytes: zkeyMegabytes * 2 ** 20, backend });

  it('is bounded by cores and by memory, and never zero', () => {
    expect(plan(8, 100_000, 10, 'resident')).to.equal(8);
    expect(plan(8, 500, 20, 'resident')).to.be.within(4, 7);
    expect(plan(8, 500, 20, 'snarkjs')).to.be.below(plan(8, 500, 20, 'resident'));
    expect(plan(8, 10, 20, 'resident')).to.equal(1);
  });
});
