import type { GraphBuilder, Operand } from '../builder.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import { rowsOf } from './ml-scores.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf } from './support/deferred.js';
import { applyWithConstant, mul, weightedSum } from './support/elementwise.js';
import { reduceMax, reduceSum, reduceSumSquare } from './support/reduce.js';
import { concat } from './support/shape.js';

/** An attribute of one value for all features or one per feature, laid out as `[features]`. */
function perFeature(context: RuleContext, values: readonly number[], features: number, what: string): Float64Array {
  if (values.length === 1) return new Float64Array(features).fill(values[0]);
  if (values.length === features) return Float64Array.from(values);
  return context.unsupported(`${values.length} values of ${what} for ${features} features`);
}

/** `(x - offset) · scale`. */
const scaler: ImportRule = (context) => {
  const x = context.input(0);
  const { rows, features } = rowsOf(context, x);
  const scale = perFeature(context, context.floats('scale') ?? [1], features, 'scale');
  const offset = perFeature(context, context.floats('offset') ?? [0], features, 'offset');
  const shift: Operand = { kind: 'const', shape: [features], type: 'float', data: offset.map((o, f) => -o * scale[f]) };
  const factor = Float64Array.from({ length: rows * features }, (_, i) => scale[i % features]);
  const terms = [
    { x, factor },
    { x: shift, factor: 1 },
  ];
  return weightedSum(context.builder, terms, 0, 'float', x.shape);
};

/** `1/f(x)`, or 1 where f is 0: a row of zeros is left as it is. */
function guardedReciprocal(denominator: ScalarFunction): ScalarFunction {
  return call('select', call('isZero', X), constant(1), call('div', constant(1), denominator));
}

/** Divides each row by its norm. Scores that stand for their softmax already sum to one, so L1 leaves them alone. */
const normalizer: ImportRule = (context) => {
  const norm = context.text('norm', 'MAX');
  const raw = context.raw(0);
  if (norm === 'L1' && raw.kind === 'value' && raw.deferred?.kind === 'softmax') return raw;
  const { builder } = context;
  const x = context.input(0);
  const { rows, features } = rowsOf(context, x);
  const flat = { ...x, shape: [rows, features] } as Operand;
  const size = (): Operand => {
    switch (norm) {
      case 'MAX':
        return builder.unary(reduceMax(builder, flat, [1], true), [guardedReciprocal(X)]);
      case 'L1':
        return builder.unary(reduceSum(builder, builder.unary(flat, [call('abs', X)]), [1], true), [
          guardedReciprocal(X),
        ]);
      case 'L2':
        return builder.unary(reduceSumSquare(builder, flat, [1], true), [guardedReciprocal(call('sqrt', X))]);
      default:
        return context.unsupported(`norm "${norm}" is unknown`);
    }
  };
  return aliasOf(mul(builder, { ...flat, type: 'float' }, size()), x.shape);
};

/** 1 where x exceeds the threshold. */
const binarizer: ImportRule = (context) => {
  const x = context.input(0);
  const above = call('stepPositive', call('sub', X, constant(context.float('threshold', 0))));
  return context.builder.unary(x, [above], null, x.type);
};

/** True where a function of the model itself may give NaN, such as a logarithm; no input of a proof is NaN. */
function mayBeNaN(builder: GraphBuilder, x: Operand): boolean {
  const producers = new Map(builder.nodes.map((node) => [node.output, node]));
  const pending = x.kind === 'value' ? [x.id] : [];
  const seen = new Set(pending);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const node = producers.get(id);
    if (node?.kind === 'unary') return true;
    for (const input of node?.inputs ?? [])
      if (!seen.has(input)) {
        seen.add(input);
        pending.push(input);
      }
  }
  return false;
}

/** Replaces one value by another. NaN is the only number whose difference with itself is not 0. */
const imputer: ImportRule = (context) => {
  const x = context.input(0);
  const floats = context.floats('imputed_value_floats') ?? [];
  const imputed = floats.length > 0 ? floats : (context.ints('imputed_value_int64s') ?? []);
  const replaced =
    floats.length > 0 ? context.float('replaced_value_float', 0) : context.int('replaced_value_int64', 0);
  if (imputed.length === 0) return context.unsupported('no imputed value is given');
  if (Number.isNaN(replaced) && x.kind === 'value' && !mayBeNaN(context.builder, x)) {
    context.scope.warn('Imputer replaces NaN, which no proved input can hold: it is left out');
    return x;
  }
  const { features } = rowsOf(context, x);
  const data = perFeature(context, imputed.length === features ? imputed : imputed.slice(0, 1), features, 'imputed');
  const make = (value: number) =>
    Number.isNaN(replaced)
      ? call('select', call('isZero', call('sub', X, X)), X, constant(value))
      : call('select', call('isZero', call('sub', X, constant(replaced))), constant(value), X);
  return applyWithConstant(context.builder, x, data, [features], make, x.type);
};

/** Joins the columns of its inputs. */
const featureVectorizer: ImportRule = (context) => {
  const widths = context.ints('inputdimensions');
  const parts = context.inputsFrom(0).map((x, i) => {
    const rows = x.shape[0] ?? 1;
    const width = x.shape.slice(1).reduce((n, extent) => n * extent, 1);
    if (widths !== undefined && widths[i] !== width)
      return context.unsupported(`input ${i} has ${width} columns, inputdimensions says ${widths[i]}`);
    return { ...x, shape: [rows, width], type: 'float' } as Operand;
  });
  return concat(context.builder, parts, 1);
};

/** Preprocessing of ai.onnx.ml that keeps numbers numbers. */
export const preprocessRules: RuleRecord = {
  'ai.onnx.ml.Scaler': scaler,
  'ai.onnx.ml.Normalizer': normalizer,
  'ai.onnx.ml.Binarizer': binarizer,
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.FeatureVectorizer': featureVectorizer,
};
