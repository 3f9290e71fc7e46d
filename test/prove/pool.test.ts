import { expect } from 'chai';
import { verifyProof } from '../../src/groth16/verify.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { type ProofJob, type SharedKey, shareProvingKey } from '../../src/prove/job.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { loadProofFixture, type ProofFixture } from '../groth16/proof-fixture.js';
import { loadLargeKey } from './large-key.js';

/** What a promise failed with. */
async function failureOf(work: Promise<unknown>): Promise<{ code: string; kind: string; ms: number }> {
  const started = performance.now();
  try {
    await work;
  } catch (error) {
    const { code, kind } = error as { code: string; kind: string };
    return { code, kind, ms: performance.now() - started };
  }
  return expect.fail('nothing was thrown');
}

/** The thread that has begun a job. */
async function waitForThread(pool: ProverPool, key: string): Promise<number> {
  for (;;) {
    const found = pool.listRunning().find((running) => running.key === key);
    if (found) return found.threadId;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('pool of provers', function () {
  this.timeout(30_000);
  let fixture: ProofFixture;
  let provingKey: SharedKey;
  let job: ProofJob;
  /** A job that takes long enough to be caught in the act. */
  let longJob: ProofJob;
  const pools: ProverPool[] = [];
  const open = (options: Parameters<typeof createProverPool>[0]): ProverPool => {
    const pool = createProverPool(options);
    pools.push(pool);
    return pool;
  };

  /** A pool of one worker, which lives through what is done to it from test to test. */
  let single: ProverPool;

  before(async () => {
    single = createProverPool({ workers: 1 });
    fixture = await loadProofFixture('network');
    provingKey = await shareProvingKey(fixture.key.zkey);
    job = { provingKey, wtns: fixture.wtns };
    const large = await loadLargeKey();
    longJob = { provingKey: await shareProvingKey(large.zkey), wtns: large.wtns };
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });
  after(() => single.close());

  for (const backend of ['snarkjs', 'resident'] as const) {
    it(`makes verified proofs in worker threads with ${backend}, many at once`, async () => {
      const pool = open({ workers: 2, backend });
      const results = await Promise.all(Array.from({ length: 6 }, () => pool.prove(job)));
      for (const { proof, publicSignals, proveMs } of results) {
        expect(await verifyProof(fixture.verificationKey, publicSignals, proof)).to.deep.equal({ valid: true });
        expect(proveMs).to.be.above(0);
      }
      expect(new Set(results.map(({ proof }) => proof.pi_a[0])).size).to.equal(6);
    });
  }

  it('passes on typed errors of the prover and goes on', async () => {
    const pool = single;
    const wrong = fixture.circuit.witness.map((value, wire) => (wire === 1 ? value + 1n : value));
    expect(await failureOf(pool.prove({ provingKey, wtns: writeWtns(wrong) }))).to.include({
      code: 'PROOF_REJECTED',
      kind: 'artifact',
    });
    expect(await failureOf(pool.prove({ provingKey, wtns: new Uint8Array(5) }))).to.include({
      code: 'ARTIFACT_DAMAGED',
    });
    await pool.prove(job);
  });

  it('W1 retries a job whose worker is killed in the middle of it', async () => {
    const pool = single;
    await pool.prove(job);
    const result = pool.prove({ ...longJob, key: 'long' });
    const victim = await waitForThread(pool, 'long');
    await pool.killThread(victim);
    await result;
    await pool.prove(job);
  });

  it('W1 quarantines a job that kills two workers, and no other job suffers', async () => {
    const pool = open({ workers: 2 });
    await pool.prove(job);
    const poison = { ...longJob, key: 'poison' };
    const failure = failureOf(pool.prove(poison));
    const others: Promise<unknown>[] = [];
    let poisoned = true;
    const done = failure.then(() => {
      poisoned = false;
    });
    while (poisoned) {
      if (others.length < 12) others.push(pool.prove(job));
      await new Promise((resolve) => setTimeout(resolve, 30));
      for (const { key, threadId } of pool.listRunning()) if (key === 'poison') await pool.killThread(threadId);
    }
    await done;
    expect(await failure).to.include({ code: 'PROVE_QUARANTINED', kind: 'resource' });
    await Promise.all(others);
    expect((await failureOf(pool.prove(poison))).ms).to.be.below(50);
  });

  it('stops queued and running jobs within milliseconds of an abort', async () => {
    const pool = single;
    await pool.prove(job);
    const controller = new AbortController();
    const running = failureOf(pool.prove(longJob, { signal: controller.signal }));
    const queued = failureOf(pool.prove(job, { signal: controller.signal }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    const aborted = performance.now();
    controller.abort();
    expect(await running).to.include({ code: 'PROVE_ABORTED' });
    expect(await queued).to.include({ code: 'PROVE_ABORTED' });
    expect(performance.now() - aborted).to.be.below(100);
    await pool.prove(job);
    expect(await failureOf(pool.prove(job, { signal: controller.signal }))).to.include({ code: 'PROVE_ABORTED' });
  });

  it('stops a job at its deadline, and goes on', async () => {
    const pool = single;
    await pool.prove(job);
    const late = await failureOf(pool.prove(longJob, { deadlineMs: 60 }));
    expect(late).to.include({ code: 'PROVE_DEADLINE', kind: 'resource' });
    expect(late.ms).to.be.below(200);
    await pool.prove(job);
  });

  it('finishes what it has when it is closed, and takes nothing more', async () => {
    const pool = open({ workers: 1 });
    const pending = [pool.prove(job), pool.prove(job)];
    const closed = pool.close();
    expect(await failureOf(pool.prove(job))).to.include({ code: 'POOL_CLOSED' });
    await Promise.all(pending);
    await closed;
    await pool.close();
  });
});
