import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { emitR1cs } from '../../src/circuit/emit-r1cs.js';
import { defineRequantize } from '../../src/circuit/gadgets/requantize.js';
import type { CircuitProgram } from '../../src/circuit/program.js';
import { computeWitness } from '../../src/circuit/witness.js';
import { invertField, toField } from '../../src/core/field.js';
import { QuantModel } from '../circuit/quant-model.js';
import { identity } from './affine-rows.js';
import { buildComponentProgram } from './component-program.js';
import { printConstraint, violatedConstraints, wireValues, withoutRows } from './r1cs-tester.js';
import { buildRuleProgram } from './rule-program.js';

interface Forgery {
  readonly name: string;
  readonly program: CircuitProgram;
  readonly input: readonly number[];
  readonly truth: bigint;
  readonly claim: bigint;
  /** Wires that the forger sets, by name; the others stay honest. */
  readonly wires: Readonly<Record<string, bigint>>;
  /** Signals whose constraint to be 0 or 1 is all that the forged witness violates. */
  readonly guards: readonly string[];
}

/** What the compiler makes of one model over inputs of 4 bits. */
function compileModel(size: number, fill: (m: QuantModel, x: number) => number): CircuitProgram {
  const m = new QuantModel();
  m.output('y', fill(m, m.input('x', size, 4)));
  return buildRuleProgram(m.finish());
}

const relu = { bits: 4, shift: 0, outBits: 4, signed: true, over: 0 };
const quotient = { bits: 6, shift: 2, outBits: 4, signed: false, over: 0 };
const fifteenFourths = toField(15n * invertField(4n));

/** Each witness takes care of every other constraint: without the guards it would be accepted. */
const FORGERIES: readonly Forgery[] = [
  {
    name: 'Dense = 1000 where the truth is 4',
    // (3·9 + 5·1 + 4) >> 3
    program: compileModel(2, (m, x) => m.requantize(m.dense(x, [[3, 5]], [0]), 3, 4)),
    input: [9, 1],
    truth: 4n,
    claim: 1000n,
    wires: {
      'layer_1_requantize.g0.y[0]': 1000n,
      'layer_1_requantize.g0.b[0]': (36n - 8000n) / 2n,
      'layer_1_requantize.g0.b[1]': 0n,
      'layer_1_requantize.g0.b[2]': 0n,
      'layer_1_requantize.g0.b[3]': 0n,
      'layer_1_requantize.g0.b[4]': 125n,
    },
    guards: ['layer_1_requantize.g0.b[0]', 'layer_1_requantize.g0.b[4]'],
  },
  {
    name: 'ReLU(5) = 0',
    // y = 0 is right for the magnitude -5, whose bits are 1, -3, 0, 0
    program: buildComponentProgram(defineRequantize(identity, [relu], false)),
    input: [5],
    truth: 5n,
    claim: 0n,
    wires: { 'layer_0_gadget.g0.b[0]': -3n, 'layer_0_gadget.g0.b[1]': 0n, 'layer_0_gadget.g0.b[2]': 0n },
    guards: ['layer_0_gadget.g0.b[0]'],
  },
  {
    name: 'a quotient that wraps around the field',
    // 13 + 2 = 4 y with nothing left over
    program: buildComponentProgram(defineRequantize(identity, [quotient], false)),
    input: [13],
    truth: 3n,
    claim: fifteenFourths,
    wires: {
      'layer_0_gadget.g0.b[0]': 0n,
      'layer_0_gadget.g0.b[1]': 0n,
      'layer_0_gadget.g0.b[2]': 0n,
      'layer_0_gadget.g0.b[3]': toField(fifteenFourths * invertField(8n)),
    },
    guards: ['layer_0_gadget.g0.b[3]'],
  },
  {
    name: 'the last of two that tie, where argmax takes the first',
    // 9 - 9 - 1 = -1 passes for non-negative with the bits 1, -1, 0, 0
    program: compileModel(3, (m, x) =>
      m.node({ kind: 'argmax', inputs: [x], windows: [Int32Array.of(0, 1, 2)], last: false }),
    ),
    input: [7, 9, 9],
    truth: 1n,
    claim: 2n,
    wires: {
      'layer_3_compare.g0.y[0]': 1n,
      'layer_3_compare.g0.b[0]': -1n,
      'layer_3_compare.g0.b[1]': 0n,
      'layer_3_compare.g0.b[2]': 0n,
      'layer_4_select.g0.y[0]': 1n,
    },
    guards: ['layer_3_compare.g0.b[0]'],
  },
];

describe('named forgeries against emitted circuits', () => {
  for (const { name, program, input, truth, claim, wires, guards } of FORGERIES) {
    const { r1cs, wireNames } = emitR1cs(program);
    const forge = () => {
      const values = wireValues(computeWitness(program, { x: input }, 0n));
      expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
      expect(values[1]).to.equal(truth);
      for (const [wire, value] of Object.entries({ ...wires, 'y[0]': claim })) {
        const at = wireNames.indexOf(`main.${wire}`);
        expect(at, wire).to.be.greaterThan(0);
        values[at] = toField(value);
      }
      return values;
    };
    const guardRows = () => {
      const isGuard = new Set(guards.map((signal) => `(1·main.${signal}) · (1·main.${signal} + -1·one) = 0`));
      return Array.from({ length: r1cs.constraintCount }, (_, row) => row).filter((row) =>
        isGuard.has(printConstraint(r1cs, row, wireNames)),
      );
    };

    it(`refuses ${name}, by ${guards.length === 1 ? 'one constraint alone' : `${guards.length} constraints`}`, () => {
      expect(guardRows().length).to.equal(guards.length);
      expect(violatedConstraints(r1cs, forge())).to.deep.equal(guardRows());
      expect(auditR1cs(r1cs).proved).to.equal(true);
    });

    it(`would take ${name} without, and the audit says so`, () => {
      const rows = guardRows();
      const damaged = withoutRows(r1cs, (row) => rows.includes(row));
      expect(violatedConstraints(damaged, forge())).to.deep.equal([]);
      expect(auditR1cs(damaged).proved).to.equal(false);
    });
  }
});
