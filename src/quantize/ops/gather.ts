import type { GatherNode } from '../../graph/ir.js';
import { compact, concatAffine } from '../affine.js';
import type { QuantizeContext } from '../context.js';
import type { QuantValueId } from '../ir.js';

/** Largest error of a constant on its neighbours' scale, in codes, before it gets a scale of its own. */
const CONSTANT_ERROR = 1e-3;

/** Moves codes; every element keeps its own scale and zero point. */
export function quantizeGather(ctx: QuantizeContext, node: GatherNode): QuantValueId {
  const inputs = node.inputs.map((id) => ctx.standIn(id));
  const affine = concatAffine(inputs.map((id) => ctx.value(id)));
  const [commonScale, commonZero] = [affine.scale[0] ?? 1, affine.zeroPoint[0] ?? 0];
  const constants = node.constants.map((real) => {
    const code = real / commonScale + commonZero;
    return Math.abs(code - Math.round(code)) <= CONSTANT_ERROR ? Math.round(code) : Math.sign(real);
  });
  const ownScale = node.constants.map((real, c) => {
    const fits = Math.abs(real / commonScale + commonZero - constants[c]) <= CONSTANT_ERROR;
    return fits ? commonScale : Math.abs(real);
  });
  const ownZero = ownScale.map((scale) => (scale === commonScale ? commonZero : 0));
  const scale = Float64Array.from(node.index, (i) => (i >= 0 ? affine.scale[i] : ownScale[-1 - i]));
  const zeroPoint = Float64Array.from(node.index, (i) => (i >= 0 ? affine.zeroPoint[i] : ownZero[-1 - i]));
  const { shape, name } = ctx.graph.values[node.output];
  return ctx.builder.add(
    { kind: 'gather', inputs, index: node.index, constants, layer: node.origin.name },
    name,
    shape,
    { scale: compact(scale), zeroPoint: compact(zeroPoint) },
  );
}
