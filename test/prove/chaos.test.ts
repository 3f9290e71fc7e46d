import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { openProvingKey, type ProvingKey } from '../../src/groth16/prove.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { verifyMany } from '../../src/groth16/verify-many.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { shareProvingKey } from '../../src/prove/job.js';
import { createProverPool } from '../../src/prove/pool.js';
import { makeRandom, mlCircuit } from '../groth16/ml-circuit.js';
import { useScratchFolder } from '../groth16/scratch.js';

/** The whole acceptance run is 200 jobs: `ZKINFER_CHAOS_JOBS=200`. */
const JOBS = Number(process.env.ZKINFER_CHAOS_JOBS ?? 16);
const KILL_EVERY_MS = 700;

describe('chaos', function () {
  this.timeout(Math.max(60_000, JOBS * 3000));
  const scratch = useScratchFolder();
  let key: ProvingKey;
  let wtns: Uint8Array;
  before(async () => {
    const circuit = mlCircuit(1500);
    key = await openProvingKey((await createDevKey(circuit.r1cs)).zkey);
    wtns = writeWtns(circuit.witness);
    writeFileSync(scratch.path('key.zkey'), key.zkey);
    writeFileSync(scratch.path('witness.wtns'), wtns);
  });

  it(`${JOBS} jobs, workers killed at random, a poison job among them: every good job has one verified result`, async () => {
    const random = makeRandom(11);
    const pool = createProverPool({ workers: 2 });
    const provingKey = await shareProvingKey(key.zkey);
    const killed = new Set<string>();
    let kills = 0;
    let lastKill = Number.NEGATIVE_INFINITY;
    // The first kill comes as soon as a job runs, however fast the machine; the others at their pace.
    const killer = setInterval(() => {
      if (performance.now() - lastKill < KILL_EVERY_MS) return;
      const running = pool.listRunning();
      const poison = running.find((job) => job.key === 'poison');
      // A job that chance hits twice would rightly be taken for poison.
      const victims = running.filter((job) => !killed.has(job.key));
      const victim = poison ?? victims[random(Math.max(1, victims.length))];
      if (!victim) return;
      kills++;
      lastKill = performance.now();
      if (victim !== poison) killed.add(victim.key);
      void pool.killThread(victim.threadId);
    }, 5);
    // Poison is whatever dies with each worker that begins it.
    const executioner = setInterval(() => {
      for (const job of pool.listRunning()) if (job.key === 'poison') void pool.killThread(job.threadId);
    }, 5);
    try {
      const poison = pool.prove({ key: 'poison', provingKey, wtns }).then(
        () => 'proved',
        (error: { code: string }) => error.code,
      );
      const results = await Promise.all(
        Array.from({ length: JOBS }, (_, index) => pool.prove({ key: `job-${index}`, provingKey, wtns })),
      );
      expect(await poison).to.equal('PROVE_QUARANTINED');
      expect(results).to.have.length(JOBS);
      const verdicts = await verifyMany(key.verificationKey, results);
      expect(verdicts.every(({ valid }) => valid)).to.equal(true);
      expect(kills).to.be.above(0);
    } finally {
      clearInterval(killer);
      clearInterval(executioner);
      await pool.close();
    }
  });

  it('W2 a batch killed twice with -9 and run again ends with the results of a clean run, none made twice', async () => {
    const rows = Math.max(8, JOBS >> 2);
    mkdirSync(scratch.path('results'));
    const made: string[] = [];
    for (const stopAfter of [2, 3, Number.POSITIVE_INFINITY]) {
      made.push(...(await runBatch(scratch.path('.'), scratch.path('results'), rows, stopAfter)));
    }
    expect(new Set(made).size).to.equal(made.length);
    const files = readdirSync(scratch.path('results'));
    expect(files.sort()).to.deep.equal(Array.from({ length: rows }, (_, row) => `row-${row}.json`).sort());
    for (const file of files) {
      const { proof, publicSignals } = JSON.parse(readFileSync(scratch.path(`results/${file}`), 'utf8'));
      expect(await verifyProof(key.verificationKey, publicSignals, proof)).to.deep.equal({ valid: true });
    }
  });
});

/** Runs the batch program, kills it after so many results, and says which it reported. */
function runBatch(source: string, results: string, rows: number, stopAfter: number): Promise<string[]> {
  const program = fileURLToPath(new URL('./batch-program.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, source, results, String(rows)]);
  const reported: string[] = [];
  let [text, errors] = ['', ''];
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.on('data', (chunk) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    reported.push(...lines);
    if (reported.length >= stopAfter) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL' || code === 0) resolve(reported);
      else reject(new Error(`the batch ended with ${code}: ${errors.slice(-500)}`));
    });
  });
}
