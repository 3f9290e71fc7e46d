/**
 * A program that proves a batch into a folder and can be killed at any time: `ROWS` results, one file each, resumed by
 * what the folder holds. Arguments: folder with key.zkey and witness.wtns, folder of results, number of rows.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sweepTemporaries, writeFileAtomic } from '../../src/bundle/atomic.js';
import { isProcessAlive } from '../../src/bundle/lock.js';
import { proveBatch } from '../../src/prove/batch.js';
import { shareProvingKey } from '../../src/prove/job.js';
import { createProverPool } from '../../src/prove/pool.js';

const [source, results, rows] = process.argv.slice(2);
await sweepTemporaries(results, isProcessAlive);
const provingKey = await shareProvingKey(join(source, 'key.zkey'));
const wtns = new Uint8Array(readFileSync(join(source, 'witness.wtns')));
const pool = createProverPool({ workers: 2 });
const fileOf = (key: string) => join(results, `${key}.json`);
const items = Array.from({ length: Number(rows) }, (_, row) => ({
  key: `row-${row}`,
  makeJob: () => ({ provingKey, wtns, key: `row-${row}` }),
}));
for await (const outcome of proveBatch(items, { pool, skip: (key) => existsSync(fileOf(key)) })) {
  if (outcome.status !== 'done') continue;
  await writeFileAtomic(fileOf(outcome.key), JSON.stringify(outcome.result));
  process.stdout.write(`${outcome.key}\n`);
}
await pool.close();
