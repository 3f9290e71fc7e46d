import { expect } from 'chai';
import { ZkinferError } from '../../src/core/error.js';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { type ImportOptions, type ImportReport, importGraph, tryImportGraph } from '../../src/graph/import.js';
import type { Graph } from '../../src/graph/ir.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { verifyGraph } from '../../src/graph/verify.js';
import { readOnnx } from '../../src/onnx/read.js';
import {
  encodeModel,
  floatTensor,
  int,
  intTensor,
  type ModelSpec,
  nested,
  node,
  packedInts,
  tensor,
  text,
  valueInfo,
} from '../onnx/encode.js';

const x4 = valueInfo('x', ['N', 4]);

function load(spec: ModelSpec, options?: ImportOptions): ImportReport {
  return tryImportGraph(readOnnx(encodeModel(spec)), options);
}

function graphOf(spec: ModelSpec, options?: ImportOptions): Graph {
  const graph = importGraph(readOnnx(encodeModel(spec)), options).graph;
  verifyGraph(graph);
  return graph;
}

function errorsOf(report: ImportReport): string[] {
  return report.diagnostics
    .filter((d) => d.severity === 'error')
    .map((d) => `${d.op ?? ''}|${d.where}|${d.message}|${d.hint ?? ''}`);
}

/** The first output for an input `x`, from the graph as imported and from the optimized one, which must agree. */
function run(graph: Graph, x: number[], output = 0): number[] {
  const results = [graph, optimizeGraph(graph)].map((g) =>
    Array.from(evaluateGraph(g, { x }).get(g.outputs[output].value) as Float64Array),
  );
  expect(results[1]).to.deep.equal(results[0]);
  return results[0];
}

