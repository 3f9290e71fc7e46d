import { expect } from 'chai';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { PROOF_PHASES, type ProofPhase, type ProofProgress, REPORT_EVERY_MS } from '../../src/groth16/progress.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { type JobResult, type ProofJob, type SharedKey, shareProvingKey } from '../../src/prove/job.js';
import { createProverPool, type JobOptions, type ProverPool } from '../../src/prove/pool.js';
import { mlCircuit, randomCircuit, type TestCircuit } from '../groth16/ml-circuit.js';
import { loadLargeKey } from './large-key.js';

describe('a lone proof', function () {
  this.timeout(60_000);
  let verificationKey: unknown;
  let job: ProofJob;
  let pool: ProverPool;
  before(async () => {
    const { zkey, wtns, verificationKey: vk } = await loadLargeKey();
    job = { provingKey: await shareProvingKey(zkey), wtns };
    verificationKey = vk;
    pool = createProverPool({ workers: 3 });
  });
  after(() => pool.close());

  async function makeJob({ r1cs, witness }: TestCircuit): Promise<{ job: ProofJob; verificationKey: unknown }> {
    const { zkey, verificationKey: vk } = await createDevKey(r1cs);
    return { job: { provingKey: await shareProvingKey(zkey), wtns: writeWtns(witness) }, verificationKey: vk };
  }

  async function expectValid({ publicSignals, proof }: JobResult, key = verificationKey): Promise<void> {
    expect(await verifyProof(key, publicSignals, proof)).to.deep.equal({ valid: true });
  }

  /** A proof under way that has helpers; one that was over before they woke up is made again. */
  async function proveHelped(
    options?: JobOptions,
  ): Promise<{ result: Promise<JobResult>; helpers: readonly number[] }> {
    for (;;) {
      let isOver = false;
      const result = pool.prove(job, options).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        const [running] = pool.listRunning();
        if (running?.helpers.length > 0) return { result, helpers: running.helpers };
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await result;
    }
  }

  it('has the help of idle workers, and is valid', async () => {
    const results: JobResult[] = [];
    while (results.length < 3 || !results.some(({ helped }) => helped)) results.push(await pool.prove(job));
    for (const result of results) await expectValid(result);
  });

  it('tells how far it is, at most ten times a second, and nothing any more when it is over', async () => {
    const reports: ProofProgress[] = [];
    const onProgress = (progress: ProofProgress) => reports.push(progress);
    const started = performance.now();
    // One of many is caught in the act, however fast the machine.
    while (reports.length === 0 || reports.at(-1)?.fraction === 0) {
      reports.length = 0;
      await pool.prove(job, { onProgress });
    }
    const told = reports.length;
    expect(told).to.be.within(1, Math.ceil((performance.now() - started) / REPORT_EVERY_MS));
    expect(reports.map(({ phase }) => phase)).to.satisfy((phases: ProofPhase[]) =>
      phases.every((phase) => PROOF_PHASES.includes(phase)),
    );
    const fractions = reports.map(({ fraction }) => fraction);
    expect(fractions).to.deep.equal([...fractions].sort((a, b) => a - b));
    expect(fractions[0]).to.be.at.least(0);
    expect(fractions.at(-1)).to.be.within(0.01, 1);
    await new Promise((resolve) => setTimeout(resolve, 2.5 * REPORT_EVERY_MS));
    expect(reports).to.have.length(told);
  });

  it('has it for full-size values too', async () => {
    const { job: other, verificationKey: key } = await makeJob(randomCircuit(4_000, 3));
    for (let round = 0; round < 2; round++) await expectValid(await pool.prove(other), key);
  });

  it('does not suffer when its helpers are killed', async () => {
    for (let round = 0; round < 2; round++) {
      const { result, helpers } = await proveHelped();
      for (const helper of helpers) await pool.killThread(helper);
      await expectValid(await result);
    }
  });

  it('keeps its memory to itself when it is stopped while others help', async () => {
    for (let round = 0; round < 2; round++) {
      const controller = new AbortController();
      const { result } = await proveHelped({ signal: controller.signal });
      const stopped = result.catch(({ code }: { code: string }) => code);
      controller.abort();
      const next = await Promise.all([pool.prove(job), pool.prove(job)]);
      expect(await stopped).to.equal('PROVE_ABORTED');
      for (const result of next) await expectValid(result);
    }
  });

  it('gives its helpers back when other jobs come', async () => {
    const { result: first } = await proveHelped();
    const others = Array.from({ length: 4 }, () => pool.prove(job));
    for (const result of await Promise.all([first, ...others])) await expectValid(result);
  });

  it('of a small circuit is not worth a helper', async () => {
    const { job: small, verificationKey: key } = await makeJob(mlCircuit(1000));
    const result = await pool.prove(small);
    expect(result.helped).to.equal(false);
    await expectValid(result, key);
  });

  it('uses memory that grows with the threads, not with their deaths', async () => {
    const { memory } = job.provingKey as SharedKey;
    const killRound = async () => {
      const { result, helpers } = await proveHelped();
      for (const helper of helpers) await pool.killThread(helper);
      await result;
    };
    await killRound();
    const before = memory.buffer.byteLength;
    for (let round = 0; round < 2; round++) await killRound();
    // A thread that ends may still hold its region while the next one begins.
    expect(memory.buffer.byteLength - before).to.be.at.most(2 * (8 << 20));
  });
});
