import { expect } from 'chai';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph, GraphNode } from '../../src/graph/ir.js';
import { apply, mul, scaleBy } from '../../src/graph/ops/support/elementwise.js';
import { reduceMax } from '../../src/graph/ops/support/reduce.js';
import { pick } from '../../src/graph/ops/support/shape.js';
import { printGraph } from '../../src/graph/print.js';
import { RELU } from '../../src/graph/scalar.js';
import { GraphInvalid, verifyGraph } from '../../src/graph/verify.js';

/** linear, unary, bilinear, gather, max, argmax, topk, trees: one of each. */
function sample(): Graph {
  const b = new GraphBuilder();
  b.origin = { name: 'n', op: 'Op' };
  const x = b.input('x', [1, 3], 'float');
  const line = scaleBy(b, x, 2, 1);
  const relu = apply(b, line, RELU);
  const product = mul(b, relu, line);
  const moved = pick(b, product, Int32Array.of(2, 1, 0), [1, 3]);
  const top = reduceMax(b, moved, [1], false);
  const winner = b.argmax(moved, [Int32Array.of(0, 1, 2)], false, [1]);
  const best = b.topk(moved, [Int32Array.of(0, 1, 2)], 2);
  const forest = b.trees(
    x,
    {
      roots: Int32Array.of(0),
      feature: Int32Array.of(1),
      threshold: Float64Array.of(0.5),
      yes: Int32Array.of(-1),
      no: Int32Array.of(-2),
      leafWeights: [Float64Array.of(1), Float64Array.of(2)],
      base: Float64Array.of(0),
    },
    [1],
  );
  return b.finish(
    [top, winner, best, forest].map((y, i) => ({ name: `y${i}`, value: y.kind === 'value' ? y.id : -1 })),
  );
}

/** The sample with the node of one kind changed. */
function damage<K extends GraphNode['kind']>(
  kind: K,
  change: (node: Extract<GraphNode, { kind: K }>) => object,
): Graph {
  const graph = sample();
  const nodes = graph.nodes.map((node) =>
    node.kind === kind ? ({ ...node, ...change(node as Extract<GraphNode, { kind: K }>) } as GraphNode) : node,
  );
  return { ...graph, nodes };
}

describe('verifyGraph', () => {
  it('accepts one node of each kind', () => verifyGraph(sample()));

  const cases: [name: string, graph: () => Graph, expected: RegExp][] = [
    [
      'a window index beyond the inputs',
      () => damage('linear', (n) => ({ map: { ...n.map, windows: [Int32Array.of(9)] } })),
      /rowWindow in|window index in/,
    ],
    [
      'a kernel that does not fit its window',
      () => damage('linear', (n) => ({ map: { ...n.map, kernels: [Float64Array.of(1, 2)] } })),
      /kernel of 1/,
    ],
    [
      'a weight that is NaN',
      () => damage('linear', (n) => ({ map: { ...n.map, kernels: [Float64Array.of(Number.NaN)] } })),
      /finite kernel/,
    ],
    [
      'a bias of another length',
      () => damage('linear', (n) => ({ map: { ...n.map, bias: new Float64Array(2) } })),
      /3 entries in bias/,
    ],
    [
      'a gather index below its constants',
      () => damage('gather', () => ({ index: Int32Array.of(-1, 0, 0) })),
      /gather index in \[0, 3\)/,
    ],
    ['a gather of another size', () => damage('gather', () => ({ index: Int32Array.of(0) })), /3 indices/],
    [
      'a function number that is not there',
      () => damage('unary', () => ({ which: Int32Array.of(0, 1, 0) })),
      /which in \[0, 1\)/,
    ],
    ['a unary node without functions', () => damage('unary', () => ({ functions: [] })), /a function/],
    ['starts that go back', () => damage('bilinear', () => ({ start: Int32Array.of(0, 2, 1, 3) })), /ascending starts/],
    [
      'a right factor beyond its input',
      () => damage('bilinear', () => ({ right: Int32Array.of(0, 1, 3) })),
      /right index/,
    ],
    [
      'an empty window of a maximum',
      () => damage('max', () => ({ windows: [Int32Array.of(-1)] })),
      /a window with an element/,
    ],
    [
      'padding in an argmax',
      () => damage('argmax', () => ({ windows: [Int32Array.of(-1, 0)] })),
      /window index in \[0, 3\)/,
    ],
    ['a k that no window holds', () => damage('topk', () => ({ windows: [Int32Array.of(0)] })), /at least 2/],
    ['a tree child that is not there', () => damage('trees', () => ({ no: Int32Array.of(-3) })), /child in \[-2, 1\)/],
    [
      'a tree feature that is not there',
      () => damage('trees', () => ({ feature: Int32Array.of(3) })),
      /feature in \[0, 3\)/,
    ],
    [
      'an operand computed later',
      () => ({ ...sample(), nodes: sample().nodes.toReversed() }),
      /operands computed before it/,
    ],
    [
      'a value computed twice',
      () => ({ ...sample(), nodes: [...sample().nodes, sample().nodes[0]] }),
      /an output of its own/,
    ],
    [
      'an output that nothing computes',
      () => ({ ...sample(), outputs: [{ name: 'y', value: 99 }] }),
      /a computed value/,
    ],
    ['values out of order', () => ({ ...sample(), values: sample().values.toReversed() }), /id 0/],
  ];
  for (const [name, graph, expected] of cases)
    it(`refuses ${name}`, () => expect(() => verifyGraph(graph())).to.throw(GraphInvalid, expected));
});

describe('printGraph', () => {
  it('writes one line per node', () => {
    expect(printGraph(sample())).to.equal(
      [
        'input %0 x 1×3 float',
        '%1 n 1×3 float = linear(%0) 3 rows, 1 kernels, 3 MACs   // Op "n"',
        '%2 n 1×3 float = unary(%1) max(x,0)   // Op "n"',
        '%3 n 1×3 float = bilinear(%2, %1) 3 rows, 3 products   // Op "n"',
        '%4 n 1×3 float = gather(%3) 3 elements, 0 constant   // Op "n"',
        '%5 n 1 float = max(%4) 1 windows   // Op "n"',
        '%6 n 1 int = argmax(%4) 1 windows   // Op "n"',
        '%7 n 1×2×2 float = topk(%4) 1 windows, k 2   // Op "n"',
        '%8 n 1 float = trees(%0) 1 trees, 1 nodes, 1 targets   // Op "n"',
        'output y0 = %5',
        'output y1 = %6',
        'output y2 = %7',
        'output y3 = %8',
        '',
      ].join('\n'),
    );
  });
});
