import { defineRangeCheck } from '../gadgets/range-check.js';
import type { Lowering } from '../lowering.js';

/** Elements of one range-check component at most. */
const CHECKS_PER_BLOCK = 1024;

/** Holds wires to ranges, in the open layer; `min` and `max` by wire. */
export function placeRangeCheck(lowering: Lowering, wire: Int32Array, min: Float64Array, max: Float64Array): void {
  for (let at = 0; at < wire.length; at += CHECKS_PER_BLOCK) {
    const low = Array.from(min.subarray(at, at + CHECKS_PER_BLOCK));
    const high = Array.from(max.subarray(at, at + CHECKS_PER_BLOCK));
    const component = lowering.component(`range ${low.join()}|${high.join()}`, () => defineRangeCheck(low, high));
    lowering.place(component, wire.slice(at, at + CHECKS_PER_BLOCK), () => [0, 0]);
  }
}
