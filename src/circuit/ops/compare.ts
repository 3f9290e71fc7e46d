import { bitLength } from '../../core/range.js';
import { allocateElements, setConstant, setWire } from '../elements.js';
import { defineIsZero } from '../gadgets/is-zero.js';
import { defineNonNegative } from '../gadgets/non-negative.js';
import { INLINE_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { groupRows, type RowGroup } from '../row-groups.js';
import type { Rule } from './rule.js';

/** Least p >= 1 with `-2^p <= min` and `max < 2^p`, for a range that holds both signs. */
export function signedBits(min: number, max: number): number {
  return Math.max(1, bitLength(max), bitLength(-min - 1));
}

export const lowerNonNegative: Rule<'nonNegative'> = (lowering, node, [x]) => {
  const result = allocateElements(x.count);
  const todo: number[] = [];
  const source = lowering.listSource();
  for (let i = 0; i < x.count; i++) {
    if (x.min[i] >= 0) setConstant(result, i, 1);
    else if (x.max[i] < 0) setConstant(result, i, 0);
    else if (x.min[i] === -1 && x.max[i] === 0) {
      const sum = new Map([[0, 1]]);
      lowering.addTo(sum, x, i, 1);
      lowering.setSum(result, i, sum, source, 0, 1);
    } else todo.push(i);
  }
  lowering.layer('nonnegative', node.layer, () => {
    for (const group of groupRows(lowering, x, todo)) {
      const bits = group.members.map((member) => signedBits(x.min[todo[member]], x.max[todo[member]]));
      const wire = placeNonNegative(lowering, group, bits);
      group.members.forEach((member, j) => {
        setWire(result, todo[member], wire + j, 0, 1);
      });
    }
  });
  return result;
};

/** One block of sign tests; `bits` by row of the group. */
export function placeNonNegative(lowering: Lowering, group: RowGroup, bits: readonly number[]): number {
  const materialized = group.inputs.length > INLINE_TERMS;
  const component = lowering.component(`nonnegative ${group.key}|${bits.join()}`, () =>
    defineNonNegative(group.rows, bits, materialized),
  );
  return lowering.place(component, group.inputs, () => [0, 1]);
}

export const lowerIsZero: Rule<'isZero'> = (lowering, node, [x]) => {
  const result = allocateElements(x.count);
  const todo: number[] = [];
  for (let i = 0; i < x.count; i++) {
    if (x.min[i] > 0 || x.max[i] < 0) setConstant(result, i, 0);
    else if (x.min[i] === 0 && x.max[i] === 0) setConstant(result, i, 1);
    else if (x.wire[i] >= 0 && isFlag(x.factor[i], x.offset[i], x.min[i], x.max[i])) {
      setWire(result, i, x.wire[i], 0, 1);
      result.factor[i] = x.offset[i] === 0 ? -1 : 1;
      result.offset[i] = x.offset[i] === 0 ? 1 : 0;
    } else todo.push(i);
  }
  lowering.layer('iszero', node.layer, () => {
    for (const group of groupRows(lowering, x, todo)) {
      const materialized = group.inputs.length > INLINE_TERMS;
      const component = lowering.component(`iszero ${group.key}`, () => defineIsZero(group.rows, materialized));
      const wire = lowering.place(component, group.inputs, () => [0, 1]);
      group.members.forEach((member, j) => {
        setWire(result, todo[member], wire + j, 0, 1);
      });
    }
  });
  return result;
};

/** Whether an atom is a wire of 0 or 1, or one minus it: then its zero test is linear. */
function isFlag(factor: number, offset: number, min: number, max: number): boolean {
  return min === 0 && max === 1 && ((factor === 1 && offset === 0) || (factor === -1 && offset === 1));
}
