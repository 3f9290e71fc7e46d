import { composeMaps } from '../compose.js';
import { allocateElements, concatElements, copyElement, setConstant } from '../elements.js';
import { INLINE_OPERAND_TERMS } from '../limits.js';
import { materialize } from '../materialize.js';
import type { Rule } from './rule.js';

/**
 * Costs nothing itself: its rows stay pending until a gadget takes them in. Over elements that are pending sums themselves a
 * row is either written out over the wires, while it stays short, or those elements get wires first.
 */
export const lowerLinear: Rule<'linear'> = (lowering, node, inputs) => {
  const x = concatElements(inputs);
  const { map } = node;
  const terms = Array.from({ length: x.count }, (_, i) => lowering.termCount(x, i));
  if (terms.every((count) => count <= 1)) return lowering.mapRows(map, materialize(lowering, x, node.layer));
  const joined = composeMaps(map, x);
  if (joined) return lowering.mapRows(joined.map, joined.x);
  const composed = new Uint8Array(map.rowWindow.length);
  const wanted = new Set<number>();
  for (let r = 0; r < composed.length; r++) {
    const window = map.windows[map.rowWindow[r]];
    const kernel = map.kernels[map.rowKernel[r]];
    const live = window.filter((index, t) => index >= 0 && kernel[t] !== 0);
    const total = live.reduce((sum, index) => sum + terms[index], 0);
    if (live.length === 1 || total <= INLINE_OPERAND_TERMS) composed[r] = 1;
    else for (const index of live) if (terms[index] > 1) wanted.add(index);
  }
  return lowering.mapRows(map, materialize(lowering, x, node.layer, 1, wanted), composed);
};

/** Moves elements, pending ones included. */
export const lowerGather: Rule<'gather'> = (_lowering, node, inputs) => {
  const from = concatElements(inputs);
  const result = allocateElements(node.index.length);
  node.index.forEach((index, i) => {
    if (index >= 0) copyElement(result, i, from, index);
    else setConstant(result, i, node.constants[-1 - index]);
  });
  return result;
};
