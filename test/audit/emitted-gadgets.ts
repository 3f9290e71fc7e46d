import type { Component } from '../../src/circuit/component.js';
import { defineConstant, defineCopy } from '../../src/circuit/gadgets/copy.js';
import { defineDigits } from '../../src/circuit/gadgets/digits.js';
import { defineInnerProduct } from '../../src/circuit/gadgets/inner-product.js';
import { defineIsZero } from '../../src/circuit/gadgets/is-zero.js';
import { defineLinear } from '../../src/circuit/gadgets/linear.js';
import { defineLookup } from '../../src/circuit/gadgets/lookup.js';
import { defineNonNegative } from '../../src/circuit/gadgets/non-negative.js';
import { defineProduct, defineProducts } from '../../src/circuit/gadgets/product.js';
import { defineRangeCheck } from '../../src/circuit/gadgets/range-check.js';
import { defineRequantize, type RequantizeRow } from '../../src/circuit/gadgets/requantize.js';
import { defineSplit } from '../../src/circuit/gadgets/split.js';
import { defineStaircase } from '../../src/circuit/gadgets/staircase.js';
import { defineThermometer } from '../../src/circuit/gadgets/thermometer.js';
import type { CircuitProgram } from '../../src/circuit/program.js';
import { defineChallengeSum } from '../../src/circuit/statement/challenge.js';
import { defineContext } from '../../src/circuit/statement/context.js';
import { definePack } from '../../src/circuit/statement/pack.js';
import { definePoseidon } from '../../src/circuit/statement/poseidon.js';
import type { QuantValueId } from '../../src/quantize/ir.js';
import { QuantModel, runModel } from '../circuit/quant-model.js';
import { affineRows, identity, span } from '../circuits/affine-rows.js';
import { buildComponentProgram } from '../circuits/component-program.js';
import { buildRuleProgram } from '../circuits/rule-program.js';

/** A gadget as the compiler emits it, so small that search over a small prime visits every assignment. */
export interface EmittedGadget {
  readonly name: string;
  readonly parameters: string;
  readonly program: CircuitProgram;
  /** The prime to search over; null where constants are no small ratios, as those of a hash: then the BN254 field, without search. */
  readonly prime: number | null;
  /** Inputs that it is meant for: all of them, or with no prime some. */
  readonly domain: readonly (readonly number[])[];
  /** Outputs of the integer evaluator; where left out those of the witness program stand for it. */
  readonly evaluate?: (input: readonly number[]) => ArrayLike<number>;
  /** Every how many-th mutant is tried; 1 where left out, which is all of them. */
  readonly every?: number;
  /** Bounds of every input that the gadget requires of whoever places it. */
  readonly requires?: readonly [number, number];
  /** Bounds of every input that it ensures. */
  readonly ensures?: readonly [number, number];
}

const singles = (min: number, max: number) => span(min, max).map((x) => [x]);

/** All lists of `count` integers of `[min, max]`. */
function cube(count: number, min: number, max: number): number[][] {
  return count === 0 ? [[]] : cube(count - 1, min, max).flatMap((head) => span(min, max).map((x) => [...head, x]));
}

type Details = Omit<EmittedGadget, 'name' | 'parameters' | 'program'> & {
  readonly outputRange?: readonly [number, number];
};

function emit(
  name: string,
  parameters: string,
  component: Component,
  { outputRange, ...details }: Details,
): EmittedGadget {
  return { name, parameters, program: buildComponentProgram(component, outputRange), ...details };
}

function emitRequantize(row: RequantizeRow, prime: number, materialized = false): EmittedGadget {
  const { bits, shift, outBits, signed, over } = row;
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  const least = signed ? (over === 0 ? 2 ** shift : 0) - 2 ** bits : 0;
  const most = (over === 0 ? 2 ** (shift + outBits) : 2 ** bits) - 1;
  const parameters = `p=${bits} s=${shift} k=${outBits} ${signed ? 'signed' : 'non-negative'} over=${over}${materialized ? ', a signal' : ''}`;
  const component = defineRequantize(identity, [row], materialized);
  return emit('requantize', parameters, component, { prime, domain: singles(least - half, most - half) });
}

