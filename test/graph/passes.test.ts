import { expect } from 'chai';
import fc from 'fast-check';
import { type Shape, sizeOf } from '../../src/core/tensor.js';
import { GraphBuilder, type Operand } from '../../src/graph/builder.js';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import type { Graph } from '../../src/graph/ir.js';
import { countMacs } from '../../src/graph/linear-map.js';
import { buildConv } from '../../src/graph/ops/conv.js';
import { add, apply, div, mul, scaleBy, sub } from '../../src/graph/ops/support/elementwise.js';
import { maximum } from '../../src/graph/ops/support/logic.js';
import { matmul } from '../../src/graph/ops/support/matmul.js';
import { reduceMax, reduceMean } from '../../src/graph/ops/support/reduce.js';
import { concat, pick, reshape } from '../../src/graph/ops/support/shape.js';
import { composeLinear } from '../../src/graph/passes/compose-linear.js';
import { dropIdentities } from '../../src/graph/passes/drop-identities.js';
import { foldGathers } from '../../src/graph/passes/fold-gathers.js';
import { fuseElementwise } from '../../src/graph/passes/fuse-elementwise.js';
import { hoistMonotone, isIncreasing, isMonotone } from '../../src/graph/passes/hoist-monotone.js';
import { mergeEqualNodes } from '../../src/graph/passes/merge-equal-nodes.js';
import { optimizeGraph, passes } from '../../src/graph/passes/optimize.js';
import { postponeFactors } from '../../src/graph/passes/postpone-factors.js';
import { removeDeadNodes } from '../../src/graph/passes/remove-dead-nodes.js';
import { call, constant, formatScalar, RELU, X } from '../../src/graph/scalar.js';
import { verifyGraph } from '../../src/graph/verify.js';

const values = (shape: Shape, data: number[]): Operand => ({
  kind: 'const',
  shape,
  type: 'float',
  data: Float64Array.from(data),
});
const scalar = (value: number) => values([], [value]);
const ramp = (n: number, step = 0.1) => Array.from({ length: n }, (_, i) => Math.sin(i + 1) * step * 10);

/** A graph with one input `x` and the outputs that `build` returns. */
function graphOf(shape: Shape, build: (b: GraphBuilder, x: Operand) => Operand | Operand[]): Graph {
  const builder = new GraphBuilder();
  builder.origin = { name: 'n', op: 'Test' };
  const built = build(builder, builder.input('x', shape, 'float'));
  const outputs = Array.isArray(built) ? built : [built];
  return builder.finish(
    outputs.map((operand, i) => {
      const value = operand.kind === 'const' ? builder.materializeConstant(operand, `y${i}`) : operand;
      return { name: `y${i}`, value: value.id };
    }),
  );
}

function evaluate(graph: Graph, x: number[]): number[][] {
  const known = evaluateGraph(graph, { x });
  return graph.outputs.map((output) => Array.from(known.get(output.value) as Float64Array));
}

/** Runs the pass, checks the result's own rules and that it computes the same. */
function transform(graph: Graph, pass: (graph: Graph) => Graph, tolerance = 1e-9): Graph {
  verifyGraph(graph);
  const result = pass(graph);
  verifyGraph(result);
  const size = sizeOf(graph.values[graph.inputs[0].value].shape);
  for (const x of [ramp(size), ramp(size, -0.3), new Array<number>(size).fill(0)]) {
    const [given, expected] = [evaluate(result, x), evaluate(graph, x)];
    expected.forEach((list, n) => {
      list.forEach((value, i) => {
        expect(given[n][i]).to.be.closeTo(value, tolerance * Math.max(1, Math.abs(value)));
      });
    });
  }
  return result;
}

const kindsOf = (graph: Graph) => graph.nodes.map((node) => node.kind).join(' ');
const scalarsOf = (graph: Graph) =>
  graph.nodes.flatMap((node) => (node.kind === 'unary' ? node.functions.map(formatScalar) : []));

