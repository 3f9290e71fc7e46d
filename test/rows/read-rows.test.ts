import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ZkinferError } from '../../src/core/error.js';
import { readNpy } from '../../src/rows/npy.js';
import { openRows, readRows } from '../../src/rows/read-rows.js';
import type { RowsSpec } from '../../src/rows/rows.js';
import { readZip } from '../../src/rows/zip.js';
import { npy, zip } from './numpy-files.js';

const CORPUS = process.env.ZKINFER_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus');

const iris: RowsSpec = { inputs: [{ name: 'x', shape: [1, 4] }] };
const image: RowsSpec = { inputs: [{ name: 'x', shape: [1, 1, 2, 3] }] };
const pair: RowsSpec = {
  inputs: [
    { name: 'a', shape: [1, 2] },
    { name: 'b', shape: [3] },
  ],
};

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-rows-'));
});
after(() => rm(folder, { recursive: true }));

let counter = 0;
async function save(content: string | Uint8Array, extension = 'json'): Promise<string> {
  const path = join(folder, `${counter++}.${extension}`);
  await writeFile(path, content);
  return path;
}

async function read(content: unknown, spec: RowsSpec, extension = 'json') {
  const path = await save(
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    extension,
  );
  const rows = await readRows(path, spec);
  return {
    ...rows,
    rows: rows.rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, [...v]]))),
  };
}

async function refuse(content: unknown, spec: RowsSpec, code: string, ...words: string[]): Promise<void> {
  let error: unknown;
  try {
    await read(content, spec);
  } catch (thrown) {
    error = thrown;
  }
  expect(error, JSON.stringify(content)).to.be.instanceOf(ZkinferError);
  const typed = error as ZkinferError;
  const text = [typed.message, ...typed.facts].join('\n');
  expect(typed.code, text).to.equal(code);
  expect(typed.exitCode).to.equal(2);
  for (const word of words) expect(text).to.contain(word);
}

