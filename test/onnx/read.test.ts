import { expect } from 'chai';
import fc from 'fast-check';
import { ZkinferError } from '../../src/core/error.js';
import type { OnnxModel, OnnxTensor } from '../../src/onnx/model.js';
import { type ReadOptions, readOnnx } from '../../src/onnx/read.js';
import {
  bytes,
  encodeModel,
  type Field,
  int,
  nested,
  packedDoubles,
  packedFloats,
  packedInts,
  tensor,
  text,
  valueInfo,
} from './encode.js';

function modelWith(...initializers: Field[][]): Uint8Array {
  return encodeModel({ nodes: [], inputs: [valueInfo('x', [1, 2])], outputs: ['x'], initializers });
}

function readTensor(fields: Field[], options?: ReadOptions): OnnxTensor {
  const model = readOnnx(modelWith(fields), options);
  return [...model.graph.initializers.values()][0];
}

function numbersOf(fields: Field[]): number[] {
  const read = readTensor(fields);
  if (read.kind !== 'numbers') throw new Error('numbers expected');
  return Array.from(read.tensor.data);
}

/** The error that reading raises; anything but a ZkinferError of kind usage with a hint fails. */
function refusalOf(run: () => unknown): ZkinferError {
  try {
    run();
  } catch (cause) {
    expect(cause).to.be.instanceOf(ZkinferError);
    const error = cause as ZkinferError;
    expect(error.kind).to.equal('usage');
    expect(error.hint ?? '').to.not.equal('');
    return error;
  }
  throw new Error('nothing was refused');
}

const raw = (...values: number[]) => bytes(9, Uint8Array.from(values));

