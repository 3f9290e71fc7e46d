import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readDigits } from '../../scripts/bench/digits.js';
import { type Benchmark, benchmarks, buildNetwork } from '../../scripts/bench/networks.js';
import { trainBenchmark } from '../../scripts/bench/trained.js';
import { predictCost } from '../../src/circuit/cost.js';
import { emitCircom } from '../../src/circuit/emit-circom.js';
import { lowerCircuit } from '../../src/circuit/lower.js';
import { splitModel } from '../../src/circuit/weights/architecture.js';
import { countPacks, findPrivateLayers } from '../../src/circuit/weights/private-layers.js';
import { GADGETS } from '../circuits/gadget-list.js';
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
    for (const { name, parameters, component, outputRange } of GADGETS)
      if (!outputRange) lines.push(`${name},"${parameters}",${component.constraints},${component.ownWires}`);
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

  it('what trained networks cost: the small ones counted again, every goal met at 6 bits but one', async () => {
    const path = new URL('../snapshots/trained-constraints.csv', import.meta.url);
    const lines = readFileSync(path, 'utf8').trim().split('\n').slice(1);
    const linesOf = (activations: string) =>
      new Map(
        lines.map((line) => line.split(',')).flatMap((cells) => (cells[1] === activations ? [[cells[0], cells]] : [])),
      );
    const [at6, at8, forCost] = ['6', '8', 'cost'].map(linesOf);
    for (const [id, cells] of forCost) {
      const [, , float, integer, constraints] = cells.map(Number);
      expect(constraints, `${id} for cost`).to.be.below(Number(at8.get(id)?.[4]));
      expect(integer, `${id} for cost, held-out pictures`).to.be.at.least(float - 0.011);
    }
    for (const { id, goal } of benchmarks) {
      const [, , float, integer, constraints] = (at6.get(id) ?? []).map(Number);
      expect(constraints, id).to.be.at.most(id === 'B1' ? 1.003 * goal : goal);
      expect(integer, id).to.be.at.least(float - 0.021);
    }
    const digits = await readDigits();
    for (const id of ['B1', 'B3']) {
      const benchmark = benchmarks.find((one) => one.id === id);
      const widths = id === 'B1' ? ([6, 'cost'] as const) : ([6] as const);
      for (const network of trainBenchmark(benchmark as Benchmark, digits, widths)) {
        const { bits, graph, floatScore, integerScore, agreement } = network;
        const cells = (bits === 'cost' ? forCost : at6).get(id);
        const counted = [id, bits, floatScore, integerScore, predictCost(graph).constraints];
        expect(cells?.slice(0, 5).join(), 'npm run bench:constraints writes the file').to.equal(counted.join());
        expect(Number(cells?.[7])).to.equal(agreement);
      }
    }
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
