import { ZkinferError } from '../../core/error.js';
import type { QuantKind } from '../../quantize/ir.js';
import { lowerArgMax } from './argmax.js';
import { lowerBilinear } from './bilinear.js';
import { lowerIsZero, lowerNonNegative } from './compare.js';
import { lowerGather, lowerLinear } from './linear.js';
import { lowerMax } from './max.js';
import { lowerRelu, lowerRequantize } from './requantize.js';
import type { Rule } from './rule.js';

function missing(kind: string): never {
  throw new ZkinferError({ code: 'CIRCUIT_UNSUPPORTED', kind: 'usage', message: `no circuit for ${kind} yet` });
}

/** How each kind of node becomes constraints. */
export const lowerRules: { readonly [K in QuantKind]: Rule<K> } = {
  linear: lowerLinear,
  gather: lowerGather,
  requantize: lowerRequantize,
  relu: lowerRelu,
  lookup: () => missing('lookup'),
  staircase: () => missing('staircase'),
  nonNegative: lowerNonNegative,
  isZero: lowerIsZero,
  bilinear: lowerBilinear,
  max: lowerMax,
  argmax: lowerArgMax,
  topk: () => missing('topk'),
  trees: () => missing('trees'),
};
