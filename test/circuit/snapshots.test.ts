import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { benchmarks, buildNetwork } from '../../scripts/bench/networks.js';
import { predictCost } from '../../src/circuit/cost.js';
import { emitCircom } from '../../src/circuit/emit-circom.js';
import { defineDigits } from '../../src/circuit/gadgets/digits.js';
import { defineInnerProduct } from '../../src/circuit/gadgets/inner-product.js';
import { defineIsZero } from '../../src/circuit/gadgets/is-zero.js';
import { defineLookup } from '../../src/circuit/gadgets/lookup.js';
import { defineNonNegative } from '../../src/circuit/gadgets/non-negative.js';
import { defineRangeCheck } from '../../src/circuit/gadgets/range-check.js';
import { defineRequantize, type RequantizeRow } from '../../src/circuit/gadgets/requantize.js';
import { defineStaircase } from '../../src/circuit/gadgets/staircase.js';
import { defineThermometer } from '../../src/circuit/gadgets/thermometer.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { definePoseidon } from '../../src/circuit/statement/poseidon.js';
import { splitModel } from '../../src/circuit/weights/architecture.js';
import { countPacks, findPrivateLayers } from '../../src/circuit/weights/private-layers.js';
import { identity, span } from '../circuits/affine-rows.js';
import { QuantModel } from './quant-model.js';

/** Compares with a file of `test/snapshots`; `UPDATE_SNAPSHOTS=1` rewrites it. */
function expectSnapshot(name: string, text: string): void {
  const path = fileURLToPath(new URL(`../snapshots/${name}`, import.meta.url));
  if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(path, text);
  expect(text).to.equal(readFileSync(path, 'utf8'));
}

/** Two pixels, a hidden layer of two, argmax. Names are a model's own: none may reach the text. */
function buildSmall() {
  const model = new QuantModel();
  const x = model.input('image"; } component evil', 2, 8);
  const hidden = model.requantize(
    model.dense(
      x,
      [
        [3, -5],
        [-2, 7],
      ],
      [10, -20],
    ),
    4,
    6,
  );
  const scores = model.dense(
    hidden,
    [
      [1, 2],
      [-3, 4],
      [5, 0],
    ],
    [0, 1, -50],
  );
  const windows = [Int32Array.of(0, 1, 2)];
  model.output('*/ class', model.node({ kind: 'argmax', inputs: [scores], windows, last: false, layer: 'top\n1' }));
  return model.finish();
}

describe('snapshots of circuits', () => {
  it('the text of a small model', () => {
    const text = emitCircom(lowerCircuit(buildSmall()));
    for (const word of ['evil', 'image', 'class', 'top']) expect(text).to.not.contain(word);
    expectSnapshot('small.circom', text);
  });

  it('what each gadget costs', () => {
    const lines = ['gadget,parameters,constraints,own wires'];
    const requantize = (row: RequantizeRow) => {
      const { bits, shift, outBits, signed, over } = row;
      const component = defineRequantize(identity, [row], false);
      const what = `p=${bits} s=${shift} k=${outBits} ${signed ? 'signed' : 'non-negative'} over=${over}`;
      lines.push(`requantize,${what},${component.constraints},${component.ownWires}`);
    };
    for (const signed of [true, false])
      for (const over of [0, 1, 2, 4]) requantize({ bits: 17 + over, shift: 10, outBits: 7, signed, over });
    requantize({ bits: 21, shift: 0, outBits: 21, signed: true, over: 0 });
    const push = (name: string, what: string, { constraints, ownWires }: { constraints: number; ownWires: number }) =>
      lines.push(`${name},${what},${constraints},${ownWires}`);
    for (const max of [1, 100, 255, 65535]) push('range check', `0 … ${max}`, defineRangeCheck([0], [max]));
    for (const bits of [8, 21]) push('sign test', `p=${bits}`, defineNonNegative(identity, [bits], false));
    push('zero test', '', defineIsZero(identity, false));
    for (const size of [4, 16, 64, 256, 1024])
      push('lookup', `${size} entries`, defineLookup(identity, span(0, size - 1), size - 1));
    const evenly = (count: number) => span(1, count).map((t) => t * 1000 + (t % 3));
    for (const count of [10, 60])
      push('thermometer', `${count} thresholds`, defineThermometer(identity, 0, 70_000, evenly(count)));
    for (const count of [10, 60, 255])
      push('staircase', `${count} thresholds`, defineStaircase(identity, 0, 300_000, evenly(count)));
    push('inner product', '10 weights', defineInnerProduct(10));
    push('digits', '10 of 25 bits, without their ranges', defineDigits(10, 25, 0));
    for (const inputs of [2, 16]) push('poseidon', `${inputs} inputs`, definePoseidon(inputs, null));
    expectSnapshot('gadgets.csv', `${lines.join('\n')}\n`);
  });

  it('what the benchmark networks cost', () => {
    const lines = ['id,shape,weights,activations,saturating bits,constraints,wires'];
    // How far above its goal a network may be, by style: what `npm run bench:constraints` shows, and no more.
    for (const [weightBits, activationBits, headroom, most] of [
      [8, 7, 3, 1.15],
      [6, 6, 3, 1.05],
      [6, 6, 0, 1.03],
    ]) {
      for (const benchmark of benchmarks) {
        const { constraints, wires } = predictCost(buildNetwork(benchmark, { weightBits, activationBits, headroom }));
        const { id, shape, goal } = benchmark;
        lines.push(`${id},${shape},${weightBits},${activationBits},${headroom},${constraints},${wires}`);
        expect(constraints, id).to.be.at.most(goal * most);
      }
    }
    expectSnapshot('constraints.csv', `${lines.join('\n')}\n`);
  });

  it('what private weights cost beside constants', () => {
    const lines = ['id,shape,constants,private,field elements'];
    for (const benchmark of benchmarks) {
      if (!['B1', 'B2', 'B3', 'B4'].includes(benchmark.id)) continue;
      const graph = buildNetwork(benchmark, { weightBits: 7, activationBits: 7, headroom: 3 });
      const { architecture } = splitModel(graph, undefined, 0);
      const { constraints } = predictCost(architecture, { weights: 'private' });
      const packs = countPacks(findPrivateLayers(architecture));
      lines.push(`${benchmark.id},${benchmark.shape},${predictCost(graph).constraints},${constraints},${packs}`);
    }
    expectSnapshot('private-weights.csv', `${lines.join('\n')}\n`);
  });
});
