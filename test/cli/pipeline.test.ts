import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CompileReport } from '../../src/pipeline/compile-bundle.js';
import type { InspectReport } from '../../src/pipeline/inspect-model.js';
import type { CircuitReport } from '../../src/pipeline/inspect-qmodel.js';
import { lastJson, runWords } from './capture.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');
const MODEL = join(SAMPLE, 'model.onnx');
const CALIBRATION = join(SAMPLE, 'calibration.json');
const TEST = join(SAMPLE, 'test.json');

let folder: string;
let bundle: string;
let inputName: string;
let testRows: number[][];

before(async function () {
  this.timeout(60_000);
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-commands-'));
  bundle = join(folder, 'iris');
  const test = JSON.parse(await readFile(TEST, 'utf8')) as { inputs: Record<string, { rows: number[][] }> };
  [inputName] = Object.keys(test.inputs);
  testRows = test.inputs[inputName].rows;
  const built = await runWords('build', MODEL, '--calibration', CALIBRATION, '--test', TEST, '-o', bundle, '--json');
  expect(built.code, built.stderr).to.equal(0);
});
after(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

async function save(name: string, content: unknown): Promise<string> {
  await writeFile(at(name), typeof content === 'string' ? content : JSON.stringify(content));
  return at(name);
}

describe('the commands, on the iris sample', () => {
  it('inspect lists inputs, operators, sizes and an estimate', async () => {
    const ran = await runWords('inspect', MODEL, '--json');
    expect(ran.code, ran.stderr).to.equal(0);
    const json = lastJson(ran);
    expect(json).to.include.keys(
      'inputs',
      'outputs',
      'opsets',
      'ops',
      'parameters',
      'macs',
      'layers',
      'estimate',
      'diagnostics',
    );
    expect(json.supported).to.equal(true);
    expect((json.estimate as { constraints: number }).constraints).to.be.within(50, 1000);
    expect((await runWords('inspect', MODEL)).stdout).to.contain('Gemm');
  });

  it('inspect predicts to the unit, and layer by layer, what compile then reports', async () => {
    const qmodel = at('i.qmodel.json');
    const rows = ['--calibration', CALIBRATION];
    expect((await runWords('quantize', MODEL, ...rows, '-o', qmodel)).code).to.equal(0);
    for (const options of [
      [],
      ['--statement', 'bound'],
      ['--output', 'label', '--input', 'private', '--overflow', 'assert'],
      ['--weights', 'private', '--room', '2'],
    ]) {
      const bundle = at(`inspected${options.join('')}`);
      const compiled = lastJson(
        await runWords('compile', qmodel, '-o', bundle, '--engine', 'direct', '--no-audit', '--json', ...options),
      ) as unknown as CompileReport;
      const layers = compiled.layers.map(({ name, ...rest }) => ({ layer: name, ...rest }));
      const ofQModel = lastJson(await runWords('inspect', qmodel, '--json', ...options)) as unknown as CircuitReport;
      const ofBundle = lastJson(await runWords('inspect', bundle, '--json')) as unknown as CircuitReport;
      const ofModel = lastJson(
        await runWords('inspect', MODEL, ...rows, '--json', ...options),
      ) as unknown as InspectReport;
      for (const report of [ofQModel, ofBundle, ofModel.estimate!]) {
        expect(report).to.include({ constraints: compiled.constraints, wires: compiled.wires });
        expect(report.layers.map(({ blocks: _, ...rest }) => rest)).to.deep.equal(layers);
      }
    }
    const { stdout } = await runWords('inspect', qmodel);
    expect(stdout).to.match(/constraints: \d+, wires: \d+, domain 2\^\d+, room for \d+ more/);
    expect((await runWords('inspect', folder)).stderr).to.contain('BUNDLE_MISSING');
  });

  it('quantize reports scores, agreement, error, constraints and layers, and its file compiles to as many constraints', async () => {
    const qmodel = at('q.qmodel.json');
    const ran = await runWords('quantize', MODEL, '--calibration', CALIBRATION, '--test', TEST, '-o', qmodel, '--json');
    expect(ran.code, ran.stderr).to.equal(0);
    const json = lastJson(ran) as Record<string, number> & { layers: unknown[] };
    expect(json.top1Agreement).to.be.at.least(0.98);
    expect(Math.abs(json.floatScore - json.integerScore)).to.be.at.most(0.02);
    expect(json.maxAbsError).to.be.within(0, 1);
    expect(json.layers).to.not.have.length(0);
    const compiled = lastJson(
      await runWords('compile', qmodel, '-o', at('again'), '--engine', 'direct', '--no-audit', '--json'),
    );
    expect(compiled).to.include.keys('constraints', 'wires', 'publicSignals', 'layers');
    expect(compiled.constraints).to.equal(json.constraints);
    expect(compiled.audit).to.equal('skipped');
  });

  it('prove writes a proof that verify accepts, and verify refuses it with any part changed', async () => {
    const proof = at('proof.json');
    const input = await save('x.json', { [inputName]: testRows[0] });
    const ran = await runWords('prove', bundle, '--input', input, '-o', proof, '--context', '7', '--json');
    expect(ran.code, ran.stderr).to.equal(0);
    const json = lastJson(ran);
    expect(json.ms).to.be.a('number');
    expect(json.proof).to.equal(proof);
    expect(Object.keys(json.outputs as object)).to.have.length.at.least(1);
    const verdict = await runWords('verify', proof, '--bundle', bundle, '--context', '7', '--json');
    expect([verdict.code, lastJson(verdict).valid]).to.deep.equal([0, true]);
    const text = await readFile(proof, 'utf8');
    const file = JSON.parse(text);
    for (const change of [
      { publicSignals: [...file.publicSignals.slice(0, -1), '8'] },
      {
        statement: {
          ...file.statement,
          output: file.statement.output.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0')),
        },
      },
      { proof: { ...file.proof, pi_a: file.proof.pi_c } },
    ]) {
      const changed = await runWords('verify', await save('changed.json', { ...file, ...change }), '--bundle', bundle);
      expect(changed.code, changed.stdout).to.equal(1);
    }
  });

  it('prove goes through a batch, goes on where it stopped, and redoes what was damaged', async () => {
    const rows = await save(
      'rows.ndjson',
      testRows
        .slice(0, 3)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const batch = ['prove', bundle, '--batch', rows, '-o', at('proofs'), '--workers', '1', '--json'];
    const first = await runWords(...batch);
    expect(first.code, first.stderr).to.equal(0);
    expect(lastJson(first)).to.include({ done: 3, skipped: 0, failed: 0, total: 3 });
    const names = (await readdir(at('proofs'))).sort();
    expect(names).to.deep.equal(['proof-000000.json', 'proof-000001.json', 'proof-000002.json']);
    await rm(at('proofs/proof-000001.json'));
    await writeFile(at('proofs/proof-000002.json'), '{');
    expect(lastJson(await runWords(...batch))).to.include({ done: 2, skipped: 1, failed: 0 });
    for (const name of names) {
      expect((await runWords('verify', at(`proofs/${name}`), '--bundle', bundle)).code).to.equal(0);
    }
  });

  it('prove refuses a batch with a bad row before it proves any, with the line', async () => {
    const rows = await save('bad.ndjson', `${JSON.stringify(testRows[0])}\n[1,2,null,4]\n`);
    const { code, stderr } = await runWords('prove', bundle, '--batch', rows, '-o', at('none'), '--workers', '1');
    expect(code).to.equal(2);
    expect(stderr).to.contain('line 2').and.contain('null');
    expect(await readdir(folder)).to.not.include('none');
  });

  it('I3: prove warns of an input outside the calibrated range, and refuses it under --strict', async () => {
    const input = await save('far.json', [1e6, 0, 0, 0]);
    const proof = at('far-proof.json');
    const loose = await runWords('prove', bundle, '--input', input, '-o', proof);
    expect(loose.code, loose.stderr).to.equal(0);
    expect(loose.stderr).to.contain('outside the calibrated range');
    expect((await runWords('verify', proof, '--bundle', bundle)).code).to.equal(0);
    await rm(proof);
    const strict = await runWords('prove', bundle, '--input', input, '-o', proof, '--strict');
    expect(strict.code).to.equal(2);
    expect(await readdir(folder)).to.not.include('far-proof.json');
  });

  it('export-verifier, audit, check and diff say yes', async () => {
    const exported = await runWords('export-verifier', bundle, '-o', at('V.sol'), '--json');
    expect(exported.code, exported.stderr).to.equal(0);
    expect(lastJson(exported).profile).to.equal('dev');
    expect(await readFile(at('V.sol'), 'utf8')).to.match(/SPDX-License-Identifier: MIT[\s\S]*contract IrisDevVerifier/);
    const audited = await runWords('audit', bundle, '--sarif', at('audit.sarif'), '--json');
    expect([audited.code, lastJson(audited).proved]).to.deep.equal([0, true]);
    expect(JSON.parse(await readFile(at('audit.sarif'), 'utf8')).version).to.equal('2.1.0');
    const checked = await runWords('check', bundle, '--model', MODEL, '--calibration', CALIBRATION, '--json');
    expect([checked.code, lastJson(checked).valid], checked.stdout).to.deep.equal([0, true]);
    const compared = await runWords('diff', bundle, '--model', MODEL, '--input', TEST, '--row', '3', '--json');
    expect([compared.code, lastJson(compared).witnessEqual], compared.stderr).to.deep.equal([0, true]);
  });

  it('A2: refuses a bundle with a changed file, naming both digests, and writes no proof', async () => {
    const damaged = at('damaged');
    const input = await save('x.json', { [inputName]: testRows[0] });
    for (const name of [
      'proving.zkey',
      'circuit.r1cs',
      'circuit.circom',
      'circuit.wasm',
      'model.qmodel.json',
      'verification-key.json',
    ]) {
      await rm(damaged, { recursive: true, force: true });
      await cp(bundle, damaged, { recursive: true });
      const bytes = await readFile(join(damaged, name));
      bytes[bytes.length >> 1] ^= 1;
      await writeFile(join(damaged, name), bytes);
      const { code, stderr } = await runWords('prove', damaged, '--input', input, '-o', at('never.json'));
      expect(code, name).to.equal(3);
      expect(stderr.match(/sha256:[0-9a-f]{64}/g), name).to.have.length(2);
      expect((await runWords('check', damaged)).code, name).to.equal(3);
    }
    expect(await readdir(folder)).to.not.include('never.json');
  });

  it('S3 the numbers of an input appear in nothing that is printed or written', async () => {
    const marker = '5.271828182';
    const scratch = at('scratch');
    await mkdir(scratch);
    const input = await save('marked.json', `[${marker}, 3.5, 1.4, 0.2]`);
    const rows = await save('marked.ndjson', `[${marker}, 3.5, 1.4, 0.2]\n[${marker}, 3.4, 1.4, 0.2]`);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = scratch;
    try {
      const printed = [
        await runWords('prove', bundle, '--input', input, '-o', at('marked-proof.json'), '--debug'),
        await runWords('prove', bundle, '--batch', rows, '-o', at('marked-proofs'), '--workers', '1', '--json'),
        await runWords('prove', bundle, '--input', rows, '-o', at('never.json'), '--debug'),
      ].map(({ stdout, stderr }) => stdout + stderr);
      const written = (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && !entry.name.startsWith('marked.'))
        .map((entry) => join(entry.parentPath, entry.name));
      expect(written).to.include(at('marked-proof.json'));
      for (const path of written) printed.push(path, (await readFile(path)).toString('latin1'));
      for (const text of printed) expect(text.includes(marker)).to.equal(false);
    } finally {
      process.env.TMPDIR = before;
      if (before === undefined) delete process.env.TMPDIR;
    }
  });

  it('answers bad input with exit code 2 and leaves nothing behind', async () => {
    const garbage = await save('garbage.onnx', 'not a model');
    const out = at('nothing');
    const before = (await readdir(folder)).sort();
    const bad: string[][] = [
      ['inspect', garbage],
      ['inspect', at('absent.onnx')],
      ['quantize', garbage, '--calibration', CALIBRATION, '-o', out],
      ['build', MODEL, '--calibration', garbage, '-o', out],
      ['build', MODEL, '--calibration', CALIBRATION, '-o', out, '--bits', '99'],
      ['setup', at('absent')],
      ['prove', bundle],
      ['prove', bundle, '--input', TEST, '-o', out],
      ['prove', at('absent'), '--input', TEST, '-o', out],
      ['check', bundle, '--model', MODEL],
      ['diff', bundle, '--model', MODEL, '--input', TEST, '--row', '100000'],
      ['demo', '--model', '../../etc'],
    ];
    for (const words of bad) {
      const { code, stdout, stderr } = await runWords(...words);
      expect(code, `${words.join(' ')}\n${stderr}`).to.equal(2);
      expect(stdout).to.equal('');
      expect(stderr).to.match(/^(.* …\n|importing.*\n)*error: /);
    }
    const damagedModel = await runWords('compile', garbage, '-o', out);
    expect(damagedModel.code).to.equal(3);
    expect((await readdir(folder)).sort()).to.deep.equal(before);
  });
});
