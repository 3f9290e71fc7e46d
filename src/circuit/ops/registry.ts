import type { QuantKind } from '../../quantize/ir.js';
import { lowerArgMax } from './argmax.js';
import { lowerBilinear } from './bilinear.js';
import { lowerIsZero, lowerNonNegative } from './compare.js';
import { lowerGather, lowerLinear } from './linear.js';
import { lowerMax } from './max.js';
import { lowerRelu, lowerRequantize } from './requantize.js';
import type { Rule } from './rule.js';
import { lowerLookup, lowerStaircase } from './steps.js';
import { lowerTopK } from './topk.js';
import { lowerTrees } from './trees.js';

/** How each kind of node becomes constraints. */
export const lowerRules: { readonly [K in QuantKind]: Rule<K> } = {
  linear: lowerLinear,
  gather: lowerGather,
  requantize: lowerRequantize,
  relu: lowerRelu,
  lookup: lowerLookup,
  staircase: lowerStaircase,
  nonNegative: lowerNonNegative,
  isZero: lowerIsZero,
  bilinear: lowerBilinear,
  max: lowerMax,
  argmax: lowerArgMax,
  topk: lowerTopK,
  trees: lowerTrees,
};
