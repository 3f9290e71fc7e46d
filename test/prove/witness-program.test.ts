import { expect } from 'chai';
import { nameJob, type SharedKey, shareProvingKey } from '../../src/prove/job.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { shareWitnessProgram } from '../../src/prove/witness-program.js';
import { loadProofFixture } from '../groth16/proof-fixture.js';

const module = new URL('./cubic-program.ts', import.meta.url).href;

describe('witnesses computed in the workers', function () {
  this.timeout(30_000);
  const program = shareWitnessProgram(module, { offset: 2n });
  let provingKey: SharedKey;
  let pool: ProverPool;
  before(async () => {
    provingKey = await shareProvingKey((await loadProofFixture('cubic')).key.zkey);
    pool = createProverPool({ workers: 1 });
  });
  after(() => pool.close());

  it('come from a program that a worker opens once, never on the main thread', async () => {
    for (const x of [1n, 5n]) {
      const { publicSignals, report, witnessMs } = await pool.prove({ provingKey, program, input: { x } });
      expect(publicSignals).to.deep.equal([String((x + 2n) ** 3n + (x + 2n) + 5n)]);
      expect(report).to.deep.equal({ isMainThread: false, opened: 1 });
      expect(witnessMs).to.be.above(0);
    }
    const other = shareWitnessProgram(module, { offset: 0n });
    expect((await pool.prove({ provingKey, program: other, input: { x: 1n } })).report).to.include({ opened: 2 });
  });

  it('refuse an input with the error that the program raised', async () => {
    const error = await pool.prove({ provingKey, program, input: { x: -1n } }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'TEST_NEGATIVE', kind: 'usage' });
  });

  it('cost their own job only where the program fails', async () => {
    const [failed, fine] = await Promise.allSettled([
      pool.prove({ provingKey, program, input: { x: 1001n } }),
      pool.prove({ provingKey, program, input: { x: 3n } }),
    ]);
    expect(failed).to.have.nested.property('reason.code', 'PROVE_QUARANTINED');
    expect(failed).to.have.nested.property('reason.facts').that.includes('last: TypeError: x is large');
    expect(fine.status).to.equal('fulfilled');
  });

  it('name their jobs by key, program and input, and do not tell the input', () => {
    const job = { provingKey, program, input: { x: 1n } };
    expect(nameJob(job)).to.equal(nameJob({ ...job, input: { x: 1n } }));
    const others = [
      { ...job, input: { x: 2n } },
      { ...job, program: shareWitnessProgram(module, { offset: 3n }) },
      { ...job, provingKey: { ...provingKey, id: 'another' } },
    ];
    expect(new Set([job, ...others].map(nameJob)).size).to.equal(4);
  });
});
