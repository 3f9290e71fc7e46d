import { link, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeModel, type Field, floatTensor, int, type NodeSpec, nested, text, valueInfo } from '../onnx/encode.js';
import { npy, zip } from '../rows/numpy-files.js';
import { runWords } from './capture.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');

let folder: string;
let rows: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-hostile-'));
  rows = join(folder, 'rows.json');
  await writeFile(rows, '[[1, 2], [3, 4]]');
});
after(() => rm(folder, { recursive: true, force: true }));

let counter = 0;
async function save(bytes: Uint8Array | string, name = `${counter++}.onnx`): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

/** inspect and quantize both refuse the file as the user's mistake, quickly, and say each of `words`. */
async function refuse(path: string, ...words: string[]): Promise<void> {
  const out = join(folder, 'out.qmodel.json');
  for (const command of [
    ['inspect', path],
    ['quantize', path, '--calibration', rows, '-o', out],
  ]) {
    const start = performance.now();
    const { code, stdout, stderr } = await runWords(...command);
    const printed = stdout + stderr;
    expect(code, `${command.join(' ')}\n${printed}`).to.equal(2);
    for (const word of words) expect(printed).to.contain(word);
    expect(performance.now() - start).to.be.below(5000);
  }
  expect(await readFile(out).catch(() => 'absent')).to.equal('absent');
}

const dense: NodeSpec = { op: 'MatMul', name: 'fc', in: ['x', 'w'], out: ['y'] };

function makeDense(weights: Field[], nodes: readonly NodeSpec[] = [dense], opset = 17): Uint8Array {
  return encodeModel({
    nodes,
    inputs: [valueInfo('x', [1, 2])],
    outputs: ['y'],
    initializers: [weights],
    opset,
    anyOutputShape: true,
  });
}

const goodWeights = floatTensor('w', [2, 2], [1, -2, 3, 4]);

describe('M1: files that are no model, or not one for zkinfer', () => {
  it('M1 refuses empty, garbage and cut files', async () => {
    const good = await readFile(join(SAMPLE, 'model.onnx'));
    await refuse(await save(''));
    await refuse(await save('GIF89a, not a model'));
    await refuse(await save(good.subarray(0, good.length >> 1)));
    await refuse(join(folder, 'absent.onnx'), 'absent.onnx');
    await refuse(folder);
  });

  it('M1 refuses a file over the size cap without reading it', async () => {
    const path = await save('', 'huge.onnx');
    const file = await open(path, 'r+');
    await file.truncate(5 * 2 ** 30);
    await file.close();
    await refuse(path);
    await rm(path);
  });

  it('M1 lists control flow, unknown operators and foreign domains all at once', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Frobnicate', name: 'first_odd', in: ['x'], out: ['a'] },
      { op: 'Loop', name: 'second_odd', in: ['x'], out: ['b'] },
      { op: 'FusedThing', name: 'third_odd', domain: 'com.example', in: ['x'], out: ['c'] },
      { op: 'Sum', name: 'fc', in: ['a', 'b', 'c', 'w'], out: ['y'] },
    ];
    await refuse(await save(makeDense(goodWeights, nodes)), 'first_odd', 'second_odd', 'third_odd', 'com.example');
  });

  it('M1 refuses an unknown opset and a cycle', async () => {
    await refuse(await save(makeDense(goodWeights, [dense], 9999)), '9999');
    const cycle: NodeSpec[] = [
      { op: 'Add', name: 'one', in: ['x', 'b'], out: ['a'] },
      { op: 'Relu', name: 'two', in: ['a'], out: ['b'] },
      { op: 'MatMul', name: 'fc', in: ['b', 'w'], out: ['y'] },
    ];
    await refuse(await save(makeDense(goodWeights, cycle)));
  });
});