/** A 3×3 convolution with padding 1 of a `[1, 2, 5, 5]` input. */
function convolve(b: GraphBuilder, x: Operand): Operand {
  return buildConv(b, x, values([3, 2, 3, 3], ramp(54)), 1, {
    input: [5, 5],
    kernel: [3, 3],
    strides: [1, 1],
    dilations: [1, 1],
    padsBegin: [1, 1],
    padsEnd: [1, 1],
    output: [5, 5],
  });
}

describe('passes', () => {
  it('removeDeadNodes drops what no output reads and keeps unread inputs', () => {
    const graph = graphOf([3], (b, x) => {
      apply(b, x, RELU);
      return apply(b, x, call('abs', X));
    });
    const result = transform(graph, removeDeadNodes);
    expect(kindsOf(result)).to.equal('unary');
    expect(result.values.map((value) => value.id)).to.deep.equal([0, 1]);
  });

  it('dropIdentities turns a multiplication by one into nothing', () => {
    const graph = graphOf([3], (b, x) => apply(b, add(b, mul(b, x, scalar(1)), scalar(0)), RELU));
    expect(kindsOf(transform(graph, dropIdentities))).to.equal('unary');
  });

  describe('composeLinear', () => {
    it('folds a batch norm and a bias into a convolution and keeps one kernel per channel', () => {
      const graph = graphOf([1, 2, 5, 5], (b, x) => {
        const scaled = mul(b, convolve(b, x), values([3, 1, 1], [2, -1, 0.5]));
        return apply(b, add(b, scaled, values([3, 1, 1], [1, 2, 3])), RELU);
      });
      const result = transform(graph, composeLinear);
      expect(kindsOf(result)).to.equal('linear unary');
      const [node] = result.nodes;
      if (node.kind !== 'linear') throw new Error('linear expected');
      expect(node.map.kernels).to.have.length(3);
      expect(node.map.windows).to.have.length(25);
    });

    it('folds a residual sum into the rows of the convolution, as one linear node of two inputs', () => {
      const graph = graphOf([1, 2, 5, 5], (b, x) => {
        const y = apply(b, convolve(b, x), RELU);
        const z = apply(b, convolve(b, x), call('abs', X));
        return apply(b, add(b, matmul(b, y, values([5, 5], ramp(25))), z), RELU);
      });
      const result = transform(graph, optimizeGraph);
      const sum = result.nodes.at(-2);
      expect(sum?.kind).to.equal('linear');
      expect(sum?.inputs).to.have.length(2);
    });

    it('folds padding into the windows of what reads it', () => {
      const graph = graphOf([4], (b, x) => {
        const padded = b.gather([x], Int32Array.of(-1, 0, 1, 2, 3, -1), Float64Array.of(0), [6]);
        return apply(b, matmul(b, reshape(padded, [1, 6]), values([6, 2], ramp(12))), RELU);
      });
      expect(kindsOf(transform(graph, composeLinear))).to.equal('linear unary');
    });

    it('keeps a bottleneck that would grow too much', () => {
      const graph = graphOf([1, 100], (b, x) =>
        matmul(b, matmul(b, x, values([100, 4], ramp(400))), values([4, 100], ramp(400))),
      );
      const result = transform(graph, composeLinear);
      expect(kindsOf(result)).to.equal('linear linear');
    });

    it('keeps a linear node that something other than a linear node reads', () => {
      const graph = graphOf([1, 4], (b, x) => {
        const y = matmul(b, x, values([4, 4], ramp(16)));
        return add(b, apply(b, y, RELU), y);
      });
      expect(kindsOf(transform(graph, composeLinear))).to.equal('linear unary linear');
    });

    it('never makes more multiply-accumulates than it promises', () => {
      const graph = graphOf([1, 2, 5, 5], (b, x) => {
        const y = convolve(b, x);
        return matmul(b, reshape(reduceMean(b, y, [2, 3], false), [1, 3]), values([3, 2], ramp(6)));
      });
      const total = (g: Graph) =>
        g.nodes.reduce((n, node) => n + (node.kind === 'linear' ? countMacs(node.map) : 0), 0);
      const result = transform(graph, composeLinear);
      expect(total(result)).to.be.at.most(Math.max(4096, 1.5 * total(graph)));
    });
  });

  describe('fuseElementwise', () => {
    const gelu = (b: GraphBuilder, x: Operand) => {
      const inner = apply(b, div(b, x, scalar(Math.SQRT2)), call('erf', X));
      return mul(b, mul(b, x, add(b, inner, scalar(1))), scalar(0.5));
    };

    it('makes one function of GELU as exporters decompose it', () => {
      const result = transform(
        graphOf([1, 4], (b, x) => gelu(b, x)),
        optimizeGraph,
      );
      expect(kindsOf(result)).to.equal('unary linear');
      expect(scalarsOf(result)).to.deep.equal([`mul(x,add(erf(mul(${1 / Math.SQRT2},x)),1))`]);
    });

    it('fuses x·sigmoid(x), quantize-dequantize chains and 1/sqrt(v + ε)', () => {
      const swish = graphOf([3], (b, x) => mul(b, x, apply(b, x, call('sigmoid', X))));
      expect(scalarsOf(transform(swish, fuseElementwise))).to.deep.equal(['mul(x,sigmoid(x))']);
      const chain = graphOf([3], (b, x) => {
        const q = apply(b, scaleBy(b, apply(b, x, RELU), 8), call('roundHalfEven', X));
        return apply(b, scaleBy(b, q, 1 / 8), call('min', X, constant(2)));
      });
      expect(kindsOf(transform(chain, fuseElementwise))).to.equal('unary');
      const root = graphOf([3], (b, x) =>
        div(b, scalar(1), apply(b, add(b, mul(b, x, x), scalar(0.1)), call('sqrt', X))),
      );
      expect(kindsOf(transform(root, fuseElementwise))).to.equal('unary');
    });

    it('leaves alone: a lone function after a scale, a square, and a value that others read too', () => {
      const lone = graphOf([3], (b, x) => apply(b, scaleBy(b, x, 2, 1), RELU));
      expect(scalarsOf(transform(lone, fuseElementwise))).to.deep.equal([formatScalar(RELU)]);
      const square = graphOf([3], (b, x) => mul(b, mul(b, x, x), x));
      expect(kindsOf(transform(square, fuseElementwise))).to.equal('bilinear bilinear');
      const shared = graphOf([1, 3], (b, x) => {
        const y = apply(b, x, RELU);
        return [apply(b, y, call('sigmoid', X)), matmul(b, y, values([3, 2], ramp(6)))];
      });
      expect(kindsOf(transform(shared, fuseElementwise))).to.equal('unary unary linear');
    });

    it('keeps one function per class of elements, and gives up where there would be many', () => {
      const build = (n: number) =>
        graphOf([n, 2], (b, x) => {
          const slopes = values([n, 1], ramp(n));
          return apply(b, mul(b, apply(b, x, call('tanh', X)), slopes), call('exp', X));
        });
      expect(scalarsOf(transform(build(3), fuseElementwise))).to.have.length(3);
      expect(kindsOf(transform(build(20), fuseElementwise))).to.equal('unary linear unary');
    });

    it('does not join elements of different places', () => {
      const graph = graphOf([4], (b, x) => {
        const reversed = pick(b, apply(b, x, call('tanh', X)), Int32Array.of(3, 2, 1, 0), [4]);
        return apply(b, add(b, reversed, apply(b, x, call('abs', X))), call('exp', X));
      });
      transform(graph, fuseElementwise);
      transform(graph, optimizeGraph);
    });
  });

  it('hoistMonotone takes the maximum before a relu or a clip, and after a positive scale', () => {
    const clip = call('min', RELU, constant(6));
    for (const fn of [RELU, clip, call('sigmoid', X)]) {
      const graph = graphOf([2, 3], (b, x) => reduceMax(b, apply(b, x, fn), [1], false));
      const result = transform(graph, hoistMonotone);
      expect(kindsOf(result)).to.equal('max unary');
    }
    const scaled = graphOf([2, 3], (b, x) => reduceMax(b, scaleBy(b, x, 2, 1), [1], false));
    expect(kindsOf(transform(scaled, hoistMonotone))).to.equal('max linear');
    for (const fn of [call('abs', X), call('neg', X)]) {
      const graph = graphOf([2, 3], (b, x) => reduceMax(b, apply(b, x, fn), [1], false));
      expect(kindsOf(transform(graph, hoistMonotone))).to.equal('unary max');
    }
    const negative = graphOf([2, 3], (b, x) => reduceMax(b, scaleBy(b, x, -2), [1], false));
    expect(kindsOf(transform(negative, hoistMonotone))).to.equal('linear max');
    const shared = graphOf([2, 3], (b, x) => {
      const y = apply(b, x, RELU);
      return [reduceMax(b, y, [1], false), y];
    });
    expect(kindsOf(transform(shared, hoistMonotone))).to.equal('unary max');
  });

  it('hoistMonotone lets an argmax read before a sigmoid and a positive scale, not before a relu or a negative scale', () => {
    const winner = (b: GraphBuilder, x: Operand) => b.argmax(x, [Int32Array.of(0, 1, 2)], false, [1]);
    const build = (make: (b: GraphBuilder, x: Operand) => Operand) => graphOf([1, 3], (b, x) => winner(b, make(b, x)));
    const sigmoid = build((b, x) => apply(b, scaleBy(b, x, 3, 1), call('sigmoid', X)));
    expect(kindsOf(transform(sigmoid, hoistMonotone))).to.equal('argmax');
    const relu = build((b, x) => apply(b, x, RELU));
    expect(kindsOf(transform(relu, hoistMonotone))).to.equal('unary argmax');
    const negative = build((b, x) => scaleBy(b, x, -3));
    expect(kindsOf(transform(negative, hoistMonotone))).to.equal('linear argmax');
  });

  it('isMonotone claims nothing that a sampled function breaks', () => {
    const leaf = fc.oneof(fc.constant(X), fc.integer({ min: -3, max: 3 }).map(constant));
    const { fn } = fc.letrec<{ fn: typeof X }>((tie) => ({
      fn: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(fc.constantFrom('max', 'min', 'add', 'sub', 'mul', 'div'), tie('fn'), tie('fn'))
          .map(([name, a, b]) => call(name as 'max', a, b)),
        fc
          .tuple(fc.constantFrom('tanh', 'exp', 'floor', 'abs', 'neg', 'sigmoid', 'stepPositive', 'isZero'), tie('fn'))
          .map(([name, a]) => call(name as 'tanh', a)),
      ),
    }));
    fc.assert(
      fc.property(fn, (candidate) => {
        fc.pre(isMonotone(candidate));
        const graph = graphOf([21], (b, x) => b.unary(x, [candidate]));
        const [y] = evaluate(
          graph,
          Array.from({ length: 21 }, (_, i) => (i - 10) / 4),
        );
        for (let i = 1; i < y.length; i++) if (y[i] < y[i - 1] - 1e-9) expect.fail(formatScalar(candidate));
        if (isIncreasing(candidate)) expect(y[20], formatScalar(candidate)).to.be.at.least(y[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('foldGathers reads products and maxima from where the elements were', () => {
    const graph = graphOf([2, 3], (b, x) => {
      const y = apply(b, x, call('abs', X));
      const t = pick(b, y, Int32Array.of(0, 3, 1, 4, 2, 5), [3, 2]);
      return [matmul(b, y, t), reduceMax(b, t, [1], false), maximum(b, [t, reshape(y, [3, 2])])];
    });
    expect(kindsOf(transform(graph, foldGathers))).to.equal('unary bilinear max max');
  });

  describe('postponeFactors', () => {
    const attention = (b: GraphBuilder, x: Operand) => {
      const e = apply(b, x, call('exp', X));
      const inverse = div(b, scalar(1), reduceMean(b, e, [1], true));
      return { probabilities: mul(b, e, inverse), values: apply(b, x, call('tanh', X)) };
    };

    it('multiplies by the reciprocal of a softmax after the matrix product', () => {
      const graph = graphOf([3, 3], (b, x) => {
        const { probabilities, values: v } = attention(b, x);
        return matmul(b, probabilities, pick(b, v, Int32Array.of(0, 1, 3, 4, 6, 7), [3, 2]));
      });
      const before = graph.nodes.filter((node) => node.kind === 'bilinear').map((node) => node.inputs.join());
      const result = transform(graph, postponeFactors);
      const after = result.nodes.filter((node) => node.kind === 'bilinear');
      expect(before).to.have.length(2);
      expect(after.map((node) => node.left.length)).to.deep.equal([18, 6]);
    });

    it('leaves alone what others read, factors that differ within a row, and sums that are as many as the products', () => {
      const shared = graphOf([3, 3], (b, x) => {
        const { probabilities, values: v } = attention(b, x);
        return [matmul(b, probabilities, v), probabilities];
      });
      const across = graphOf([3, 3], (b, x) => {
        const { probabilities, values: v } = attention(b, x);
        return matmul(b, v, probabilities);
      });
      const wide = graphOf([2, 2], (b, x) => {
        const { probabilities, values: v } = attention(b, x);
        return matmul(b, probabilities, v);
      });
      for (const graph of [shared, across, wide])
        expect(kindsOf(transform(graph, postponeFactors))).to.equal(kindsOf(graph));
    });
  });

  it('mergeEqualNodes computes equal nodes once', () => {
    const graph = graphOf([3], (b, x) => {
      const twice = [0, 1].map(() => apply(b, scaleBy(b, x, 2), call('tanh', X)));
      return mul(b, twice[0], sub(b, twice[1], scalar(1)));
    });
    expect(kindsOf(transform(graph, mergeEqualNodes))).to.equal('linear unary linear bilinear');
  });

  it('every pass keeps the function of random graphs', () => {
    const step = fc.record({ op: fc.nat(12), a: fc.nat(50), b: fc.nat(50), seed: fc.integer({ min: 1, max: 1000 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), fc.nat(50), (steps, extra) => {
        const graph = graphOf([1, 4], (b, x) => {
          const made: Operand[] = [x];
          for (const item of steps) made.push(grow(b, made, item));
          return [made[made.length - 1], made[extra % made.length]];
        });
        for (const pass of [...passes, optimizeGraph]) transform(graph, pass, 1e-7);
      }),
      { numRuns: 150 },
    );
  });
});

/** Appends one operation to a random graph; every function is continuous and bounded growth is kept by tanh. */
function grow(
  b: GraphBuilder,
  made: readonly Operand[],
  { op, a, b: second, seed }: { op: number; a: number; b: number; seed: number },
): Operand {
  const x = made[a % made.length];
  const n = x.shape[1];
  const like = made.filter((operand) => operand.shape[1] === n);
  const y = like[second % like.length];
  const weights = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(seed * 7 + i * 3) * 0.7);
  switch (op) {
    case 0:
      return apply(b, x, RELU);
    case 1:
      return apply(b, x, call('tanh', X));
    case 2:
      return apply(b, x, call('abs', X));
    case 3:
      return apply(b, apply(b, x, call('sigmoid', X)), call('min', X, constant(0.6)));
    case 4:
      return mul(b, apply(b, x, call('tanh', X)), apply(b, y, call('tanh', X)));
    case 5:
      return add(b, x, y);
    case 6:
      return scaleBy(b, x, weights(1)[0], weights(2)[1]);
    case 7:
      return mul(b, x, values([1, n], weights(n)));
    case 8:
      return matmul(b, x, values([n, 1 + (seed % 5)], weights(n * (1 + (seed % 5)))));
    case 9:
      return b.gather(
        [x],
        Int32Array.from({ length: 1 + (seed % 6) }, (_, i) => ((seed + i * 5) % (n + 1)) - 1),
        Float64Array.of(0.5),
        [1, 1 + (seed % 6)],
      );
    case 10:
      return reduceMax(b, reshape(concat(b, [x, y], 1), [1, 2, n]), [1], false);
    case 11:
      return concat(b, [x, y], 1).shape[1] > 24 ? x : concat(b, [x, y], 1);
    default:
      return sub(b, x, apply(b, scaleBy(b, x, 2), call('tanh', X)));
  }
}
