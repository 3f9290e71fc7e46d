/**
 * A process as users have it, without a compiler for TypeScript beside it: a key, and a pool of workers that prove three
 * times each. Prints its memory in bytes, with the key and at its peak. Arguments: folder with key.zkey and witness.wtns, number of workers.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shareProvingKey } from '../../dist/prove/job.js';
import { createProverPool } from '../../dist/prove/pool.js';

const [folder, count] = process.argv.slice(2);
const provingKey = await shareProvingKey(join(folder, 'key.zkey'));
const wtns = new Uint8Array(readFileSync(join(folder, 'witness.wtns')));
const before = process.memoryUsage.rss();
const pool = createProverPool({ workers: Number(count) });
await Promise.all(Array.from({ length: 3 * Number(count) }, () => pool.prove({ provingKey, wtns })));
await pool.close();
const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ before, peak: 1024 * Number(kilobytes) }));
