import { formatShape, sizeOf } from '../../core/tensor.js';
import { elementFormats, nameElementType } from '../../onnx/element-types.js';
import type { Operand } from '../builder.js';
import { call, X } from '../scalar.js';
import { constantOf } from './constant.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf } from './support/deferred.js';
import { apply, scaleBy } from './support/elementwise.js';
import { normalizeAxis, reshape, unsqueeze } from './support/shape.js';

const reshapeRule: ImportRule = (context) => {
  const x = context.raw(0);
  const wanted = Array.from(context.constant(1, 'the new shape').data);
  const keepZero = context.int('allowzero', 0) !== 0;
  const shape = wanted.map((extent, axis) => (extent === 0 && !keepZero ? (x.shape[axis] ?? 0) : extent));
  const free = shape.indexOf(-1);
  if (free >= 0) {
    const rest = sizeOf(shape.filter((_, axis) => axis !== free));
    shape[free] = rest === 0 ? 0 : sizeOf(x.shape) / rest;
  }
  if (shape.some((extent) => !(Number.isInteger(extent) && extent >= 0)))
    context.unsupported(`cannot reshape ${formatShape(x.shape)} into [${wanted.join(', ')}]`);
  return settleBatch(context, x, shape);
};

/** Reshape, with a hint where a fixed batch size other than 1 is written into the file. */
function settleBatch(context: RuleContext, x: Operand, shape: readonly number[]): Operand {
  if (sizeOf(shape) !== sizeOf(x.shape))
    context.unsupported(
      `cannot reshape ${formatShape(x.shape)} into ${formatShape(shape)}`,
      'the file fixes a batch size here: export with batch 1, or set it with --dim',
    );
  return reshape(x, shape);
}

const flatten: ImportRule = (context) => {
  const x = context.raw(0);
  const axis = context.int('axis', 1);
  const split = axis < 0 ? axis + x.shape.length : axis;
  return aliasOf(x, [sizeOf(x.shape.slice(0, split)), sizeOf(x.shape.slice(split))]);
};

/** Axes from the attribute (opsets below 13) or from input 1. */
function axesOf(context: RuleContext): readonly number[] | undefined {
  return context.version < 13 ? context.ints('axes') : context.optionalInts(1, 'the axes');
}

const squeeze: ImportRule = (context) => {
  const x = context.raw(0);
  const axes = axesOf(context)?.map((axis) => normalizeAxis(axis, x.shape.length));
  const bad = axes?.find((axis) => x.shape[axis] !== 1);
  if (bad !== undefined) context.unsupported(`axis ${bad} of ${formatShape(x.shape)} is not of extent 1`);
  return aliasOf(
    x,
    x.shape.filter((extent, axis) => (axes === undefined ? extent !== 1 : !axes.includes(axis))),
  );
};

const unsqueezeRule: ImportRule = (context) => {
  const axes = axesOf(context);
  if (axes === undefined) return context.unsupported('axes are missing');
  return unsqueeze(context.raw(0), axes);
};

const MASKED = { 2: 8, 4: 16, 12: 32 } as Readonly<Record<number, number>>;

/** Cast by what the target holds: reals pass, integers truncate towards zero, booleans are `x ≠ 0`. */
function castTo(context: RuleContext, x: Operand, elemType: number): Operand {
  if (elemType === 8) return context.unsupported('a cast to strings', 'cast after the model');
  const target = elementFormats[elemType]?.type;
  if (target === undefined) return context.unsupported(`a cast to ${nameElementType(elemType)}`);
  if (target === 'bool') {
    if (x.type === 'bool') return x;
    return scaleBy(context.builder, apply(context.builder, x, call('isZero', X), 'bool'), -1, 1, 'bool');
  }
  if (x.kind === 'const' && MASKED[elemType] !== undefined) {
    const modulus = 2 ** MASKED[elemType];
    return constantOf(x.shape, 'int', (i) => ((Math.trunc(x.data[i]) % modulus) + modulus) % modulus);
  }
  const fractional = x.type === 'float' && (x.kind === 'const' || context.builder.values[x.id].type === 'float');
  if (target === 'int' && fractional) return apply(context.builder, x, call('trunc', X), 'int');
  return { ...x, type: target };
}

const cast: ImportRule = (context) => {
  const strings = context.strings(0);
  const to = context.int('to', 1);
  if (strings !== undefined) {
    const type = elementFormats[to]?.type ?? 'float';
    return constantOf([strings.length], type, (i) => Number(strings[i]));
  }
  const raw = context.raw(0);
  const tagged = raw.kind === 'value' && (raw.labels !== undefined || raw.deferred !== undefined);
  if (tagged && elementFormats[to]?.type === raw.type) return raw;
  return castTo(context, context.input(0), to);
};

const dropout: ImportRule = (context) => {
  const x = context.raw(0);
  const training = context.optional(2);
  const ratio = context.version >= 12 ? (context.optionalScalar(1, 'the ratio') ?? 0.5) : context.float('ratio', 0.5);
  if (training !== undefined && ratio !== 0 && (training.kind !== 'const' || training.data[0] !== 0))
    context.unsupported('Dropout in training mode', 'export the model in inference mode (model.eval())');
  return [x, constantOf(x.shape, 'bool', () => 1)];
};

export const shapeRules: RuleRecord = {
  Identity: (context) => context.raw(0),
  Dropout: dropout,
  Cast: cast,
  CastLike: (context) => {
    const elemType = context.elemType(1) ?? { float: 1, int: 7, bool: 9 }[context.input(1).type];
    return castTo(context, context.input(0), elemType);
  },
  Flatten: flatten,
  Reshape: reshapeRule,
  Squeeze: squeeze,
  Unsqueeze: unsqueezeRule,
};
