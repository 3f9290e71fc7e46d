import type { Operand } from '../builder.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import {
  applyDense,
  chooseByThreshold,
  chooseLargest,
  pairScores,
  readClassLabels,
  readPostTransform,
  rowsOf,
  splitRows,
  transformScores,
} from './ml-scores.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { withLabels } from './support/deferred.js';
import { reduceSumSquare } from './support/reduce.js';
import { concat } from './support/shape.js';

type Kernel = 'LINEAR' | 'POLY' | 'RBF' | 'SIGMOID';

/** Support vectors with their kernel: `k(x, v)` for each vector v. */
interface Support {
  readonly kernel: Kernel;
  readonly gamma: number;
  readonly coef0: number;
  readonly degree: number;
  readonly vectors: readonly Float64Array[];
}

function readSupport(context: RuleContext, count: number): Support {
  const kernel = context.text('kernel_type', 'LINEAR');
  if (!['LINEAR', 'POLY', 'RBF', 'SIGMOID'].includes(kernel))
    return context.unsupported(`kernel_type "${kernel}" is unknown`);
  const [gamma = 0, coef0 = 0, degree = 0] = context.floats('kernel_params') ?? [];
  const vectors = splitRows(context, context.floats('support_vectors') ?? [], count, 'support_vectors');
  return { kernel: kernel as Kernel, gamma, coef0, degree, vectors };
}

/**
 * `Σ_v weights[t][v] · k(x, v) + bias[t]` for each t. Shape `[N, weights]`. A linear kernel folds into one dense layer; RBF
 * reads squared distances off `|x|² - 2 x·v + |v|²`, so that only the squares of x are products.
 */
function sumKernels(
  context: RuleContext,
  x: Operand,
  support: Support,
  weights: readonly Float64Array[],
  bias: readonly number[],
): Operand {
  const { vectors, gamma, coef0, kernel } = support;
  const { rows, features } = rowsOf(context, x);
  if (kernel === 'LINEAR') {
    const folded = weights.map((row) => {
      const kernelRow = new Float64Array(features);
      vectors.forEach((vector, v) => {
        for (let f = 0; f < features; f++) kernelRow[f] += row[v] * vector[f];
      });
      return kernelRow;
    });
    return applyDense(context, x, folded, bias);
  }
  const { builder } = context;
  const flat = { ...x, shape: [rows, features] } as Operand;
  if (kernel === 'RBF') {
    const norms = reduceSumSquare(builder, flat, [1], true);
    const extended = concat(builder, [flat, norms], 1);
    const rowsOfMap = vectors.map((vector) => Float64Array.of(...vector.map((value) => -2 * value), 1));
    const squares = vectors.map((vector) => vector.reduce((sum, value) => sum + value * value, 0));
    const distances = applyDense(context, extended, rowsOfMap, squares);
    const kernels = builder.unary(distances, [call('exp', call('mul', constant(-gamma), X))]);
    return applyDense(context, kernels, weights, bias);
  }
  const scaled = vectors.map((vector) => vector.map((value) => gamma * value));
  const dots = applyDense(context, flat, scaled, new Float64Array(vectors.length).fill(coef0));
  const fn: ScalarFunction = kernel === 'POLY' ? call('pow', X, constant(support.degree)) : call('tanh', X);
  return applyDense(context, builder.unary(dots, [fn]), weights, bias);
}

/** Without support vectors a classifier is one score per class, all with the first rho. */
function classifyLinear(context: RuleContext, x: Operand, labels: readonly (string | number)[]): Operand[] {
  const coefficients = context.floats('coefficients') ?? [];
  const [rho = 0] = context.floats('rho') ?? [];
  const kernels = splitRows(context, coefficients, labels.length, 'coefficients');
  const scores = applyDense(context, x, kernels, new Float64Array(labels.length).fill(rho));
  const transformed = transformScores(context, scores, readPostTransform(context));
  if (labels.length !== 2 || (context.floats('prob_a') ?? []).length > 0)
    return [chooseLargest(context, scores, labels), transformed];
  // Two classes: the second wins where the larger score exceeds a threshold, else the larger of the two.
  const threshold = coefficients.every((value) => value >= 0) ? 0.5 : 0;
  const rows = scores.shape[0];
  const floor = threshold === 0.5 ? 0.5 - 2 ** -25 : 0;
  const windows = Array.from({ length: rows }, (_, n) => Int32Array.of(2 * n, 2 * n + 1));
  const largest = context.builder.max([scores], windows, [rows, 1]);
  const second = chooseByThreshold(context, largest, floor, [0, 1]);
  const larger = context.builder.argmax(scores, windows, false, [rows]);
  const either = context.builder.max([second, larger], pairWindows(rows), [rows]);
  return [withLabels(either, labels), transformed];
}

function pairWindows(rows: number): Int32Array[] {
  return Array.from({ length: rows }, (_, n) => Int32Array.of(n, rows + n));
}

