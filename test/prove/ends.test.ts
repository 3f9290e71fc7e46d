import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { useScratchFolder } from '../groth16/scratch.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

describe('W3: a program that uses the library', () => {
  const scratch = useScratchFolder();

  it('ends by itself within 2 s of its last line, whatever it called and did not close', async function () {
    this.timeout(60_000);
    const program = scratch.path('program.mjs');
    writeFileSync(
      program,
      `
      import * as zkinfer from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      const sample = ${JSON.stringify(join(ROOT, 'examples/models/iris-mlp'))};
      const at = (name) => ${JSON.stringify(scratch.path('.'))} + '/' + name;
      const modelPath = sample + '/model.onnx';
      const { graph } = await zkinfer.loadModel(modelPath);
      await zkinfer.inspectModel(modelPath);
      const calibration = await zkinfer.readRows(sample + '/calibration.json', zkinfer.rowsSpecOf(graph));
      const { qmodel } = await zkinfer.quantizeModel({ modelPath, calibration });
      await zkinfer.writeQModel(at('m.qmodel.json'), qmodel);
      await zkinfer.readQModel(at('m.qmodel.json'));
      const dir = at('bundle');
      await zkinfer.compileBundle({ qmodelPath: at('m.qmodel.json'), outDir: dir });
      await zkinfer.setupBundle({ dir });
      await zkinfer.auditBundle(dir);
      await zkinfer.checkBundle({ dir });
      await zkinfer.exportVerifier(dir);
      const [row, ...others] = calibration.rows;
      await zkinfer.diffRow(modelPath, at('m.qmodel.json'), row);
      const bundle = await zkinfer.openBundle(dir);
      const rowReport = await zkinfer.proveRow(bundle, row);
      await zkinfer.proveInput({ dir, row, outPath: at('proof.json') });
      const rows = others.slice(0, 2).map((row, index) => ({ row, index }));
      const batch = await zkinfer.proveRows({ dir, rows, outDir: at('proofs'), workers: 2 });
      const { valid } = await zkinfer.verifyInference(rowReport.proof, bundle.manifest, bundle.verificationKey, {});
      const pool = zkinfer.createProverPool({ workers: 2 });
      const { backend } = await zkinfer.pickProver();
      const run = { row, to: { context: 0n } };
      await zkinfer.proveInPool(pool, await zkinfer.poolBundle(bundle), run);
      const stream = zkinfer.openRows(sample + '/calibration.json', zkinfer.rowsSpecOf(graph));
      for await (const _ of stream) break;
      const claims = [rowReport.proof, rowReport.proof];
      await zkinfer.verifyInferences(claims, bundle.manifest, bundle.verificationKey);
      const open = process.getActiveResourcesInfo();
      const last = performance.now();
      process.on('exit', () => {
        const ms = performance.now() - last;
        console.log(JSON.stringify({ valid, done: batch.done, workers: pool.workers, backend, open, ms }));
      });`,
    );
    const { stdout } = await run(process.execPath, ['--import', 'tsx', program], { cwd: ROOT, timeout: 50_000 });
    const report = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    expect(report).to.include({ valid: true, done: 2, workers: 2, backend: 'resident' });
    expect(report.ms, stdout).to.be.below(2000);
  });
});