/** What the compiler makes of one node over inputs of `0 … max`. */
function emitRule(
  name: string,
  parameters: string,
  [count, max, prime]: readonly [number, number, number],
  fill: (m: QuantModel, x: QuantValueId) => QuantValueId,
): EmittedGadget {
  const m = new QuantModel();
  m.output('y', fill(m, m.input('x', count, 8, max)));
  const graph = m.finish();
  const evaluate = (x: readonly number[]) => runModel(graph, { x }).y;
  const program = buildRuleProgram(graph);
  return { name, parameters, program, prime, domain: cube(count, 0, max), ensures: [0, max], evaluate };
}

const window = (count: number) => [Int32Array.from({ length: count }, (_, at) => at)];
const part = (bytes: number, factor = 1, offset = 0) => ({ bytes, factor, offset });

const COMPONENTS: readonly EmittedGadget[] = [
  emitRequantize({ bits: 3, shift: 1, outBits: 2, signed: true, over: 0 }, 61),
  emitRequantize({ bits: 3, shift: 2, outBits: 1, signed: true, over: 0 }, 61),
  emitRequantize({ bits: 3, shift: 0, outBits: 3, signed: true, over: 0 }, 61),
  emitRequantize({ bits: 3, shift: 1, outBits: 2, signed: true, over: 0 }, 61, true),
  emitRequantize({ bits: 3, shift: 1, outBits: 1, signed: true, over: 1 }, 61),
  emitRequantize({ bits: 4, shift: 1, outBits: 1, signed: true, over: 2 }, 61),
  emitRequantize({ bits: 4, shift: 0, outBits: 1, signed: true, over: 3 }, 61),
  emitRequantize({ bits: 3, shift: 1, outBits: 2, signed: false, over: 0 }, 61),
  emitRequantize({ bits: 3, shift: 1, outBits: 1, signed: false, over: 1 }, 61),
  emitRequantize({ bits: 4, shift: 1, outBits: 1, signed: false, over: 2 }, 61),
  ...[1, 2, 5, 7].map((max) =>
    emit('range check', `0 … ${max}`, defineRangeCheck([0], [max]), {
      prime: 61,
      domain: singles(0, max),
      ensures: [0, max],
    }),
  ),
  emit('range check', '3 … 9', defineRangeCheck([3], [9]), { prime: 61, domain: singles(3, 9), ensures: [3, 9] }),
  emit('sign test', 'p=3', defineNonNegative(identity, [3], false), { prime: 61, domain: singles(-8, 7) }),
  emit('sign test', 'p=2, a signal', defineNonNegative(identity, [2], true), { prime: 61, domain: singles(-4, 3) }),
  ...[false, true].map((materialized) =>
    emit('zero test', materialized ? 'a signal' : '', defineIsZero(identity, materialized), {
      prime: 61,
      domain: singles(-30, 30),
    }),
  ),
  ...[
    [5, 4, 2, 7],
    [3, 1, 4, 1, 5, 9],
  ].map((table) =>
    emit('lookup', `${table.length} entries`, defineLookup(identity, table, table.length - 1), {
      prime: 61,
      domain: singles(0, table.length - 1),
    }),
  ),
  emit('thermometer', '3 thresholds', defineThermometer(identity, 0, 7, [2, 3, 6]), {
    prime: 61,
    domain: singles(0, 7),
    requires: [0, 7],
  }),
  emit('staircase', '3 thresholds', defineStaircase(identity, 0, 15, [1, 4, 9]), {
    prime: 127,
    domain: singles(0, 15),
    requires: [0, 15],
  }),
  emit('products', '2 pairs', defineProducts(2), { prime: 7, domain: cube(4, 0, 2) }),
  emit('product', 'of two sums', defineProduct(affineRows([[1, -1]], [2]), affineRows([[0, 3]], [-1])), {
    prime: 31,
    domain: cube(2, 0, 7),
  }),
  emit('inner product', '2 weights', defineInnerProduct(2), { prime: 5, domain: cube(5, 0, 1) }),
  emit(
    'linear',
    '2 sums',
    defineLinear(
      affineRows(
        [
          [2, -3],
          [0, 1],
        ],
        [1, 0],
      ),
    ),
    { prime: 31, domain: cube(2, 0, 7) },
  ),
  emit('digits', '2 of 2 bits, range checks beside them', defineDigits(2, 2, -1), {
    prime: 61,
    domain: singles(-5, 10),
    outputRange: [0, 3],
  }),
  emit('split', '4 bits at bit 2', defineSplit([2], [15]), { prime: 61, domain: singles(0, 15), ensures: [0, 15] }),
  emit('copy', '', defineCopy(), { prime: 61, domain: singles(0, 30) }),
  emit('constant', '', defineConstant(9n), { prime: 61, domain: [[]] }),
  emit('context', '', defineContext(), { prime: 61, domain: singles(0, 30) }),
  emit('pack', '3 bytes', definePack([part(1), part(1, -1, 3), part(1, 0, 9)]), { prime: 31, domain: cube(2, 0, 3) }),
  emit('joined limb', '2 and 1 bytes', definePack([part(2), part(1)]), { prime: 31, domain: cube(2, 0, 7) }),
  emit('challenge sum', '3 limbs', defineChallengeSum(3), { prime: 7, domain: cube(4, 0, 2) }),
];