describe('M2: external data', () => {
  const external = (location: string, offset = 0, length = 16): Field[] => [
    int(1, 2),
    int(1, 2),
    int(2, 1),
    text(8, 'w'),
    int(14, 1),
    nested(13, [text(1, 'location'), text(2, location)]),
    nested(13, [text(1, 'offset'), text(2, String(offset))]),
    nested(13, [text(1, 'length'), text(2, String(length))]),
  ];
  const weights = new Uint8Array(Float32Array.of(1, -2, 3, 4).buffer);

  it('M2 the ordinary file beside the model works', async () => {
    await save(weights, 'good.onnx.data');
    const path = await save(makeDense(external('good.onnx.data')), 'good.onnx');
    const out = join(folder, 'good.qmodel.json');
    const ran = await runWords('quantize', path, '--calibration', rows, '-o', out);
    expect(ran.code, ran.stderr).to.equal(0);
  });

  it('M2 paths out of the folder, absolute paths and data beyond the end are refused', async () => {
    await writeFile(join(folder, 'outside.data'), weights);
    await mkdir(join(folder, 'inner'), { recursive: true });
    const inner = (location: string, offset?: number) => save(makeDense(external(location, offset)), 'inner/m.onnx');
    await refuse(await inner('../outside.data'));
    await refuse(await inner(join(folder, 'outside.data')));
    await writeFile(join(folder, 'inner/short.data'), weights);
    await refuse(await inner('short.data', 4));
    await refuse(await inner('absent.data'), 'absent.data');
  });

  it('M2 symbolic links, links among the folders and hard links are refused', async () => {
    const secret = join(folder, 'secret');
    await mkdir(secret, { recursive: true });
    await writeFile(join(secret, 'weights.data'), weights);
    const inner = join(folder, 'linked');
    await mkdir(inner, { recursive: true });
    await symlink(join(secret, 'weights.data'), join(inner, 'soft.data'));
    await link(join(secret, 'weights.data'), join(inner, 'hard.data'));
    await symlink(secret, join(inner, 'sub'));
    for (const location of ['soft.data', 'hard.data', 'sub/weights.data']) {
      await refuse(await save(makeDense(external(location)), 'linked/m.onnx'));
    }
  });
});

describe('M3: weights and shapes that cannot be', () => {
  it('M3 NaN and infinite weights are refused', async () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await refuse(await save(makeDense(floatTensor('w', [2, 2], [1, odd, 3, 4]))), 'w');
    }
  });

  it('M3 dims that are not the data’s, negative and absurd ones are refused', async () => {
    for (const dims of [
      [2, 3],
      [2, -2],
      [2 ** 40, 2 ** 40],
      [0, 2],
    ]) {
      await refuse(await save(makeDense(floatTensor('w', dims, [1, 2, 3, 4]))));
    }
    const absurdInput = encodeModel({
      nodes: [{ op: 'Relu', name: 'r', in: ['x'], out: ['y'] }],
      inputs: [valueInfo('x', [2 ** 31, 2 ** 31])],
      outputs: ['y'],
    });
    await refuse(await save(absurdInput));
  });
});

describe('M4: archives that inflate', () => {
  it('M4 an .npz of 300 KB that holds 300 MiB of zeros is refused', async () => {
    const zeros = new Uint8Array(300 * 2 ** 20);
    const path = await save(zip({ 'x.npy': npy('|u1', [zeros.length], zeros) }), 'bomb.npz');
    const model = await save(makeDense(goodWeights));
    const { code, stderr } = await runWords('quantize', model, '--calibration', path, '-o', join(folder, 'never.json'));
    expect(code).to.equal(2);
    expect(stderr).to.contain('cap');
  });
});

describe('S4: names from a model', () => {
  it('S4 never reach circom, Solidity, a path or the terminal as they are', async () => {
    const evil = 'x;component main=Evil();//';
    const evilOut = '../../etc/p\u001b[2J"}{';
    const model = encodeModel({
      nodes: [
        { op: 'MatMul', name: evil, in: [evilOut, 'w'], out: ['h'] },
        { op: 'Relu', name: '*/ selfdestruct(0); /*', in: ['h'], out: [evil] },
      ],
      inputs: [valueInfo(evilOut, [1, 2])],
      outputs: [evil],
      initializers: [goodWeights],
      anyOutputShape: true,
    });
    const path = await save(model);
    const bundle = join(folder, 'evil");selfdestruct');
    const built = await runWords('build', path, '--calibration', rows, '-o', bundle);
    expect(built.code, built.stderr).to.equal(0);
    expect(built.stdout + built.stderr).to.not.contain('\u001b');
    expect((await runWords('export-verifier', bundle)).code).to.equal(0);
    for (const name of ['circuit.circom', 'verifier.sol']) {
      const source = await readFile(join(bundle, name), 'utf8');
      for (const word of ['Evil()', 'etc', 'selfdestruct(0)', '");', '\u001b'])
        expect(source, name).to.not.contain(word);
    }
  });
});
