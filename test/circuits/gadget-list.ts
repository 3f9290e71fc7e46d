import type { Component } from '../../src/circuit/component.js';
import { defineCopy } from '../../src/circuit/gadgets/copy.js';
import { defineDigits } from '../../src/circuit/gadgets/digits.js';
import { defineInnerProduct } from '../../src/circuit/gadgets/inner-product.js';
import { defineIsZero } from '../../src/circuit/gadgets/is-zero.js';
import { defineLookup } from '../../src/circuit/gadgets/lookup.js';
import { defineNonNegative } from '../../src/circuit/gadgets/non-negative.js';
import { defineProducts } from '../../src/circuit/gadgets/product.js';
import { defineRangeCheck } from '../../src/circuit/gadgets/range-check.js';
import { defineRequantize } from '../../src/circuit/gadgets/requantize.js';
import { defineSplit } from '../../src/circuit/gadgets/split.js';
import { defineStaircase } from '../../src/circuit/gadgets/staircase.js';
import { defineThermometer } from '../../src/circuit/gadgets/thermometer.js';
import { defineChallengeSum } from '../../src/circuit/statement/challenge.js';
import { definePack } from '../../src/circuit/statement/pack.js';
import { definePoseidon } from '../../src/circuit/statement/poseidon.js';
import { identity, span } from './affine-rows.js';

/** A gadget at one size: what the tables of costs and of forgeries have a line for. */
export interface ListedGadget {
  readonly name: string;
  readonly parameters: string;
  readonly component: Component;
  /** Honest inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** Bounds of every input that the gadget requires of whoever places it. */
  readonly requires?: readonly [number, number];
  /** Bounds of every input that it ensures. */
  readonly ensures?: readonly [number, number];
  /** Range checks that its outputs need beside it. */
  readonly outputRange?: readonly [number, number];
}

const evenly = (count: number) => span(1, count).map((t) => t * 1000 + (t % 3));
const some = (...values: number[]) => values.map((value) => [value]);

/** Every kind of gadget, at sizes that occur. */
export const GADGETS: readonly ListedGadget[] = [
  ...[true, false].flatMap((signed) =>
    [0, 1, 2, 4].map((over): ListedGadget => {
      const row = { bits: 17 + over, shift: 10, outBits: 7, signed, over };
      const sign = signed ? 'signed' : 'non-negative';
      const top = 2 ** row.bits - 600;
      return {
        name: 'requantize',
        parameters: `p=${row.bits} s=10 k=7 ${sign} over=${over}`,
        component: defineRequantize(identity, [row], false),
        inputs: some(...(signed ? [-top, -700] : []), 700, 90_000, top),
      };
    }),
  ),
  {
    name: 'requantize',
    parameters: 'p=21 s=0 k=21 signed over=0',
    component: defineRequantize(identity, [{ bits: 21, shift: 0, outBits: 21, signed: true, over: 0 }], false),
    inputs: some(-5, 5, 2 ** 20),
  },
  ...[1, 100, 255, 65535].map(
    (max): ListedGadget => ({
      name: 'range check',
      parameters: `0 … ${max}`,
      component: defineRangeCheck([0], [max]),
      inputs: some(0, 1, max),
      ensures: [0, max],
    }),
  ),
  ...[8, 21].map(
    (bits): ListedGadget => ({
      name: 'sign test',
      parameters: `p=${bits}`,
      component: defineNonNegative(identity, [bits], false),
      inputs: some(-3, 0, 100),
    }),
  ),
  { name: 'zero test', parameters: '', component: defineIsZero(identity, false), inputs: some(0, 7) },
  ...[4, 16, 64, 256, 1024].map(
    (size): ListedGadget => ({
      name: 'lookup',
      parameters: `${size} entries`,
      component: defineLookup(
        identity,
        span(0, size - 1).map((x) => (x * x * 31 + 7 * x) % 251),
        size - 1,
      ),
      inputs: some(0, size - 1),
    }),
  ),
  ...[10, 60].map(
    (count): ListedGadget => ({
      name: 'thermometer',
      parameters: `${count} thresholds`,
      component: defineThermometer(identity, 0, 70_000, evenly(count)),
      inputs: some(0, 5500, 70_000),
      requires: [0, 70_000],
    }),
  ),
  ...[10, 60, 255].map(
    (count): ListedGadget => ({
      name: 'staircase',
      parameters: `${count} thresholds`,
      component: defineStaircase(identity, 0, 300_000, evenly(count)),
      inputs: some(0, 5500, 300_000),
      requires: [0, 300_000],
    }),
  ),
  { name: 'products', parameters: '2 pairs', component: defineProducts(2), inputs: [[3, 5, 7, 11]] },
  { name: 'inner product', parameters: '10 weights', component: defineInnerProduct(10), inputs: [span(1, 21)] },
  {
    name: 'digits',
    parameters: '10 of 25 bits, without their ranges',
    component: defineDigits(10, 25, 0),
    inputs: some(2 ** 40 + 77),
  },
  {
    name: 'digits',
    parameters: '10 of 25 bits, range checks beside them',
    component: defineDigits(10, 25, 0),
    inputs: some(2 ** 40 + 77),
    outputRange: [0, 2 ** 25 - 1],
  },
  {
    name: 'split',
    parameters: '24 bits at bit 8',
    component: defineSplit([8], [2 ** 24 - 1]),
    inputs: some(0, 2 ** 24 - 1),
  },
  { name: 'copy', parameters: '', component: defineCopy(), inputs: some(5) },
  {
    name: 'pack',
    parameters: '31 bytes',
    component: definePack(span(1, 31).map(() => ({ bytes: 1, factor: 1, offset: 0 }))),
    inputs: [span(1, 31)],
  },
  { name: 'challenge sum', parameters: '26 limbs', component: defineChallengeSum(26), inputs: [span(1, 27)] },
  ...[2, 16].map(
    (inputs): ListedGadget => ({
      name: 'poseidon',
      parameters: `${inputs} inputs`,
      component: definePoseidon(inputs, null),
      inputs: [span(1, inputs)],
    }),
  ),
];
