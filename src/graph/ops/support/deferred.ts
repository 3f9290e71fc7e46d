import type { GraphBuilder, Operand } from '../../builder.js';
import { call, constant, type ScalarFunction, X } from '../../scalar.js';
import { refuse } from './problem.js';

/** `x` under a new shape with the same element order; labels and a deferred softmax stay attached. */
export function aliasOf(x: Operand, shape: readonly number[]): Operand {
  return { ...x, shape } as Operand;
}

/** Attaches class labels: the elements of `x` are indices into `labels` (or one score per label). */
export function withLabels(x: Operand, labels: readonly (string | number)[]): Operand {
  return x.kind === 'value' ? { ...x, labels } : x;
}

/**
 * Logits that stand for their softmax over consecutive runs of `size` elements. A graph output or an ArgMax reads the
 * logits themselves; any other reader makes `build` run, once.
 */
export function deferSoftmax(
  logits: Operand,
  kind: 'softmax' | 'log-softmax',
  build: () => Operand,
  size = logits.shape.at(-1) ?? 1,
): Operand {
  if (logits.kind === 'const') return build();
  let built: Operand | undefined;
  return {
    ...logits,
    deferred: {
      kind,
      size,
      build: () => {
        built ??= build();
        return built;
      },
    },
  };
}

/** The operand itself: a deferred softmax is built, indices into numeric labels become those numbers. */
export function materialize(builder: GraphBuilder, x: Operand): Operand {
  if (x.kind === 'const') return x;
  if (x.deferred !== undefined) return aliasOf(x.deferred.build(), x.shape);
  if (x.labels === undefined || x.type !== 'int') return x;
  const fn = labelFunction(x.labels);
  return fn.kind === 'x' ? x : builder.unary({ ...x, labels: undefined }, [fn], null, 'int');
}

/** Class index to numeric label. */
function labelFunction(labels: readonly (string | number)[]): ScalarFunction {
  if (labels.every((label, i) => label === i)) return X;
  return labels.reduce<ScalarFunction>((rest, label, i) => {
    if (typeof label !== 'number')
      return refuse('class names (strings) are computed with', 'read the label as an output');
    return call('select', call('isZero', call('sub', X, constant(i))), constant(label), rest);
  }, constant(0));
}
