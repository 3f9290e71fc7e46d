import { formatShape } from '../../core/tensor.js';
import type { GraphBuilder, Operand } from '../builder.js';
import { call, constant, X } from '../scalar.js';
import { constantOf } from './constant.js';
import { normRules } from './norm.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { add, apply, scaleBy } from './support/elementwise.js';
import { limitMask } from './support/logic.js';
import { matmul } from './support/matmul.js';
import { concat, reshape, takeAxis, transpose } from './support/shape.js';
import { buildSoftmax } from './support/softmax.js';

/** What a masked score gets: a softmax leaves it out. */
const MASKED = -3e38;

/** `[B, T, heads·D]` as `[B, heads, T, D]`; a tensor of four axes is that already. */
function splitHeads(context: RuleContext, x: Operand, heads: number): Operand {
  if (x.shape.length === 4) return x;
  const [batch, length, width] = x.shape;
  if (x.shape.length !== 3 || heads < 1 || width % heads !== 0)
    return context.unsupported(`${heads} heads of a tensor of ${formatShape(x.shape)}`);
  return transpose(context.builder, reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** Keys or values that several query heads share, once for each of them. */
function repeatHeads(builder: GraphBuilder, x: Operand, heads: number): Operand {
  const own = x.shape[1];
  if (own === heads) return x;
  const group = heads / own;
  return takeAxis(
    builder,
    x,
    1,
    Array.from({ length: heads }, (_, head) => Math.floor(head / group)),
  );
}

/** Scores plus the mask: a boolean one lets through where it is true, any other is added. */
function addMask(context: RuleContext, scores: Operand, index: number): Operand {
  if (!context.has(index)) return scores;
  const mask = context.input(index);
  if (mask.type !== 'bool') return add(context.builder, scores, limitMask(mask));
  if (mask.kind !== 'const') return context.unsupported('a computed boolean mask', 'export with a constant mask');
  const data = mask.data.map((keep) => (keep === 0 ? MASKED : 0));
  return add(context.builder, scores, { ...mask, type: 'float', data });
}

/** A query sees the keys up to its own position. */
function addCausalMask(builder: GraphBuilder, scores: Operand): Operand {
  const [queries, keys] = scores.shape.slice(-2);
  const mask = constantOf([queries, keys], 'float', (i) => (i % keys > Math.floor(i / keys) ? MASKED : 0));
  return add(builder, scores, mask);
}

/** Inputs: Q, K, V, mask, past key, past value. `softmax(Q·Kᵀ·scale + mask)·V`, by heads. */
const attention: ImportRule = (context) => {
  const { builder } = context;
  const flat = context.input(0).shape.length === 3;
  const q = splitHeads(context, context.input(0), context.int('q_num_heads', 0));
  const grown = (index: number) => {
    const x = splitHeads(context, context.input(index), context.int('kv_num_heads', 0));
    return context.has(index + 3) ? concat(builder, [context.input(index + 3), x], 2) : x;
  };
  const [keys, values] = [grown(1), grown(2)];
  const [batch, heads, length, depth] = q.shape;
  if (heads % keys.shape[1] !== 0) context.unsupported(`${heads} heads of queries for ${keys.shape[1]} of keys`);
  const transposed = transpose(builder, repeatHeads(builder, keys, heads), [0, 1, 3, 2]);
  let scores = scaleBy(builder, matmul(builder, q, transposed), context.float('scale', 1 / Math.sqrt(depth)));
  const cap = context.float('softcap', 0);
  if (cap > 0) {
    const inner = call('tanh', call('div', X, constant(cap)));
    scores = apply(builder, scores, call('mul', constant(cap), inner));
  }
  scores = addMask(context, scores, 3);
  if (context.int('is_causal', 0) !== 0) scores = addCausalMask(builder, scores);
  const weights = buildSoftmax(context, scores, 3);
  const y = matmul(builder, weights, repeatHeads(builder, values, heads));
  const width = y.shape[3];
  const joined = flat ? reshape(transpose(builder, y, [0, 2, 1, 3]), [batch, length, heads * width]) : y;
  return [joined, context.wants(1) ? keys : undefined, context.wants(2) ? values : undefined];
};

/** LayerNormalization of the sum of two tensors and a bias. Inputs: input, skip, gamma, beta, bias. */
const skipLayerNormalization: ImportRule = (context) => {
  const { builder } = context;
  const sum = add(builder, context.input(0), context.input(1));
  const biased = context.has(4) ? add(builder, sum, context.input(4)) : sum;
  const inputs = ['\u0000sum', context.node.inputs[2], context.node.inputs[3] ?? ''];
  const attributes = new Map(context.node.attributes);
  if (!attributes.has('epsilon')) attributes.set('epsilon', { kind: 'float', value: 1e-12 });
  const norm = context.withNode({ ...context.node, inputs, attributes, outputs: context.node.outputs.slice(0, 1) });
  const y = normRules.LayerNormalization(norm.withInput(0, biased)) as readonly (Operand | undefined)[];
  return [y[0], undefined, undefined, context.wants(3) ? biased : undefined];
};

/** Attention as one operator, as exporters write it from opset 23 on, and what onnxruntime's optimizer writes around it. */
export const attentionRules: RuleRecord = {
  Attention: attention,
  'com.microsoft.SkipLayerNormalization': skipLayerNormalization,
};
