import type { ElementType } from '../../core/tensor.js';
import type { Operand } from '../builder.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import type { RuleContext } from './rule.js';
import { deferSoftmax, withLabels } from './support/deferred.js';
import { buildSoftmax } from './support/softmax.js';

/** What the classical operators of ai.onnx.ml do to their scores last. */
export type PostTransform = 'NONE' | 'LOGISTIC' | 'SOFTMAX' | 'SOFTMAX_ZERO' | 'PROBIT';

const TRANSFORMS: readonly string[] = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];

export function readPostTransform(context: RuleContext): PostTransform {
  const name = context.text('post_transform', 'NONE');
  if (!TRANSFORMS.includes(name)) return context.unsupported(`post_transform "${name}" is unknown`);
  return name as PostTransform;
}

/** Rows and features of an ai.onnx.ml input: `[F]` is one row, `[N, F]` is N. */
export function rowsOf(context: RuleContext, x: Operand): { rows: number; features: number } {
  if (x.shape.length === 1) return { rows: 1, features: x.shape[0] };
  if (x.shape.length === 2) return { rows: x.shape[0], features: x.shape[1] };
  return context.unsupported(`the input has ${x.shape.length} dimensions, expected [N, features]`);
}

/** A dense layer over each row of x: `y[n, t] = bias[t] + kernels[t] · x[n]`. Shape `[rows, kernels]`. */
export function applyDense(
  context: RuleContext,
  x: Operand,
  kernels: readonly Float64Array[],
  bias: ArrayLike<number>,
  type: ElementType = 'float',
): Operand {
  const { rows, features } = rowsOf(context, x);
  const targets = kernels.length;
  for (const kernel of kernels)
    if (kernel.length !== features)
      return context.unsupported(`the input has ${features} features, the coefficients are for ${kernel.length}`);
  const map = {
    windows: Array.from({ length: rows }, (_, n) => Int32Array.from({ length: features }, (_, f) => n * features + f)),
    kernels,
    rowWindow: Int32Array.from({ length: rows * targets }, (_, i) => Math.floor(i / targets)),
    rowKernel: Int32Array.from({ length: rows * targets }, (_, i) => i % targets),
    bias: Float64Array.from({ length: rows * targets }, (_, i) => bias[i % targets]),
  };
  return context.builder.linear([x], map, [rows, targets], type);
}

/** Splits a flat attribute into `count` rows of equal length. */
export function splitRows(
  context: RuleContext,
  values: readonly number[],
  count: number,
  what: string,
): Float64Array[] {
  const width = values.length / count;
  if (!Number.isInteger(width)) return context.unsupported(`${what}: ${values.length} values for ${count} rows`);
  return Array.from({ length: count }, (_, t) => Float64Array.from(values.slice(t * width, (t + 1) * width)));
}

/** Class labels of a classifier, strings or integers. */
export function readClassLabels(context: RuleContext, ints: string): readonly (string | number)[] {
  const strings = context.texts('classlabels_strings');
  if (strings !== undefined && strings.length > 0) return strings;
  return context.ints(ints) ?? [];
}

/** The class with the largest score in each row `[N, C]`, as an index into `labels`; the lowest on a tie. Shape `[N]`. */
export function chooseLargest(context: RuleContext, scores: Operand, labels: readonly (string | number)[]): Operand {
  const [rows, classes] = scores.shape;
  const windows = Array.from({ length: rows }, (_, n) => Int32Array.from(labels, (_, c) => n * classes + c));
  return withLabels(context.builder.argmax(scores, windows, false, [rows]), labels);
}

/**
 * One of two labels by one score per row `[N, 1]`: `labels[1]` where it exceeds the threshold. Shape `[N]`.
 * The score is rounded to float32 first, as the model's own sum was, so that a vote that is even stays even.
 */
export function chooseByThreshold(
  context: RuleContext,
  score: Operand,
  threshold: number,
  labels: readonly [string | number, string | number],
): Operand {
  const flat = { ...score, shape: [score.shape[0]] } as Operand;
  const above = threshold === 0 ? X : call('sub', call('fround', X), constant(threshold));
  return withLabels(context.builder.unary(flat, [call('stepPositive', above)], null, 'int'), labels);
}

/** Two columns from one score per row `[N, 1]`: `[offset - s, s]`. Shape `[N, 2]`. */
export function mirrorScore(context: RuleContext, score: Operand, offset: number): Operand {
  return applyDense(context, score, [Float64Array.of(-1), Float64Array.of(1)], [offset, 0]);
}

/**
 * The two columns that onnxruntime writes for one score: the sigmoids of -s and s for LOGISTIC, else `[offset - s, s]`
 * untransformed. For PROBIT it leaves the second column undefined, so that the scores are refused.
 */
export function pairScores(
  context: RuleContext,
  score: Operand,
  offset: number,
  transform: PostTransform,
): Operand | undefined {
  if (transform === 'LOGISTIC') return transformScores(context, mirrorScore(context, score, 0), transform);
  if (transform !== 'PROBIT') return mirrorScore(context, score, offset);
  context.scope.warn('the scores of one score under PROBIT are not defined: the output is left out');
  return undefined;
}

/** The inverse of the normal distribution in the closed approximation that onnxruntime uses. */
function probit(): ScalarFunction {
  const p = call('sub', call('mul', constant(2), X), constant(1));
  const log = call('log', call('mul', call('sub', constant(1), p), call('add', constant(1), p)));
  const v = call('add', constant(2 / (Math.PI * 0.147)), call('mul', constant(0.5), log));
  const root = call('sqrt', call('sub', call('mul', v, v), call('mul', constant(1 / 0.147), log)));
  const magnitude = call('mul', constant(Math.SQRT2), call('sqrt', call('sub', root, v)));
  return call('select', call('stepPositive', call('neg', p)), call('neg', magnitude), magnitude);
}

/** Applies a post transform to scores `[N, C]` with C of at least two, or to single scores where it is PROBIT. */
export function transformScores(context: RuleContext, scores: Operand, transform: PostTransform): Operand {
  switch (transform) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return context.builder.unary(scores, [call('sigmoid', X)]);
    case 'PROBIT':
      return context.builder.unary(scores, [probit()]);
    case 'SOFTMAX':
      return deferSoftmax(scores, 'softmax', () => buildSoftmax(context, scores, 1));
    case 'SOFTMAX_ZERO':
      return deferSoftmax(scores, 'softmax', () =>
        context.unsupported(
          'post_transform SOFTMAX_ZERO in the middle of a model',
          'export with post_transform SOFTMAX, or read the label only',
        ),
      );
  }
}
