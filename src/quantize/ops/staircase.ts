import type { UnaryNode } from '../../graph/ir.js';
import { diagonalMap, spread } from '../affine.js';
import { plainScale } from '../builder.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';
import { spreadBounds } from '../ranges.js';

/** More steps than this and the staircase loses to a table. */
const MOST_STEPS = 2048;

/**
 * An integer-valued monotone function of an accumulator as the list of codes where it steps: exact for every accumulator.
 * @param evaluate the function's value at a real x, by index of the function
 * @returns null where the function is not integer-valued and rising, or has too many steps
 */
export function quantizeStaircase(
  ctx: QuantizeContext,
  node: UnaryNode,
  evaluate: (x: number, functionIndex: number) => number,
): QuantValueId | null {
  let input = ctx.standIn(node.inputs[0]);
  const first = ctx.value(input);
  const size = ctx.size(input);
  const isFalling = falls(ctx, input, node, evaluate);
  const { shape, name } = ctx.graph.values[node.output];
  const layer = node.origin.name;
  const sign = isFalling ? -1 : 1;
  if (isFalling) {
    const map = diagonalMap([-1], new Float64Array(size));
    const zeroPoint = first.zeroPoint.map((zero) => -zero);
    input = ctx.builder.add({ kind: 'linear', inputs: [input], map, layer }, name, shape, {
      scale: first.scale,
      zeroPoint,
    });
  }
  const value = ctx.value(input);
  const scale = spread(value.scale, size);
  const zero = spread(value.zeroPoint, size);
  const { min, max } = spreadBounds(value);
  const steps: { base: number; thresholds: Float64Array }[] = [];
  const known = new Map<string, number>();
  const which = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const f = node.which ? node.which[i] : 0;
    const key = `${f}:${scale[i]}:${zero[i]}`;
    let at = known.get(key);
    if (at === undefined) {
      let [low, high] = [min[i], max[i]];
      for (let j = i; j < size; j++)
        if (scale[j] === scale[i] && zero[j] === zero[i] && (node.which ? node.which[j] : 0) === f) {
          low = Math.min(low, min[j]);
          high = Math.max(high, max[j]);
        }
      const found = findSteps((code) => evaluate(sign * scale[i] * (code - zero[i]), f), low, high);
      if (!found) return null;
      at = steps.push(found) - 1;
      known.set(key, at);
    }
    which[i] = at;
  }
  return ctx.builder.add(
    { kind: 'staircase', inputs: [input], steps, which: steps.length === 1 ? null : which, layer },
    name,
    shape,
    plainScale(1),
  );
}

function falls(
  ctx: QuantizeContext,
  input: QuantValueId,
  node: UnaryNode,
  evaluate: (x: number, functionIndex: number) => number,
): boolean {
  const value = ctx.value(input);
  const { min, max } = spreadBounds(value);
  const real = (code: number) => value.scale[0] * (code - value.zeroPoint[0]);
  const f = node.which ? node.which[0] : 0;
  return evaluate(real(min[0]), f) > evaluate(real(max[0]), f);
}

/** Codes where a rising integer function steps up, by bisection; a jump of several takes several equal-valued codes apart. */
function findSteps(
  f: (code: number) => number,
  low: number,
  high: number,
): { base: number; thresholds: Float64Array } | null {
  const base = f(low);
  const top = f(high);
  if (!Number.isInteger(base) || !Number.isInteger(top) || top < base || top - base > MOST_STEPS) return null;
  const thresholds: number[] = [];
  let from = low;
  for (let level = base + 1; level <= top; level++) {
    let [below, reached] = [from, high];
    if (f(from) >= level) return null;
    while (reached - below > 1) {
      const middle = Math.floor((below + reached) / 2);
      const at = f(middle);
      if (!Number.isInteger(at)) return null;
      if (at >= level) reached = middle;
      else below = middle;
    }
    if (f(reached) !== level) return null;
    thresholds.push(reached);
    from = reached;
  }
  return followsSteps(f, low, high, base, thresholds) ? { base, thresholds: Float64Array.from(thresholds) } : null;
}

/** Codes at which a staircase is held to its function: what rises and falls between the steps found is no staircase. */
const CHECKS = 4096;

function followsSteps(
  f: (code: number) => number,
  low: number,
  high: number,
  base: number,
  thresholds: readonly number[],
): boolean {
  let passed = 0;
  for (let n = 0; n <= CHECKS; n++) {
    const code = low + Math.floor((n * (high - low)) / CHECKS);
    while (passed < thresholds.length && thresholds[passed] <= code) passed++;
    if (f(code) !== base + passed) return false;
  }
  return true;
}
