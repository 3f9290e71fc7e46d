import { expect } from 'chai';
import { digestBytes } from '../../src/bundle/digest.js';
import { decodeQModel, encodeQModel, type QModel } from '../../src/bundle/qmodel.js';
import { ZkinferError } from '../../src/core/error.js';
import { makeEveryKind } from './quant-graph.js';

const model: QModel = {
  graph: makeEveryKind(),
  source: { name: 'm.onnx', digest: digestBytes('m') },
  options: { activationBits: 8 },
  report: { top1Agreement: 1, layers: [] },
};

// biome-ignore lint/suspicious/noExplicitAny: the damage goes into parsed JSON at any depth.
type Mutable = any;

function refuse(change: (file: Mutable) => void, words: string): void {
  const file = JSON.parse(encodeQModel(model)) as Mutable;
  change(file);
  let error: unknown;
  try {
    decodeQModel(JSON.stringify(file));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).to.be.instanceOf(ZkinferError);
  expect((error as ZkinferError).exitCode).to.equal(3);
  expect((error as ZkinferError).facts.join('\n')).to.contain(words);
}

const set = (target: Mutable, key: string | number, value: unknown) => {
  target[key] = value;
};

describe('the qmodel file', () => {
  it('gives back the same graph and the same bytes', () => {
    const text = encodeQModel(model);
    const back = decodeQModel(text);
    expect(back).to.deep.equal(model);
    expect(encodeQModel(back)).to.equal(text);
  });

  it('packs long lists in the narrowest type and gives back each number exactly', () => {
    const longs = [-128, 127, 128, -32769, 2 ** 31, 0.1 + 0.2, -(2 ** 52)];
    for (const extreme of longs) {
      const graph = makeEveryKind();
      const bias = new Float64Array(100).fill(1);
      bias[7] = extreme;
      const report = { packed: 0 };
      const values = graph.values.map((value, i) => (i === 0 ? { ...value, shape: [1, 100], scale: bias } : value));
      const nodes = graph.nodes.map((node) => node);
      const text = encodeQModel({ ...model, report, graph: { ...graph, values, nodes } });
      expect([...decodeQModel(text).graph.values[0].scale]).to.deep.equal([...bias]);
    }
  });

  it('refuses damage, and says where', () => {
    refuse((file) => set(file, 'format', 'zkinfer-qmodel/9'), '$.format');
    refuse((file) => set(file, 'more', 1), '$.more');
    refuse((file) => set(file.source, 'digest', 'sha256:00'), '$.source.digest');
    refuse((file) => set(file.graph.nodes[0], 'kind', 'toString'), '$.graph.nodes[0].kind');
    refuse((file) => set(file.graph.nodes[0].map.rowWindow, 0, 5), 'rowWindow');
    refuse((file) => set(file.graph.nodes[0].map.windows.numbers, 0, 3), 'windows');
    refuse((file) => set(file.graph.nodes[0].map.kernels.numbers, 0, 0.5), 'kernels');
    refuse((file) => set(file.graph.nodes[0].inputs, 0, 1), 'inputs');
    refuse((file) => set(file.graph.nodes[3].index, 1, -2), 'index');
    refuse((file) => set(file.graph.nodes[12].yes, 0, 0), 'children after it');
    refuse((file) => set(file.graph.outputs[0], 'value', 99), 'outputs[0]');
    refuse((file) => set(file.graph.values[0].scale, 0, null), 'scale');
    expect(() => decodeQModel('{')).to.throw(ZkinferError);
  });

  it('refuses a declared bound that an input can leave', () => {
    refuse((file) => set(file.graph.values[1].max, 0, 510), 'bounds of element 0');
    refuse((file) => set(file.graph.values[7].min, 0, 1), 'bounds of element 0');
    refuse((file) => set(file.graph.inputs[0], 'bits', 7), 'bits');
  });
});