describe('layouts of rows', () => {
  it('reads one row and many rows of a single input, nested or without the batch axis', async () => {
    const one = [{ x: [1, 2, 3, 4] }];
    expect((await read([1, 2, 3, 4], iris)).rows).to.deep.equal(one);
    expect((await read([[1, 2, 3, 4]], iris)).rows).to.deep.equal(one);
    expect((await read([[[1, 2, 3, 4]]], iris)).rows).to.deep.equal(one);
    expect(
      (
        await read(
          [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
          iris,
        )
      ).rows,
    ).to.have.length(2);
    expect(
      (
        await read(
          [
            [
              [1, 2, 3],
              [4, 5, 6],
            ],
          ],
          image,
        )
      ).rows,
    ).to.deep.equal([{ x: [1, 2, 3, 4, 5, 6] }]);
  });

  it('reads an object by input name, with one row or many, and an array of objects', async () => {
    const rows = [{ a: [1, 2], b: [3, 4, 5] }];
    expect((await read({ a: [1, 2], b: [3, 4, 5] }, pair)).rows).to.deep.equal(rows);
    expect((await read({ a: [[1, 2]], b: [[3, 4, 5]] }, pair)).rows).to.deep.equal(rows);
    expect((await read([{ b: [3, 4, 5], a: [[1, 2]] }], pair)).rows).to.deep.equal(rows);
    expect((await read([{ b: [3, 4, 5], a: [1, 2], label: 'cat' }], pair)).labels).to.deep.equal(['cat']);
  });

  it('takes a list of numbers as rows where an input has one element', async () => {
    const spec: RowsSpec = { inputs: [{ name: 'age', shape: [1, 1] }] };
    expect((await read({ age: [31, 32, 33] }, spec)).rows).to.deep.equal([{ age: [31] }, { age: [32] }, { age: [33] }]);
    expect((await read({ age: 31 }, spec)).rows).to.deep.equal([{ age: [31] }]);
  });

  it('reads zkml-rows/1 with labels and outputs that are not finite', async () => {
    const file = {
      format: 'zkml-rows/1',
      count: 2,
      inputs: {
        x: {
          type: 'float32',
          dims: [1, 4],
          rows: [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
        },
      },
      labels: ['a', 3],
      outputs: {
        y: {
          type: 'float32',
          dims: [1, 2],
          rows: [
            ['NaN', 1],
            ['-Infinity', 'Infinity'],
          ],
        },
      },
    };
    const { rows, labels, outputs } = await read(file, iris);
    expect(rows).to.have.length(2);
    expect(labels).to.deep.equal(['a', 3]);
    expect([...outputs![0].y, ...outputs![1].y]).to.deep.equal([Number.NaN, 1, -Infinity, Infinity]);
    const flags = {
      y: {
        type: 'bool',
        dims: [1, 2],
        rows: [
          [true, false],
          [false, true],
        ],
      },
    };
    const stated = (await read({ ...file, outputs: flags }, iris)).outputs!;
    expect([...stated[0].y, ...stated[1].y]).to.deep.equal([1, 0, 0, 1]);
    await refuse({ ...file, count: 3 }, iris, 'ROWS_FORMAT', '$.count');
    await refuse({ ...file, labels: ['a'] }, iris, 'ROWS_LABEL', '$.labels');
    await refuse({ ...file, format: 'zkml-rows/2' }, iris, 'ROWS_FORMAT', 'zkml-rows/2');
    const asInput = {
      ...file,
      inputs: {
        x: {
          type: 'float32',
          dims: [1, 4],
          rows: [
            [1, 2, 3, 4],
            [5, 6, 'NaN', 8],
          ],
        },
      },
    };
    await refuse(asInput, iris, 'ROWS_VALUE', '$.inputs.x.rows[1][2]');
    const transposed = {
      ...file,
      inputs: {
        x: {
          type: 'float32',
          dims: [4, 1],
          rows: [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
        },
      },
    };
    await refuse(transposed, iris, 'ROWS_SHAPE', 'expected [1, 4]', 'given [4, 1]');
  });

  it('reads NDJSON, also under the name .json, and CSV with and without a header', async () => {
    const lines = '[1,2,3,4]\n\n{"x":[5,6,7,8]}\n';
    for (const extension of ['ndjson', 'json']) expect((await read(lines, iris, extension)).rows).to.have.length(2);
    expect((await read('1,2,3,4\n5,6,7,8\n', iris, 'csv')).rows[1]).to.deep.equal({ x: [5, 6, 7, 8] });
    const labelled = await read('sl,sw,pl,pw,label\n1,2,3,4,setosa\n5,6,7,8,"virginica, or so"\n', iris, 'csv');
    expect(labelled.labels).to.deep.equal(['setosa', 'virginica, or so']);
    const named = await read('b[2],a[0],a[1],b[0],b[1]\n1,2,3,4,5\n', pair, 'csv');
    expect(named.rows).to.deep.equal([{ a: [2, 3], b: [4, 5, 1] }]);
  });

  it('reads .npy and .npz of several number types, column-major too', async () => {
    const floats = Buffer.from(new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer);
    expect((await read(npy('<f4', [2, 4], floats), iris, 'npy')).rows[1]).to.deep.equal({ x: [5, 6, 7, 8] });
    const bytes = Buffer.from([1, 4, 2, 5, 3, 6]);
    expect(
      (await read(npy('|u1', [2, 3], bytes, true), { inputs: [{ name: 'x', shape: [2, 3] }] }, 'npy')).rows[0],
    ).to.deep.equal({
      x: [1, 2, 3, 4, 5, 6],
    });
    const labels = Buffer.from(new BigInt64Array([7n, 9n]).buffer);
    const archive = zip({ 'x.npy': npy('<f4', [2, 1, 4], floats), 'labels.npy': npy('<i8', [2], labels) });
    const { rows, labels: read2 } = await read(archive, iris, 'npz');
    expect(rows).to.have.length(2);
    expect(read2).to.deep.equal([7, 9]);
  });

  it('streams NDJSON row by row and stops at the bad one', async () => {
    const path = await save('[1,2,3,4]\n[1,2,3]\n', 'ndjson');
    const seen: number[] = [];
    let error: ZkinferError | undefined;
    try {
      for await (const { index } of openRows(path, iris)) seen.push(index);
    } catch (thrown) {
      error = thrown as ZkinferError;
    }
    expect(seen).to.deep.equal([0]);
    expect(error?.facts.join('\n')).to.contain('line 2');
  });

  it('reads a file of the corpus', async function () {
    if (!existsSync(CORPUS)) return this.skip();
    const name = join(CORPUS, 'models/bc_two_inputs_two_outputs/test.json');
    const spec: RowsSpec = { inputs: ['a', 'b'].map((input) => ({ name: input, shape: [1, 15] })) };
    const { rows, labels, outputs } = await readRows(name, spec);
    expect([rows.length, labels?.length, outputs?.length]).to.deep.equal([200, 200, 200]);
    expect(rows[0].a).to.have.length(15);
  });
});

describe('I1: values that are not numbers', () => {
  const bad = [null, '', 'NaN', ' 12 ', true, {}, '12'];
  for (const value of bad) {
    it(`refuses ${JSON.stringify(value)} with its path`, async () => {
      await refuse([1, value, 3, 4], iris, 'ROWS_VALUE', '$[1]', '[1, 4]');
      await refuse({ x: [[value, 2, 3, 4]] }, iris, 'ROWS_VALUE', '$.x');
      await refuse([{ a: [1, 2], b: [1, 2, value] }], pair, 'ROWS_VALUE', '$[0].b[2]');
    });
  }

  it('refuses numbers that overflow, and fractions and large numbers for integer inputs', async () => {
    await refuse('[1, 2, 1e999, 4]', iris, 'ROWS_VALUE', '$[2]', 'Infinity');
    await refuse('[1, 2, NaN, 4]', iris, 'ROWS_JSON');
    const ints: RowsSpec = { inputs: [{ name: 'x', shape: [1, 2], type: 'int' }] };
    await refuse([1.5, 2], ints, 'ROWS_VALUE', '$[0]');
    await refuse('[9007199254740993, 2]', ints, 'ROWS_VALUE', '$[0]');
  });
});

describe('I2: shapes and names', () => {
  it('refuses flat, transposed, ragged and deeper nesting, and says both shapes', async () => {
    await refuse([1, 2, 3, 4, 5, 6], image, 'ROWS_SHAPE', 'expected [1, 1, 2, 3] or [1, 2, 3]', 'given [6]');
    await refuse(
      [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ],
      image,
      'ROWS_SHAPE',
      'given [1, 3, 2]',
    );
    await refuse(
      [
        [
          [1, 2, 3],
          [4, 5],
        ],
      ],
      image,
      'ROWS_SHAPE',
      'ragged',
    );
    await refuse(
      [
        [
          [
            [
              [
                [1, 2, 3],
                [4, 5, 6],
              ],
            ],
          ],
        ],
      ],
      image,
      'ROWS_SHAPE',
      'given [1, 1, 1, 1, 2, 3]',
    );
    await refuse(
      [
        [1, 2, 3, 4],
        [5, 6, 7],
      ],
      iris,
      'ROWS_SHAPE',
      '$[1]',
      'given [3]',
    );
    await refuse([1, 2, 3, [4]], iris, 'ROWS_SHAPE', 'mixed');
    await refuse([], iris, 'ROWS_SHAPE', 'given [0]');
    await refuse(7, iris, 'ROWS_SHAPE');
    await refuse('"abc"', iris, 'ROWS_VALUE');
    await refuse([{ a: [[1], [2]], b: [1, 2, 3] }], pair, 'ROWS_SHAPE', 'given [2, 1]');
  });

  it('refuses missing, extra, duplicate and __proto__ keys', async () => {
    await refuse({ a: [1, 2] }, pair, 'ROWS_MISSING_INPUT', '"b"');
    await refuse({ a: [1, 2], b: [1, 2, 3], c: 1 }, pair, 'ROWS_EXTRA_INPUT', '"c"');
    await refuse([[1, 2]], pair, 'ROWS_MISSING_INPUT', '"a"', '"b"');
    await refuse('{"a":[1,2],"b":[1,2,3],"\\u0061":[3,4]}', pair, 'ROWS_DUPLICATE_KEY', '$.a');
    await refuse('[{"a":[1,2],"b":[1,2,3]},{"a":[1,2],"b":[1,2,3],"b":[4,5,6]}]', pair, 'ROWS_DUPLICATE_KEY', '$[1].b');
    await refuse('{"a":[1,2],"b":[1,2,3],"__proto__":[1]}', pair, 'ROWS_DUPLICATE_KEY', '__proto__');
    await refuse(
      {
        a: [
          [1, 2],
          [3, 4],
        ],
        b: [[1, 2, 3]],
      },
      pair,
      'ROWS_SHAPE',
      '2 rows',
      '1 rows',
    );
  });

  it('refuses missing files, folders and files without rows', async () => {
    for (const path of [join(folder, 'absent.json'), folder]) {
      const error = await readRows(path, iris).catch((thrown) => thrown as ZkinferError);
      expect((error as ZkinferError).code).to.equal('ROWS_FILE');
    }
    expect(await readRows(await save('', 'ndjson'), iris).catch((thrown) => (thrown as ZkinferError).code)).to.equal(
      'ROWS_EMPTY',
    );
  });
});

describe('M4: archives that inflate', () => {
  it('stops inflating at the cap, whatever the archive claims', () => {
    const archive = zip({ 'x.npy': new Uint8Array(2 ** 22) });
    archive.writeUInt32LE(10, archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
    expect(archive.length).to.be.below(2 ** 14);
    expect(() => readZip(archive, 'a.npz', 2 ** 20))
      .to.throw(ZkinferError)
      .with.property('code', 'ROWS_TOO_LARGE');
    expect(readZip(archive, 'a.npz', 2 ** 22).get('x.npy')).to.have.length(2 ** 22);
  });

  it('refuses elements of no width, of which a small file could claim any number', () => {
    expect(() => readNpy(npy('<U0', [2 ** 22], new Uint8Array()), 'a.npy'))
      .to.throw(ZkinferError)
      .with.property('code', 'ROWS_FORMAT');
  });

  it('refuses archives that are cut short or altered', () => {
    const archive = zip({ 'x.npy': npy('|u1', [4], Buffer.from([1, 2, 3, 4])) });
    expect(() => readZip(archive.subarray(0, archive.length - 30), 'a.npz')).to.throw(ZkinferError);
    const altered = Buffer.from(archive);
    altered[40] ^= 1;
    expect(() => readZip(altered, 'a.npz')).to.throw(ZkinferError);
  });
});
