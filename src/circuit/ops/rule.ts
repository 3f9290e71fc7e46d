import type { QuantKind, QuantNode } from '../../quantize/ir.js';
import type { Elements } from '../elements.js';
import type { Lowering } from '../lowering.js';

/** What happens when an accumulator leaves the range that saturation would need: clamped, or no proof exists. */
export type Overflow = 'saturate' | 'assert';

export interface RuleOptions {
  readonly overflow: Overflow;
}

/** Lowers one node: adds its blocks and returns the elements of its output. */
export type Rule<K extends QuantKind> = (
  lowering: Lowering,
  node: Extract<QuantNode, { kind: K }>,
  inputs: readonly Elements[],
  options: RuleOptions,
) => Elements;
