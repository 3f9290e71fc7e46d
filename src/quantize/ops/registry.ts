import type { GraphNode, NodeKind } from '../../graph/ir.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';
import { quantizeBilinear } from './bilinear.js';
import { quantizeGather } from './gather.js';
import { quantizeLinear } from './linear.js';
import { quantizeArgMax, quantizeMax, quantizeTopK } from './order.js';
import { quantizeTrees } from './trees.js';
import { quantizeUnary } from './unary.js';

type Rule<K extends NodeKind> = (ctx: QuantizeContext, node: Extract<GraphNode, { kind: K }>) => QuantValueId;

const rules: { readonly [K in NodeKind]: Rule<K> } = {
  linear: quantizeLinear,
  gather: quantizeGather,
  unary: quantizeUnary,
  bilinear: quantizeBilinear,
  max: quantizeMax,
  argmax: quantizeArgMax,
  topk: quantizeTopK,
  trees: quantizeTrees,
};

/** Adds the integer form of one float node and returns the value that stands for its output. */
export function quantizeNode(ctx: QuantizeContext, node: GraphNode): QuantValueId {
  return (rules[node.kind] as Rule<typeof node.kind>)(ctx, node as never);
}
