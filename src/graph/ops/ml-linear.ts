import type { Operand } from '../builder.js';
import {
  applyDense,
  chooseByThreshold,
  chooseLargest,
  pairScores,
  readClassLabels,
  readPostTransform,
  splitRows,
  transformScores,
} from './ml-scores.js';
import type { ImportRule, RuleRecord } from './rule.js';

/** One intercept is one score compared with 0; more are one score per class, the largest wins. */
const linearClassifier: ImportRule = (context) => {
  const x = context.input(0);
  const intercepts = context.floats('intercepts') ?? [];
  const targets = intercepts.length;
  if (targets === 0) return context.unsupported('attribute intercepts is missing', 'write a 0 for each class');
  const coefficients = context.floats('coefficients') ?? context.unsupported('attribute coefficients is missing');
  const labels = readClassLabels(context, 'classlabels_ints');
  const transform = readPostTransform(context);
  const scores = applyDense(context, x, splitRows(context, coefficients, targets, 'coefficients'), intercepts);
  if (targets > 1) {
    if (labels.length !== targets) return context.unsupported(`${labels.length} labels for ${targets} scores`);
    return [chooseLargest(context, scores, labels), transformScores(context, scores, transform)];
  }
  const words = typeof labels[0] === 'string';
  const pair: [string | number, string | number] =
    labels.length === 2 ? [labels[0], labels[1]] : words ? ['0', '1'] : [0, 1];
  const label = chooseByThreshold(context, scores, 0, pair);
  if (labels.length === 2) return [label, pairScores(context, scores, 1, transform)];
  return [label, transform === 'PROBIT' ? transformScores(context, scores, transform) : scores];
};

const linearRegressor: ImportRule = (context) => {
  const x = context.input(0);
  const targets = context.int('targets', 1);
  const coefficients = context.floats('coefficients') ?? context.unsupported('attribute coefficients is missing');
  const intercepts = context.floats('intercepts') ?? [];
  if (intercepts.length !== 0 && intercepts.length !== targets)
    return context.unsupported(`${intercepts.length} intercepts for ${targets} targets`);
  const bias = intercepts.length > 0 ? intercepts : new Float64Array(targets);
  const kernels = splitRows(context, coefficients, targets, 'coefficients');
  const scores: Operand = applyDense(context, x, kernels, bias);
  const transform = readPostTransform(context);
  // Single scores take no transform but PROBIT, as in onnxruntime.
  return targets > 1 || transform === 'PROBIT' ? transformScores(context, scores, transform) : scores;
};

/** Linear models of ai.onnx.ml. */
export const linearModelRules: RuleRecord = {
  'ai.onnx.ml.LinearClassifier': linearClassifier,
  'ai.onnx.ml.LinearRegressor': linearRegressor,
};
