import { bitLength } from '../../core/range.js';
import { allocateElements, copyElement, type Elements, setConstant, setWire } from '../elements.js';
import { defineRequantize, type RequantizeRow } from '../gadgets/requantize.js';
import { INLINE_LAYER_TERMS, INLINE_TERMS, SHORT_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { groupRows, type RowGroup } from '../row-groups.js';
import type { Overflow, Rule } from './rule.js';

/** What a requantization needs to be, given the bounds of its input: nothing at all, or one row of the gadget. */
export type RequantizePlan =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'identity' }
  | { readonly kind: 'row'; readonly row: RequantizeRow; readonly min: number; readonly max: number };

/** Decides the cheapest form of `clamp(floor((x + 2^(shift-1)) / 2^shift), 0, 2^bits - 1)` for x in `[min, max]`. */
export function planRequantize(
  min: number,
  max: number,
  shift: number,
  bits: number,
  overflow: Overflow,
): RequantizePlan {
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  const step = 2 ** shift;
  const largest = 2 ** bits - 1;
  const clamp = (x: number) => Math.min(Math.max(Math.floor((x + half) / step), 0), largest);
  const [yMin, yMax] = [clamp(min), clamp(max)];
  if (yMin === yMax) return { kind: 'constant', value: yMin };
  if (shift === 0 && min >= 0 && max <= largest) return { kind: 'identity' };
  const signed = min + half < 0;
  const saturates = Math.floor((max + half) / step) > largest;
  const outBits = saturates ? bits : bitLength(yMax);
  let width = shift + outBits;
  if (saturates && overflow === 'assert') {
    return {
      kind: 'row',
      row: { bits: width, shift, outBits, signed: signed || shift === 0, over: 0 },
      min: yMin,
      max: yMax,
    };
  }
  // Without saturation the magnitude of the quotient is what is written in bits.
  const least = () => (saturates ? 0 : step) - 2 ** width;
  while ((signed && least() > min + half) || (saturates && 2 ** width <= max + half)) width++;
  const over = saturates ? width - shift - outBits : 0;
  return { kind: 'row', row: { bits: width, shift, outBits, signed, over }, min: yMin, max: yMax };
}

/** Places requantize rows for the elements that need one and fills in the rest. */
export function lowerClamped(
  lowering: Lowering,
  x: Elements,
  label: string,
  kind: string,
  plan: (i: number) => RequantizePlan,
): Elements {
  const result = allocateElements(x.count);
  const todo: number[] = [];
  const rows: (RequantizePlan & { kind: 'row' })[] = [];
  for (let i = 0; i < x.count; i++) {
    const decided = plan(i);
    if (decided.kind === 'constant') setConstant(result, i, decided.value);
    else if (decided.kind === 'identity') copyElement(result, i, x, i);
    else {
      todo.push(i);
      rows.push(decided);
    }
  }
  lowering.layer(kind, label, () => {
    const groups = groupRows(lowering, x, todo);
    const limit = inlineLimit(groups);
    for (const group of groups) {
      const wire = placeRequantize(lowering, group, rows, limit);
      group.members.forEach((member, j) => {
        setWire(result, todo[member], wire + j, rows[member].min, rows[member].max);
      });
    }
  });
  return result;
}

/** The longest row of a layer that stays inside its gadget. */
function inlineLimit(groups: readonly RowGroup[]): number {
  const terms = groups.reduce((sum, { inputs, members }) => {
    return inputs.length <= INLINE_TERMS ? sum + inputs.length * members.length : sum;
  }, 0);
  return terms <= INLINE_LAYER_TERMS ? INLINE_TERMS : SHORT_TERMS;
}

/** One block for a group; `rows` is indexed by member. Returns the first output's wire. */
export function placeRequantize(
  lowering: Lowering,
  group: RowGroup,
  rows: readonly (RequantizePlan & { kind: 'row' })[],
  inlineTerms = INLINE_TERMS,
): number {
  const specs = group.members.map((member) => rows[member].row);
  const materialized = group.inputs.length > inlineTerms;
  const shape = specs.map((s) => `${s.bits},${s.shift},${s.outBits},${s.signed ? 1 : 0},${s.over}`).join(' ');
  const component = lowering.component(`requantize ${group.key}|${shape}|${materialized}`, () =>
    defineRequantize(group.rows, specs, materialized),
  );
  return lowering.place(component, group.inputs, (j) => {
    const { min, max } = rows[group.members[j]];
    return [min, max];
  });
}

export const lowerRequantize: Rule<'requantize'> = (lowering, node, [x], { overflow }) => {
  const at = (array: Int32Array, i: number) => array[array.length === 1 ? 0 : i];
  return lowerClamped(lowering, x, node.layer, 'requantize', (i) =>
    planRequantize(x.min[i], x.max[i], at(node.shift, i), at(node.bits, i), overflow),
  );
};

export const lowerRelu: Rule<'relu'> = (lowering, node, [x]) =>
  lowerClamped(lowering, x, node.layer, 'relu', (i) => planRelu(x.min[i], x.max[i]));

/** `max(x, 0)` as a requantization without shift and without saturation. */
export function planRelu(min: number, max: number): RequantizePlan {
  return planRequantize(min, max, 0, Math.max(1, bitLength(Math.max(max, 0))), 'saturate');
}
