import type { GraphBuilder, Operand } from '../../builder.js';
import type { GraphNode, LinearNode, ValueId } from '../../ir.js';

/** Bounds of every element of a tensor; infinite where nothing is known. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

const UNKNOWN: Bounds = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
const BIT: Bounds = { min: 0, max: 1 };
const BITS = new Set(['stepPositive', 'stepNonNegative', 'isZero']);

/** What the nodes built so far say about the elements of an integer operand (indices, mostly). */
export function boundsOf(builder: GraphBuilder, operand: Operand): Bounds {
  if (operand.kind === 'const') {
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of operand.data) [min, max] = [Math.min(min, value), Math.max(max, value)];
    return { min, max };
  }
  const producers = new Map(builder.nodes.map((node) => [node.output, node]));
  const known = new Map<ValueId, Bounds>();
  const boundsOfValue = (id: ValueId, depth: number): Bounds => {
    const seen = known.get(id);
    if (seen !== undefined) return seen;
    const node = producers.get(id);
    const own =
      node === undefined || depth > 40
        ? UNKNOWN
        : boundsOfNode(node, (input) => boundsOfValue(input, depth + 1), builder);
    const bounds = builder.values[id].type === 'bool' ? BIT : own;
    known.set(id, bounds);
    return bounds;
  };
  return boundsOfValue(operand.id, 0);
}

function boundsOfNode(node: GraphNode, of: (id: ValueId) => Bounds, builder: GraphBuilder): Bounds {
  switch (node.kind) {
    case 'argmax':
      return { min: 0, max: Math.max(...node.windows.map((window) => window.length)) - 1 };
    case 'unary':
      if (node.functions.every((fn) => fn.kind === 'call' && BITS.has(fn.fn))) return BIT;
      return UNKNOWN;
    case 'gather':
      return joinBounds([
        ...node.inputs.map(of),
        ...Array.from(node.constants, (value) => ({ min: value, max: value })),
      ]);
    case 'max':
      return joinBounds(node.inputs.map(of));
    case 'linear':
      return boundsOfLinear(node, of, builder);
    default:
      return UNKNOWN;
  }
}

function joinBounds(parts: readonly Bounds[]): Bounds {
  return { min: Math.min(...parts.map((part) => part.min)), max: Math.max(...parts.map((part) => part.max)) };
}

function boundsOfLinear(node: LinearNode, of: (id: ValueId) => Bounds, builder: GraphBuilder): Bounds {
  const perElement: Bounds[] = node.inputs.flatMap((id) => {
    const bounds = of(id);
    const size = builder.values[id].shape.reduce((n, extent) => n * extent, 1);
    return Array.from({ length: size }, () => bounds);
  });
  let result: Bounds | undefined;
  for (let row = 0; row < node.map.bias.length; row++) {
    let [min, max] = [node.map.bias[row], node.map.bias[row]];
    const window = node.map.windows[node.map.rowWindow[row]];
    const kernel = node.map.kernels[node.map.rowKernel[row]];
    window.forEach((i, t) => {
      if (i < 0 || kernel[t] === 0) return;
      const [a, b] = [kernel[t] * perElement[i].min, kernel[t] * perElement[i].max];
      [min, max] = [min + Math.min(a, b), max + Math.max(a, b)];
    });
    result = result === undefined ? { min, max } : joinBounds([result, { min, max }]);
  }
  return result ?? UNKNOWN;
}
