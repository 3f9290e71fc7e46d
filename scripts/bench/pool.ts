/**
 * Compares the throughput of the pool with snarkjs proving one after the other on all cores.
 * npm run bench:pool -- [--power 14] [--proofs 8] [--workers 2]
 */
import { parseArgs } from 'node:util';
import { prove } from '../../src/groth16/prove.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { shareProvingKey } from '../../src/prove/job.js';
import { createProverPool } from '../../src/prove/pool.js';
import { makeBenchCircuit, measure, printTable } from './circuits.js';

const { values: options } = parseArgs({
  options: {
    power: { type: 'string', default: '14' },
    proofs: { type: 'string', default: '8' },
    workers: { type: 'string', default: '2' },
  },
});
const [proofs, workers] = [Number(options.proofs), Number(options.workers)];
const circuit = await makeBenchCircuit(Number(options.power));
const job = { provingKey: await shareProvingKey(circuit.key.zkey), wtns: circuit.wtns };

const sequential = createSnarkjsProver('all');
await prove(sequential, circuit.key, circuit.wtns);
const alone = await measure(async () => {
  for (let index = 0; index < proofs; index++) await prove(sequential, circuit.key, circuit.wtns);
});
const rows = [['snarkjs, all cores, one after the other', (alone.ms / proofs).toFixed(0), '1.00']];
for (const backend of ['snarkjs', 'resident'] as const) {
  const pool = createProverPool({ workers, backend });
  const fill = (count: number) => Promise.all(Array.from({ length: count }, () => pool.prove(job)));
  await fill(2 * workers);
  const { ms } = await measure(() => fill(proofs));
  await pool.close();
  rows.push([`pool of ${workers}, ${backend}`, (ms / proofs).toFixed(0), (alone.ms / ms).toFixed(2)]);
}
printTable([`2^${options.power}: how`, 'ms a proof', 'times'], rows);
