import { expect } from 'chai';
import { encodeR1cs, readR1cs } from '../../src/circom/r1cs-file.js';
import { readSym } from '../../src/circom/sym-file.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { ZkinferError } from '../../src/core/error.js';
import { buildRandomModel } from '../circuit/random-model.js';

const { r1cs } = emitR1cs(lowerCircuit(buildRandomModel(3, ['requantize', 'lookup'])));

/** Rows as text, coefficient values and wires sorted. */
function rowsOf(system: typeof r1cs): string[] {
  const side = (matrix: typeof r1cs.a, row: number) =>
    Array.from({ length: matrix.start[row + 1] - matrix.start[row] }, (_, t) => {
      const at = matrix.start[row] + t;
      return `${matrix.wire[at]}:${system.coefficients[matrix.coefficient[at]]}`;
    })
      .sort()
      .join(' ');
  return Array.from({ length: system.constraintCount }, (_, row) =>
    [system.a, system.b, system.c].map((m) => side(m, row)).join('|'),
  );
}

describe('.r1cs files', () => {
  it('come back as they were written', () => {
    const again = readR1cs(encodeR1cs(r1cs));
    expect(rowsOf(again)).to.deep.equal(rowsOf(r1cs));
    for (const key of ['wireCount', 'outputCount', 'publicInputCount', 'privateInputCount'] as const)
      expect(again[key]).to.equal(r1cs[key]);
  });

  const file = encodeR1cs(r1cs);
  const edited = (at: number, value: number) => {
    const copy = file.slice();
    copy[at] = value;
    return copy;
  };
  const damaged: Readonly<Record<string, Uint8Array>> = {
    'nothing at all': new Uint8Array(0),
    'another magic': edited(0, 0x7a),
    'another version': edited(4, 2),
    'many sections': edited(9, 1),
    'a section past the end': edited(21, 1),
    'another field': edited(30, file[30] ^ 1),
    'fewer constraints than there are': edited(84, file[84] - 1),
    'more constraints than there are': edited(85, 0xff),
    'absurdly many wires': edited(63, 0xff),
    'one byte less': file.slice(0, -1),
    'half of it': file.slice(0, file.length >> 1),
    'a byte behind it': Uint8Array.from([...file, 0]),
  };
  for (const [what, bytes] of Object.entries(damaged))
    it(`are refused with ${what}`, () => {
      expect(() => readR1cs(bytes))
        .to.throw(ZkinferError)
        .with.property('kind', 'artifact');
    });

  it('are refused at every cut', () => {
    for (let length = 0; length < file.length; length += 97)
      expect(() => readR1cs(file.subarray(0, length)))
        .to.throw(ZkinferError)
        .with.property('code', 'R1CS_DAMAGED');
  });
});

describe('.sym files', () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  it('give the wire of each name, -1 where it was removed', () => {
    const wires = readSym(encode('1,1,5,main.y\n2,-1,5,main.g0.x[1]\n3,20,5,main.x[0]'));
    expect([...wires]).to.deep.equal([
      ['main.y', 1],
      ['main.g0.x[1]', -1],
      ['main.x[0]', 20],
    ]);
  });
  for (const bad of ['1,1,main.y', '1,x,5,main.y', 'main'])
    it(`refuse ${bad}`, () => {
      expect(() => readSym(encode(bad)))
        .to.throw(ZkinferError)
        .with.property('code', 'SYM_DAMAGED');
    });
});
