import { createWriteStream } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { expect } from 'chai';
import type { ProofProgress } from '../../src/groth16/progress.js';
import { openBundle } from '../../src/pipeline/open-bundle.js';
import { poolBundle, proveInPool } from '../../src/pipeline/pooled-bundle.js';
import { proveRow } from '../../src/pipeline/prove-bundle.js';
import { proofFileName, proveRows } from '../../src/pipeline/prove-rows.js';
import { type BatchItem, proveBatch } from '../../src/prove/batch.js';
import { createProverPool, type ProverPool } from '../../src/prove/pool.js';
import { openRows } from '../../src/rows/read-rows.js';
import type { RowWithPlace } from '../../src/rows/rows.js';
import type { ProofFile } from '../../src/verify/proof-file.js';
import { verifyInference } from '../../src/verify/verify-inference.js';
import { runWords } from '../cli/capture.js';
import { useScratchFolder } from '../groth16/scratch.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');
const SPEC = { inputs: [{ name: 'measurements', shape: [1, 4] }] };

async function run(...words: string[]): Promise<void> {
  const { code, stderr } = await runWords(...words);
  expect(code, `${words.join(' ')}\n${stderr}`).to.equal(0);
}

describe('batches of rows', function () {
  this.timeout(60_000);
  const scratch = useScratchFolder();
  const rows: RowWithPlace[] = [5.1, 4.9, 6.3, 5.8].map((first, index) => ({
    row: { measurements: Float64Array.of(first, 3.5, 1.4, 0.2) },
    index,
  }));
  const bundleOf = (visibility: string) => scratch.path(visibility);
  before(async () => {
    const qmodel = scratch.path('m.qmodel.json');
    await run('quantize', join(SAMPLE, 'model.onnx'), '--calibration', join(SAMPLE, 'calibration.json'), '-o', qmodel);
    for (const visibility of ['public', 'private', 'committed']) {
      const options = ['--input', visibility, '--engine', 'direct', '--no-audit'];
      await run('compile', qmodel, '-o', bundleOf(visibility), ...options);
      await run('setup', bundleOf(visibility));
    }
  });

  for (const visibility of ['public', 'private', 'committed']) {
    it(`with ${visibility} inputs go on where they stopped, and do again what is of another row`, async () => {
      const outDir = scratch.path(`proofs-${visibility}`);
      const salt = visibility === 'committed' ? 12345n : undefined;
      const prove = (given: readonly RowWithPlace[]) =>
        proveRows({ dir: bundleOf(visibility), rows: given, outDir, workers: 1, salt });
      expect(await prove(rows.slice(0, 2))).to.include({ done: 2, skipped: 0, failed: 0 });
      expect(await prove(rows)).to.include({ done: 2, skipped: 2, failed: 0 });
      const [, ...others] = rows;
      await rm(join(outDir, 'proof-000001.json'));
      await writeFile(join(outDir, 'proof-000002.json'), '{"torn":');
      const swapped = await prove([{ ...rows[3], index: 0 }, ...others]);
      expect(swapped).to.include({ done: 3, skipped: 1, replaced: 2, failed: 0 });
    });
  }

  it('verify what is there before they pass it over: a proof that was changed, or is of another run, is made again', async () => {
    const outDir = scratch.path('proofs-altered');
    const prove = () => proveRows({ dir: bundleOf('public'), rows, outDir, workers: 1 });
    expect(await prove()).to.include({ done: 4, skipped: 0, replaced: 0 });
    const at = (index: number) => join(outDir, proofFileName(index));
    const read = async (index: number) => JSON.parse(await readFile(at(index), 'utf8')) as ProofFile;
    const [first, second, third] = [await read(0), await read(1), await read(2)];
    // The points of another proof, a point off by one bit, and a claim that only the signals do not bear out.
    await writeFile(at(0), JSON.stringify({ ...first, proof: second.proof }));
    const [x, ...others] = second.proof.pi_a;
    await writeFile(
      at(1),
      JSON.stringify({ ...second, proof: { ...second.proof, pi_a: [String(BigInt(x) ^ 1n), ...others] } }),
    );
    await writeFile(at(2), JSON.stringify({ ...third, publicSignals: first.publicSignals }));
    expect(await prove()).to.include({ done: 3, skipped: 1, replaced: 3, failed: 0 });
    const { manifest, verificationKey } = await openBundle(bundleOf('public'));
    for (let index = 0; index < rows.length; index++) {
      expect(await verifyInference(await read(index), manifest, verificationKey)).to.include({ valid: true });
    }
    expect(await prove()).to.include({ done: 0, skipped: 4, replaced: 0 });
  });

  it('with private inputs leave nothing from which an input could be guessed', async () => {
    const { graph } = await openBundle(bundleOf('private'));
    expect(graph.inputs).to.have.length(1);
    const folder = join(scratch.path('proofs-private'), '.rows');
    expect((await stat(join(folder, 'key'))).mode & 0o077).to.equal(0);
    const codes = (await readdir(folder)).filter((name) => name !== 'key');
    expect(codes).to.have.length(4);
    for (const name of codes) {
      expect((await stat(join(folder, name))).mode & 0o077).to.equal(0);
      expect(await readFile(join(folder, name), 'utf8')).to.match(/^[0-9a-f]{64}$/);
    }
  });

  it('tell nothing of a private row to a proof of another one with the same output', async () => {
    const outDir = scratch.path('proofs-private');
    const swapped = [0, 1, 2, 3].map((index) => ({ ...rows[3 - index], index }));
    const { done, skipped } = await proveRows({ dir: bundleOf('private'), rows: swapped, outDir, workers: 1 });
    // Only the first place holds what the swapped rows want there: the last test but two put row 3 there.
    expect({ done, skipped }).to.deep.equal({ done: 3, skipped: 1 });
  });

  for (const backend of ['snarkjs', 'resident'] as const) {
    it(`one row is proved by ${backend} too, which tells how far it is`, async () => {
      const bundle = await openBundle(bundleOf('public'));
      const reports: ProofProgress[] = [];
      const onProgress = (progress: ProofProgress) => reports.push(progress);
      const { proof } = await proveRow(bundle, rows[0].row, { backend, onProgress });
      expect(reports[0]).to.include({ fraction: 0 });
      expect(reports[0].phase).to.be.oneOf(['witness', 'proof']);
      expect(await verifyInference(proof, bundle.manifest, bundle.verificationKey, {})).to.include({ valid: true });
    });
  }

  it('hold one key in memory for two bundles of one key', async () => {
    const [first, second] = [await openBundle(bundleOf('public')), await openBundle(bundleOf('public'))];
    expect(second.zkey.buffer).not.to.equal(first.zkey.buffer);
    const pooled = [await poolBundle(first), await poolBundle(second)];
    expect(pooled[1].provingKey).to.equal(pooled[0].provingKey);
    for (const { bundle, provingKey } of pooled) expect(bundle.zkey).to.equal(provingKey.zkey);
  });

  it('one row in a pool of the caller is what it is on the calling thread', async () => {
    const bundle = await openBundle(bundleOf('public'));
    const pool = createProverPool({ workers: 1 });
    const to = { context: 7n } as Parameters<typeof proveInPool>[2]['to'];
    const inPool = await proveInPool(pool, await poolBundle(bundle), { row: rows[0].row, to });
    await pool.close();
    const here = await proveRow(bundle, rows[0].row, { context: '7' });
    expect({ ...inPool.proof, proof: null }).to.deep.equal({ ...here.proof, proof: null });
    expect(await verifyInference(inPool.proof, bundle.manifest, bundle.verificationKey, {})).to.include({
      valid: true,
    });
  });

  it('of 50,000 lines are read in constant memory', async () => {
    const path = scratch.path('rows.ndjson');
    const file = createWriteStream(path);
    for (let line = 0; line < 50_000; line++) file.write(`[${line / 1e4}, 3.5, 1.4, 0.2]\n`);
    file.end();
    await finished(file);
    async function* items(): AsyncGenerator<BatchItem> {
      for await (const { index } of openRows(path, SPEC)) {
        yield { key: String(index), makeJob: () => expect.fail('everything is done already') };
      }
    }
    const pool = { workers: 2 } as ProverPool;
    const used = () => {
      globalThis.gc?.();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return heapUsed + external + arrayBuffers;
    };
    const before = used();
    let [peak, count] = [0, 0];
    for await (const outcome of proveBatch(items(), { pool, skip: () => true })) {
      expect(outcome.status).to.equal('skipped');
      if (++count % 5000 === 0) peak = Math.max(peak, used());
    }
    expect(count).to.equal(50_000);
    // All rows at once would take 50 MB, garbage that was not collected yet half of that.
    expect(peak - before).to.be.below(40 << 20);
  });
});
