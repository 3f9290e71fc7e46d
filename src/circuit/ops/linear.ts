import { allocateElements, concatElements, copyElement, setConstant } from '../elements.js';
import type { Rule } from './rule.js';

/** Costs nothing itself: its rows stay pending until a gadget takes them in. */
export const lowerLinear: Rule<'linear'> = (lowering, node, inputs) =>
  lowering.mapRows(node.map, lowering.materialize(concatElements(inputs), node.layer));

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