describe('importGraph', () => {
  describe('shapes of inputs', () => {
    const relu = [{ op: 'Relu', in: ['x'], out: ['y'] }];

    it('makes a symbolic, unnamed or zero first dimension the batch, 1', () => {
      for (const batch of ['N', null, 0] as const) {
        const graph = graphOf({ nodes: relu, inputs: [valueInfo('x', [batch, 4])], outputs: ['y'] });
        expect(graph.values[graph.inputs[0].value].shape).to.deep.equal([1, 4]);
      }
    });

    it('asks for the size of any other dynamic dimension and takes it from --dim', () => {
      const spec = { nodes: relu, inputs: [valueInfo('x', ['N', 'steps', null])], outputs: ['y'] };
      const errors = errorsOf(load(spec));
      expect(errors).to.have.length(2);
      expect(errors[0]).to.contain('--dim steps=N');
      expect(errors[1]).to.contain('--dim x.2=N');
      const graph = graphOf(spec, { dims: { steps: 3, 'x.2': 5 } });
      expect(graph.values[0].shape).to.deep.equal([1, 3, 5]);
    });

    it('refuses a --dim that the model does not have, and sizes that are none', () => {
      const spec = { nodes: relu, inputs: [x4], outputs: ['y'] };
      for (const dims of [{ typo: 3 }, { N: 0 }, { N: 1.5 }] as Record<string, number>[])
        expect(() => load(spec, { dims }))
          .to.throw(ZkinferError)
          .with.property('code', 'MODEL_DIM');
    });

    it('keeps what the file fixes, but for a batch that it fixes', () => {
      const spec = { nodes: relu, inputs: [valueInfo('x', [64, 3])], outputs: ['y'] };
      const graph = graphOf(spec, { dims: { 'x.0': 1, 'x.1': 7, 'other.0': 2 } });
      expect(graph.values[0].shape).to.deep.equal([1, 3]);
    });

    it('does not count initializers that are also listed as inputs', () => {
      const graph = graphOf({
        nodes: [{ op: 'Add', in: ['x', 'b'], out: ['y'] }],
        inputs: [x4, valueInfo('b', [4])],
        outputs: ['y'],
        initializers: [floatTensor('b', [4], [1, 2, 3, 4])],
      });
      expect(graph.inputs.map((input) => input.name)).to.deep.equal(['x']);
      expect(run(graph, [0, 0, 0, 0])).to.deep.equal([1, 2, 3, 4]);
    });
  });

  describe('problems', () => {
    it('are all reported at once, with operator, node and reason, and do not cascade', () => {
      const report = load({
        nodes: [
          { op: 'Frobnicate', name: 'f1', in: ['x'], out: ['a'] },
          { op: 'Relu', name: 'r', in: ['a'], out: ['b'] },
          { op: 'Gemm', name: 'g', in: ['b', 'b'], out: ['c'] },
          { op: 'Mystery', name: 'm', domain: 'com.acme', in: ['x'], out: ['d'] },
          { op: 'Add', name: 'sum', in: ['c', 'd'], out: ['y'] },
          { op: 'Unused', name: 'u', in: ['x'], out: ['nobody'] },
        ],
        inputs: [x4],
        outputs: ['y'],
      });
      const errors = errorsOf(report);
      expect(report.graph).to.equal(undefined);
      expect(errors).to.have.length(2);
      expect(errors[0]).to.match(/^Frobnicate\|f1\|/);
      expect(errors[1]).to.match(/^com\.acme\.Mystery\|m\|/);
    });

    it('become one ZkinferError of kind usage with a line each, like ones on one line', () => {
      const nodes = ['a', 'b', 'c'].map((name) => ({ op: 'Frobnicate', name, in: ['x'], out: [name] }));
      const model = readOnnx(encodeModel({ nodes, inputs: [x4], outputs: ['a', 'b', 'c'] }));
      try {
        importGraph(model);
        expect.fail('accepted');
      } catch (cause) {
        const error = cause as ZkinferError;
        expect(error).to.include({ code: 'MODEL_UNSUPPORTED', kind: 'usage' });
        expect(error.facts).to.have.length(1);
        expect(error.facts[0]).to.contain('"a"').and.to.contain('"b", "c"');
      }
    });

    it('include cycles, undefined names and values computed twice', () => {
      const cycle = load({
        nodes: [
          { op: 'Add', name: 'p', in: ['x', 'b'], out: ['a'] },
          { op: 'Relu', name: 'q', in: ['a'], out: ['b'] },
        ],
        inputs: [x4],
        outputs: ['b'],
      });
      expect(errorsOf(cycle)[0]).to.contain('cycle');
      const missing = load({ nodes: [{ op: 'Relu', in: ['ghost'], out: ['y'] }], inputs: [x4], outputs: ['y'] });
      expect(errorsOf(missing)[0]).to.contain('"ghost"');
      const twice = load({
        nodes: [
          { op: 'Relu', in: ['x'], out: ['y'] },
          { op: 'Abs', in: ['x'], out: ['y'] },
        ],
        inputs: [x4],
        outputs: ['y'],
      });
      expect(errorsOf(twice)[0]).to.contain('two nodes');
    });

    it('include weights that are NaN or infinite, by name and position', () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const report = load({
          nodes: [{ op: 'Mul', in: ['x', 'w'], out: ['y'] }],
          inputs: [x4],
          outputs: ['y'],
          initializers: [floatTensor('w', [4], [1, bad, 1, 1])],
        });
        expect(errorsOf(report)[0]).to.match(/\|w\|element 1 /);
      }
    });

    it('warns of an opset it was not written for and goes on', () => {
      const report = load({ nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }], inputs: [x4], outputs: ['y'], opset: 23 });
      expect(report.graph).to.not.equal(undefined);
      expect(report.diagnostics.map((d) => d.severity)).to.deep.equal(['warning']);
    });

    it('include an opset that does not exist', () => {
      const report = load({ nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }], inputs: [x4], outputs: ['y'], opset: 99 });
      expect(errorsOf(report)[0]).to.contain('opset ai.onnx 99');
    });

    it('include sizes that nothing could hold, at once and without allocating them', () => {
      const huge: [op: string, weights: string[]][] = [
        ['Expand', ['big']],
        ['Tile', ['big']],
        ['Pad', ['pads']],
        ['Resize', ['', '', 'big']],
      ];
      for (const [op, weights] of huge) {
        const started = process.cpuUsage();
        const report = load({
          nodes: [{ op, in: ['x', ...weights], out: ['y'] }],
          inputs: [valueInfo('x', [1, 4])],
          outputs: ['y'],
          initializers: [intTensor('big', [2], [100000, 4000000]), intTensor('pads', [4], [0, 0, 2 ** 31, 2 ** 31])],
        });
        expect(errorsOf(report), op).to.have.length(1);
        expect(process.cpuUsage(started).user, op).to.be.below(1_000_000);
      }
    });

    it('names the outputs there are when another is asked for', () => {
      const spec = { nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }], inputs: [x4], outputs: ['y'] };
      expect(() => load(spec, { outputs: ['z'] }))
        .to.throw(ZkinferError)
        .with.property('facts')
        .that.deep.equals(['outputs: y']);
    });
  });

  it('imports nodes in any order, and only those that the chosen outputs need', () => {
    const spec: ModelSpec = {
      nodes: [
        { op: 'Add', in: ['a', 'x'], out: ['y'] },
        { op: 'Relu', in: ['x'], out: ['a'] },
        { op: 'Frobnicate', in: ['x'], out: ['z'] },
      ],
      inputs: [x4],
      outputs: ['y', 'z'],
    };
    expect(run(graphOf(spec, { outputs: ['y'] }), [1, -2, 3, -4])).to.deep.equal([2, -2, 6, -4]);
    expect(errorsOf(load(spec))).to.have.length(1);
  });

  it('computes chains of shapes at once, so that only the moved elements remain', () => {
    const graph = graphOf({
      nodes: [
        { op: 'Shape', in: ['x'], out: ['s'] },
        { op: 'Gather', in: ['s', 'zero'], out: ['n'] },
        { op: 'Unsqueeze', in: ['n', 'axes'], out: ['n1'] },
        { op: 'Concat', in: ['n1', 'rest'], out: ['shape'], attributes: { axis: 0 } },
        { op: 'Reshape', in: ['x', 'shape'], out: ['r'] },
        { op: 'Identity', in: ['r'], out: ['i'] },
        { op: 'Relu', in: ['i'], out: ['y'] },
      ],
      inputs: [valueInfo('x', ['N', 2, 3])],
      outputs: ['y'],
      initializers: [intTensor('zero', [], [0]), intTensor('axes', [1], [0]), intTensor('rest', [1], [-1])],
    });
    expect(graph.nodes.map((n) => n.kind)).to.deep.equal(['unary']);
    expect(graph.values[graph.outputs[0].value].shape).to.deep.equal([1, 6]);
  });

  it('gives each output its own shape, also where two share their elements or pass an input on', () => {
    const graph = graphOf({
      nodes: [
        { op: 'Relu', in: ['x'], out: ['a'] },
        { op: 'Flatten', in: ['a'], out: ['b'], attributes: { axis: 2 } },
        { op: 'Flatten', in: ['x'], out: ['c'], attributes: { axis: 2 } },
      ],
      inputs: [valueInfo('x', ['N', 2, 3])],
      outputs: ['a', 'b', 'c'],
    });
    for (const g of [graph, optimizeGraph(graph)])
      expect(g.outputs.map((output) => g.values[output.value].shape)).to.deep.equal([
        [1, 2, 3],
        [2, 3],
        [2, 3],
      ]);
    expect(run(graph, [1, -2, 3, -4, 5, -6], 1)).to.deep.equal([1, 0, 3, 0, 5, 0]);
  });

  it('inlines the functions of a model, with their attributes and omitted inputs', () => {
    const leaky = [
      text(1, 'Scaled'),
      text(10, 'my.ops'),
      text(4, 'a'),
      text(4, 'extra'),
      text(5, 'b'),
      text(6, 'slope'),
      nested(7, node({ op: 'LeakyRelu', in: ['a'], out: ['t'], attributes: { alpha: { ref: 'slope' } } })),
      nested(7, node({ op: 'Clip', in: ['t', 'extra'], out: ['b'] })),
      nested(9, [text(1, ''), int(2, 17)]),
    ];
    const graph = graphOf({
      nodes: [
        { op: 'Scaled', domain: 'my.ops', in: ['x'], out: ['h'], attributes: { slope: { float: 0.5 } } },
        { op: 'Scaled', domain: 'my.ops', in: ['h', 'low'], out: ['y'], attributes: { slope: { float: 2 } } },
      ],
      inputs: [x4],
      outputs: ['y'],
      initializers: [floatTensor('low', [], [-3])],
      functions: [leaky],
    });
    expect(run(graph, [1, -2, -4, 8])).to.deep.equal([1, -2, -3, 8]);
  });

  it('refuses a function that calls itself', () => {
    const loop = [
      text(1, 'F'),
      text(10, 'my.ops'),
      text(4, 'a'),
      text(5, 'b'),
      nested(7, node({ op: 'F', domain: 'my.ops', in: ['a'], out: ['b'] })),
    ];
    const spec = {
      nodes: [{ op: 'F', domain: 'my.ops', in: ['x'], out: ['y'] }],
      inputs: [x4],
      outputs: ['y'],
      functions: [loop],
    };
    expect(errorsOf(load(spec)).join()).to.contain('too deeply');
  });

  describe('a final softmax', () => {
    const softmax = { op: 'Softmax', in: ['x'], out: ['p'], attributes: { axis: -1 } };

    it('is cut to its logits and said so', () => {
      const report = load({ nodes: [softmax], inputs: [x4], outputs: ['p'] });
      expect(report.graph?.outputs).to.deep.equal([{ name: 'p', value: 0, cut: 'softmax' }]);
      expect(report.graph?.nodes).to.deep.equal([]);
      expect(report.diagnostics[0]).to.include({ severity: 'note', where: 'p' });
    });

    it('is computed where it is not final, or where that is asked for', () => {
      const inner = graphOf({
        nodes: [softmax, { op: 'Mul', in: ['p', 'two'], out: ['y'] }],
        inputs: [x4],
        outputs: ['y'],
        initializers: [floatTensor('two', [], [2])],
      });
      const kept = graphOf({ nodes: [softmax], inputs: [x4], outputs: ['p'] }, { cutSoftmax: false });
      const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
      expect(sum(run(inner, [1, 2, 3, 4]))).to.be.closeTo(2, 1e-12);
      expect(sum(run(kept, [1, 2, 3, 4]))).to.be.closeTo(1, 1e-12);
      expect(kept.outputs[0].cut).to.equal(undefined);
    });

    it('is left out under ArgMax, through a reshape too', () => {
      const graph = graphOf({
        nodes: [
          softmax,
          { op: 'Reshape', in: ['p', 'shape'], out: ['q'] },
          { op: 'ArgMax', in: ['q'], out: ['y'], attributes: { axis: 1, keepdims: 0 } },
        ],
        inputs: [x4],
        outputs: ['y'],
        initializers: [intTensor('shape', [2], [1, 4])],
      });
      expect(graph.nodes.map((n) => n.kind)).to.deep.equal(['argmax']);
      expect(run(graph, [1, 5, 5, 2])).to.deep.equal([1]);
    });

    it('is not cut where it runs over another axis than the last', () => {
      const spec = {
        nodes: [{ op: 'Softmax', in: ['x'], out: ['p'], attributes: { axis: 1 } }],
        inputs: [valueInfo('x', [1, 2, 2])],
        outputs: ['p'],
      };
      expect(run(graphOf(spec), [0, 0, 0, 0])).to.deep.equal([0.5, 0.5, 0.5, 0.5]);
    });
  });

  it('takes a dynamically quantized layer as the layer it stands for, and says so', () => {
    const spec: ModelSpec = {
      nodes: [
        { op: 'DynamicQuantizeLinear', in: ['x'], out: ['q', 's', 'z'] },
        { op: 'MatMulInteger', in: ['q', 'w', 'z', 'wz'], out: ['m'] },
        { op: 'Cast', in: ['m'], out: ['f'], attributes: { to: 1 } },
        { op: 'Mul', in: ['s', 'ws'], out: ['scale'] },
        { op: 'Mul', in: ['f', 'scale'], out: ['y'] },
      ],
      inputs: [x4],
      outputs: ['y'],
      initializers: [
        tensor('w', 2, [4, 1], packedInts(5, [130, 126, 128, 138])),
        tensor('wz', 2, [], packedInts(5, [128])),
        floatTensor('ws', [], [0.5]),
      ],
    };
    const report = load(spec);
    expect(report.diagnostics.map((d) => d.severity)).to.deep.equal(['warning']);
    expect(run(graphOf(spec), [1, 2, 3, 0.5])).to.deep.equal([0.5 * (2 - 4 + 0 + 5)]);
    expect(errorsOf(load({ ...spec, outputs: ['y', 'q'] }))[0]).to.contain('dynamic quantization');
  });

  it('takes a causal mask of -Infinity out of a softmax', () => {
    const graph = graphOf({
      nodes: [
        { op: 'Add', in: ['x', 'mask'], out: ['s'] },
        { op: 'Softmax', in: ['s'], out: ['p'], attributes: { axis: -1 } },
        { op: 'Neg', in: ['p'], out: ['y'] },
      ],
      inputs: [valueInfo('x', [2, 2])],
      outputs: ['y'],
      initializers: [floatTensor('mask', [2, 2], [0, Number.NEGATIVE_INFINITY, 0, 0])],
    });
    expect(run(graph, [5, 7, 1, 1])).to.deep.equal([-1, 0, -0.5, -0.5]);
    for (const value of evaluateGraph(optimizeGraph(graph), { x: [5, 7, 1, 1] }).values())
      expect(Math.max(...value.map(Math.abs))).to.be.below(100);
  });
});