/** Places of the pairs (i, j), i < j, in the order of the one-against-one scores. */
function pairsOf(classes: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < classes; i++) for (let j = i + 1; j < classes; j++) pairs.push([i, j]);
  return pairs;
}

/** Coefficients of each pair over all support vectors; the file keeps `[classes - 1, vectors]`. */
function pairWeights(
  context: RuleContext,
  counts: readonly number[],
  pairs: readonly [number, number][],
): Float64Array[] {
  const coefficients = context.floats('coefficients') ?? [];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const starts = counts.map((_, c) => counts.slice(0, c).reduce((sum, count) => sum + count, 0));
  if (coefficients.length < (counts.length - 1) * total)
    return context.unsupported(`${coefficients.length} coefficients for ${total} support vectors`);
  return pairs.map(([i, j]) => {
    const row = new Float64Array(total);
    for (let m = starts[i]; m < starts[i] + counts[i]; m++) row[m] = coefficients[(j - 1) * total + m];
    for (let m = starts[j]; m < starts[j] + counts[j]; m++) row[m] = coefficients[i * total + m];
    return row;
  });
}

/** Votes of the pairs: `score > 0` is one for the first class of the pair, else for the second. Shape `[N, classes]`. */
function countVotes(
  context: RuleContext,
  scores: Operand,
  classes: number,
  pairs: readonly [number, number][],
): Operand {
  const wins = context.builder.unary(scores, [call('stepPositive', X)], null, 'int');
  const kernels = Array.from({ length: classes }, (_, c) =>
    Float64Array.from(pairs, ([i, j]) => (c === i ? 1 : c === j ? -1 : 0)),
  );
  const bias = Array.from({ length: classes }, (_, c) => pairs.filter(([, j]) => j === c).length);
  return applyDense(context, wins, kernels, bias, 'int');
}

/**
 * Platt's probabilities of two classes, `[p, 1 - p]` with p = sigmoid(-(a·score + b)). onnxruntime couples them by an
 * iteration that ends at p, but stops once it is within 0.005 of it: its answers differ by as much.
 */
function pairProbabilities(context: RuleContext, scores: Operand): Operand {
  const [a = 0] = context.floats('prob_a') ?? [];
  const [b = 0] = context.floats('prob_b') ?? [];
  const p = call('sigmoid', call('neg', call('add', call('mul', constant(a), X), constant(b))));
  const first = context.builder.unary(scores, [p]);
  const both = applyDense(context, first, [Float64Array.of(1), Float64Array.of(-1)], [0, 1]);
  return transformScores(context, both, readPostTransform(context));
}

const svmClassifier: ImportRule = (context) => {
  const x = context.input(0);
  const labels = readClassLabels(context, 'classlabels_ints');
  const counts = context.ints('vectors_per_class') ?? [];
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (labels.length < 2) return context.unsupported('a classifier with fewer than two class labels');
  if (total === 0) return classifyLinear(context, x, labels);
  if (counts.length !== labels.length)
    return context.unsupported(`${counts.length} vectors_per_class for ${labels.length} labels`);
  const pairs = pairsOf(labels.length);
  const rho = context.floats('rho') ?? [];
  if (rho.length < pairs.length) return context.unsupported(`${rho.length} values of rho for ${pairs.length} pairs`);
  const weights = pairWeights(context, counts, pairs);
  const scores = sumKernels(context, x, readSupport(context, total), weights, rho.slice(0, pairs.length));
  const label =
    labels.length === 2
      ? chooseByThreshold(context, scores, 0, [labels[1], labels[0]])
      : chooseLargest(context, countVotes(context, scores, labels.length, pairs), labels);
  if ((context.floats('prob_a') ?? []).length > 0) {
    if (labels.length === 2) return [label, pairProbabilities(context, scores)];
    context.scope.warn(
      'the probabilities of an SVM of more than two classes are the end of an iteration: only the label is left',
      'export the classifier with probability=False for its pairwise scores',
    );
    return [label];
  }
  const transform = readPostTransform(context);
  if (labels.length > 2) return [label, transformScores(context, scores, transform)];
  return [label, pairScores(context, scores, transform === 'NONE' ? 0 : 1, transform)];
};

const svmRegressor: ImportRule = (context) => {
  const x = context.input(0);
  const coefficients = Float64Array.from(context.floats('coefficients') ?? []);
  const [rho = 0] = context.floats('rho') ?? [];
  const count = context.int('n_supports', 0);
  const scores =
    count > 0
      ? sumKernels(context, x, readSupport(context, count), [coefficients.slice(0, count)], [rho])
      : applyDense(context, x, [coefficients], [rho]);
  if (context.int('one_class', 0) === 0) return scores;
  const sign = call('sub', call('mul', constant(2), call('stepPositive', X)), constant(1));
  return context.builder.unary(scores, [sign]);
};

/** Support vector machines of ai.onnx.ml. */
export const svmRules: RuleRecord = {
  'ai.onnx.ml.SVMClassifier': svmClassifier,
  'ai.onnx.ml.SVMRegressor': svmRegressor,
};