describe('readOnnx', () => {
  describe('reads every encoding of a tensor', () => {
    const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    const doubles = new Uint8Array(Float64Array.of(0.1, 1e300).buffer);
    const cases: [name: string, fields: Field[], expected: number[]][] = [
      ['float32 raw', tensor('t', 1, [2], bytes(9, floats)), [1.5, -2]],
      ['float32 field', tensor('t', 1, [2], packedFloats(4, [1.5, -2])), [1.5, -2]],
      ['float64 raw', tensor('t', 11, [2], bytes(9, doubles)), [0.1, 1e300]],
      ['float64 field', tensor('t', 11, [2], packedDoubles(10, [0.1, 1e300])), [0.1, 1e300]],
      [
        'float16 raw',
        tensor('t', 10, [4], raw(0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b)),
        [1, -2, 2 ** -24, 65504],
      ],
      ['float16 field', tensor('t', 10, [2], packedInts(5, [0x3c00, 0x3555])), [1, 0.333251953125]],
      ['bfloat16 raw', tensor('t', 16, [2], raw(0x80, 0x3f, 0x20, 0xc0)), [1, -2.5]],
      ['uint8', tensor('t', 2, [2], raw(0, 255)), [0, 255]],
      ['int8 raw', tensor('t', 3, [2], raw(0x80, 0x7f)), [-128, 127]],
      ['int8 field', tensor('t', 3, [2], packedInts(5, [-128, 127])), [-128, 127]],
      ['uint16', tensor('t', 4, [1], raw(0xff, 0xff)), [65535]],
      ['int16', tensor('t', 5, [1], raw(0x00, 0x80)), [-32768]],
      ['int32', tensor('t', 6, [1], raw(0xff, 0xff, 0xff, 0xff)), [-1]],
      ['int64 raw', tensor('t', 7, [1], raw(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)), [-2]],
      ['int64 field', tensor('t', 7, [2], packedInts(7, [-2, 2 ** 40])), [-2, 2 ** 40]],
      ['uint32', tensor('t', 12, [1], packedInts(11, [4294967295])), [4294967295]],
      ['uint64', tensor('t', 13, [1], raw(0, 0, 0, 0, 0, 0, 0, 0x80)), [2 ** 63]],
      ['bool', tensor('t', 9, [2], raw(1, 0)), [1, 0]],
      ['uint4, low half first', tensor('t', 21, [3], raw(0x21, 0x0f)), [1, 2, 15]],
      ['int4', tensor('t', 22, [3], raw(0x8f, 0x07)), [-1, -8, 7]],
      ['a scalar', tensor('t', 1, [], packedFloats(4, [3])), [3]],
      ['an empty tensor', tensor('t', 7, [0]), []],
    ];
    for (const [name, fields, expected] of cases) it(name, () => expect(numbersOf(fields)).to.deep.equal(expected));

    it('strings', () => {
      const read = readTensor(tensor('t', 8, [2], text(6, 'setosa'), text(6, 'virginica, größer')));
      expect(read).to.deep.include({ kind: 'strings', strings: ['setosa', 'virginica, größer'] });
    });
  });

  describe('external data', () => {
    const external = (location: string, offset?: number, length?: number): Field[] => [
      ...tensor('w', 1, [2]),
      int(14, 1),
      nested(13, [text(1, 'location'), text(2, location)]),
      ...(offset === undefined ? [] : [nested(13, [text(1, 'offset'), text(2, String(offset))])]),
      ...(length === undefined ? [] : [nested(13, [text(1, 'length'), text(2, String(length))])]),
    ];
    const file = new Uint8Array(Float32Array.of(9, 1.5, -2).buffer);

    it('is fetched by location, offset and length', () => {
      const read = readTensor(external('m.onnx.data', 4, 8), {
        externalData: (name) => (name === 'm.onnx.data' ? file : new Uint8Array()),
      });
      expect(read.kind === 'numbers' && Array.from(read.tensor.data)).to.deep.equal([1.5, -2]);
    });

    for (const location of ['../secret', '/etc/passwd', 'a/../../b', 'C:\\x', 'a\\b', '', 'a//b', 'x\0y'])
      it(`refuses the location ${JSON.stringify(location)}`, () => {
        let asked = false;
        const options = {
          externalData: () => {
            asked = true;
            return file;
          },
        };
        expect(refusalOf(() => readTensor(external(location), options)).code).to.equal('ONNX_EXTERNAL_LOCATION');
        expect(asked).to.equal(false);
      });

    it('refuses bytes beyond the end of the file', () => {
      expect(refusalOf(() => readTensor(external('d', 8, 8), { externalData: () => file })).code).to.equal(
        'ONNX_TENSOR',
      );
      expect(refusalOf(() => readTensor(external('d', 1e14, 8), { externalData: () => file })).code).to.equal(
        'ONNX_TENSOR',
      );
    });

    it('says which file is missing', () => {
      expect(refusalOf(() => readTensor(external('d.bin'))).facts.join()).to.contain('d.bin');
    });
  });

  describe('refuses, with a hint and never another way,', () => {
    const good = encodeModel({
      nodes: [{ op: 'Relu', in: ['x'], out: ['y'], attributes: { a: 1, b: [1, 2], c: { float: 2 } } }],
      inputs: [valueInfo('x', [1, 2])],
      outputs: ['y'],
      initializers: [tensor('w', 1, [2], packedFloats(4, [1, 2]))],
    });

    it('an empty file', () => expect(refusalOf(() => readOnnx(new Uint8Array())).code).to.equal('ONNX_UNREADABLE'));

    it('a file cut after any byte', () => {
      expect(readOnnx(good).graph.nodes[0].opType).to.equal('Relu');
      for (let length = 0; length < good.length; length++) refusalOf(() => readOnnx(good.subarray(0, length)));
    });

    it('random bytes, and a good file with random bytes written over it', () => {
      const attempt = (data: Uint8Array) => {
        const started = performance.now();
        let model: OnnxModel | undefined;
        try {
          model = readOnnx(data);
        } catch (cause) {
          expect(cause).to.be.instanceOf(ZkinferError);
        }
        expect(performance.now() - started).to.be.below(500);
        return model;
      };
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (data) => void attempt(data)),
        { numRuns: 300 },
      );
      const position = fc.nat(good.length - 1);
      fc.assert(
        fc.property(fc.array(fc.tuple(position, fc.nat(255)), { minLength: 1, maxLength: 4 }), (edits) => {
          const damaged = Uint8Array.from(good);
          for (const [at, value] of edits) damaged[at] = value;
          attempt(damaged);
        }),
        { numRuns: 500 },
      );
    });

    it('a file over the size cap', () => {
      expect(refusalOf(() => readOnnx(good, { maxBytes: good.length - 1 })).code).to.equal('ONNX_TOO_LARGE');
    });

    const bad: [name: string, fields: Field[], code: string][] = [
      ['dims that ask for more elements than there are', tensor('t', 1, [3], packedFloats(4, [1, 2])), 'ONNX_TENSOR'],
      ['dims that ask for fewer', tensor('t', 1, [1], packedFloats(4, [1, 2])), 'ONNX_TENSOR'],
      ['raw data of another length', tensor('t', 1, [2], raw(1, 2, 3)), 'ONNX_TENSOR'],
      ['absurd dims', tensor('t', 1, [2 ** 40, 2 ** 40], packedFloats(4, [1])), 'ONNX_TENSOR'],
      ['a product of dims that is absurd', tensor('t', 1, [65536, 65536], packedFloats(4, [1])), 'ONNX_TENSOR'],
      ['negative dims', tensor('t', 1, [-1], packedFloats(4, [1])), 'ONNX_TENSOR'],
      ['complex numbers', tensor('t', 14, [1], raw(0, 0, 0, 0, 0, 0, 0, 0)), 'ONNX_TENSOR'],
      ['a missing string', tensor('t', 8, [2], text(6, 'a')), 'ONNX_TENSOR'],
    ];
    for (const [name, fields, code] of bad)
      it(name, () => expect(refusalOf(() => readTensor(fields)).code).to.equal(code));

    it('sparse initializers', () => {
      const data = encodeModel({ nodes: [], inputs: [], outputs: [], extraGraphFields: [nested(15, [])] });
      expect(refusalOf(() => readOnnx(data)).code).to.equal('ONNX_SPARSE');
    });
  });
});
