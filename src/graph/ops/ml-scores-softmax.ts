import { sizeOf } from '../../core/tensor.js';
import type { Operand, ValueOperand } from '../builder.js';
import { elementwiseRules } from './elementwise.js';
import { reduceRules } from './reduce.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf, deferSoftmax } from './support/deferred.js';
import { normalizeAxis } from './support/shape.js';
import { buildSoftmax } from './support/softmax.js';

type Derivation = NonNullable<ValueOperand['derived']>;

/** Notes where a result came from; an operand that stands for something else than its own elements is left alone. */
function mark(result: Operand, kind: Derivation['kind'], of: Operand): Operand {
  const isPlain = of.kind === 'value' && of.deferred === undefined && of.labels === undefined;
  return result.kind === 'value' && isPlain ? { ...result, derived: { kind, of } } : result;
}

/** True where `b` was derived from `a` over its last axis and lies along it with extent 1. */
function belongsTo(b: Operand, kind: Derivation['kind'], a: Operand): a is ValueOperand {
  return (
    a.kind === 'value' &&
    b.kind === 'value' &&
    a.deferred === undefined &&
    b.derived?.kind === kind &&
    b.derived.of.id === a.id &&
    b.shape.at(-1) === 1 &&
    sizeOf(b.shape) * (a.shape.at(-1) ?? 1) === sizeOf(a.shape)
  );
}

/** A reduction over the last axis that remembers of what it is. */
function remember(op: 'ReduceLogSumExp' | 'ReduceMax' | 'ReduceSum', kind: Derivation['kind']): ImportRule {
  return (context) => {
    const x = context.input(0);
    const result = reduceRules[op](context) as Operand;
    const axes = context.ints('axes') ?? context.optionalInts(1, 'the axes') ?? [];
    const isLast = axes.length === 1 && normalizeAxis(axes[0], x.shape.length) === x.shape.length - 1;
    const raw = context.raw(0);
    return isLast ? mark(result, kind, raw) : result;
  };
}

/** Scores less their log-sum-exp are a log-softmax, kept back as LogSoftmax itself is; less their maximum, the same logits. */
const subtract: ImportRule = (context) => {
  const [a, b] = [context.raw(0), context.raw(1)];
  const compute = () => elementwiseRules.Sub(context) as Operand;
  if (belongsTo(b, 'logSumExp', a)) return deferSoftmax(a, 'log-softmax', compute, a.shape.at(-1));
  return belongsTo(b, 'max', a) ? mark(compute(), 'shifted', a) : compute();
};

/** The exponential of a log-softmax is the softmax; any other remembers its argument. */
const exponential: ImportRule = (context) => {
  const x = context.raw(0);
  if (x.kind !== 'value' || x.deferred?.kind !== 'log-softmax')
    return mark(elementwiseRules.Exp(context) as Operand, 'exp', x);
  const { size } = x.deferred;
  return softmaxOf(context, { ...x, deferred: undefined }, size);
};

function softmaxOf(context: RuleContext, logits: ValueOperand, size: number): Operand {
  const rows = aliasOf(logits, [sizeOf(logits.shape) / size, size]);
  return deferSoftmax(logits, 'softmax', () => aliasOf(buildSoftmax(context, rows, 1), logits.shape), size);
}

/** Exponentials over their sum are the softmax of their arguments, with or without the maximum taken off first. */
const divide: ImportRule = (context) => {
  const [a, b] = [context.raw(0), context.raw(1)];
  if (!belongsTo(b, 'sum', a) || a.derived?.kind !== 'exp') return elementwiseRules.Div(context);
  const { of } = a.derived;
  const logits = of.derived?.kind === 'shifted' ? of.derived.of : of;
  if (logits.shape.at(-1) !== a.shape.at(-1)) return elementwiseRules.Div(context);
  return softmaxOf(context, logits, a.shape.at(-1) ?? 1);
};

/** Softmax as classical models and older exporters spell it out, recognised so that a final one can be cut to its logits. */
export const spelledSoftmaxRules: RuleRecord = {
  ReduceLogSumExp: remember('ReduceLogSumExp', 'logSumExp'),
  ReduceMax: remember('ReduceMax', 'max'),
  ReduceSum: remember('ReduceSum', 'sum'),
  Sub: subtract,
  Exp: exponential,
  Div: divide,
};