const RULES: readonly EmittedGadget[] = [
  emitRule('max', '2 inputs of 2 bits', [2, 3, 31], (m, x) => m.node({ kind: 'max', inputs: [x], windows: window(2) })),
  emitRule('argmax', '3 inputs of 2 bits', [3, 3, 31], (m, x) =>
    m.node({ kind: 'argmax', inputs: [x], windows: window(3), last: false }),
  ),
  emitRule('argmax', '2 inputs of 2 bits, last of ties', [2, 3, 31], (m, x) =>
    m.node({ kind: 'argmax', inputs: [x], windows: window(2), last: true }),
  ),
  emitRule('top-k', '2 of 3 inputs of 2 bits', [3, 3, 31], (m, x) =>
    m.node({ kind: 'topk', inputs: [x], windows: window(3), k: 2 }),
  ),
  emitRule('trees', '2 trees over 2 inputs of 2 bits', [2, 3, 31], (m, x) =>
    m.node({
      kind: 'trees',
      inputs: [x],
      roots: Int32Array.of(0, 2),
      feature: Int32Array.of(0, 1, 0),
      threshold: Float64Array.of(2, 1, 1),
      yes: Int32Array.of(1, -1, -3),
      no: Int32Array.of(-2, -3, -1),
      leafWeights: [1, 2, 0].map((weight) => Float64Array.of(weight)),
      base: Float64Array.of(0),
    }),
  ),
  emitRule('ReLU', 'of a sum of 2 inputs', [2, 3, 31], (m, x) =>
    m.node({ kind: 'relu', inputs: [m.dense(x, [[1, -1]], [1])] }),
  ),
];

/** Kinds of nodes that are one gadget each, over inputs that the circuit holds to their ranges. */
const NODES: readonly EmittedGadget[] = [
  emitRule('dense and requantize', '2 inputs of 2 bits', [2, 3, 61], (m, x) =>
    m.requantize(m.dense(x, [[2, -1]], [1]), 1, 2),
  ),
  emitRule('sign test node', '2 inputs of 2 bits', [2, 3, 61], (m, x) =>
    m.node({ kind: 'nonNegative', inputs: [m.dense(x, [[1, -1]], [0])] }),
  ),
  emitRule('zero test node', '2 inputs of 2 bits', [2, 3, 61], (m, x) =>
    m.node({ kind: 'isZero', inputs: [m.dense(x, [[1, -1]], [0])] }),
  ),
  emitRule('lookup node', '1 input of 2 bits', [1, 3, 61], (m, x) =>
    m.node({ kind: 'lookup', inputs: [x], tables: [{ offset: 0, values: Float64Array.of(5, 4, 2, 7) }], which: null }),
  ),
  emitRule('staircase node', '2 steps over 1 input of 3 bits', [1, 7, 127], (m, x) =>
    m.node({ kind: 'staircase', inputs: [x], steps: [{ base: 0, thresholds: Float64Array.of(2, 5) }], which: null }),
  ),
  emitRule('product node', '2 inputs of 2 bits', [2, 3, 61], (m, x) =>
    m.node({
      kind: 'bilinear',
      inputs: [x, x],
      start: Int32Array.of(0, 2),
      left: Int32Array.of(0, 1),
      right: Int32Array.of(1, 1),
    }),
  ),
];

const HASHES: readonly EmittedGadget[] = [
  emit('poseidon', '1 input', definePoseidon(1, null), { prime: null, domain: singles(0, 3), every: 400 }),
];

/** Every kind of gadget and every composition of them that the compiler emits. */
export const EMITTED_GADGETS: readonly EmittedGadget[] = [...COMPONENTS, ...NODES, ...RULES, ...HASHES];
