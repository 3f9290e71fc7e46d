import { sizeOf } from '../../core/tensor.js';
import type { GraphBuilder, Operand } from '../builder.js';
import type { GraphNode, ValueId } from '../ir.js';
import type { BranchMode, RawTreeNode } from './ml-trees-normalize.js';

/** An element of a value, scaled: `scale · value[element] + offset`; a constant has no value. */
interface Source {
  readonly value: ValueId | null;
  readonly element: number;
  readonly scale: number;
  readonly offset: number;
}

/** Where one element comes from once scalings, shifts and moves of single elements are undone. */
function traceBack(nodes: ReadonlyMap<ValueId, GraphNode>, sizes: (id: ValueId) => number, start: Source): Source {
  let source = start;
  for (;;) {
    const node = source.value === null ? undefined : nodes.get(source.value);
    if (node === undefined || (node.kind !== 'linear' && node.kind !== 'gather')) return source;
    const next = node.kind === 'linear' ? singleTerm(node, source) : movedFrom(node, source);
    if (next === undefined) return source;
    source = next.value === null ? next : locate(node.inputs, sizes, next);
  }
}

/** The one term of a linear row, its place counted over the joined inputs. */
function singleTerm(node: GraphNode & { kind: 'linear' }, source: Source): Source | undefined {
  const { map } = node;
  const window = map.windows[map.rowWindow[source.element]];
  const kernel = map.kernels[map.rowKernel[source.element]];
  const live = Array.from(window.keys()).filter((t) => window[t] >= 0 && kernel[t] !== 0);
  if (live.length !== 1) return undefined;
  const offset = source.offset + source.scale * map.bias[source.element];
  return { ...source, element: window[live[0]], scale: source.scale * kernel[live[0]], offset };
}

function movedFrom(node: GraphNode & { kind: 'gather' }, source: Source): Source {
  const from = node.index[source.element];
  if (from >= 0) return { ...source, element: from };
  return { value: null, element: 0, scale: 0, offset: source.offset + source.scale * node.constants[-1 - from] };
}

/** Turns a place in the joined inputs of a node into a value and an element of it. */
function locate(inputs: readonly ValueId[], sizes: (id: ValueId) => number, source: Source): Source {
  let element = source.element;
  for (const value of inputs) {
    if (element < sizes(value)) return { ...source, value, element };
    element -= sizes(value);
  }
  return source;
}

/** The same comparison seen from the other side, where the scale is negative. */
const MIRRORED: Partial<Record<BranchMode, BranchMode>> = { LEQ: 'GTE', LT: 'GT', GTE: 'LEQ', GT: 'LT' };

/**
 * Undoes the scaling of features in front of a forest: `scale · x + offset <= t` becomes a test of x itself, so that
 * the trees read the model's own inputs, whose integers are short and exact. A forest that tests for equality is left as
 * it is, because a scaled threshold is no longer the very number that the model compares with.
 * @param start flat position in x of the row whose features the trees read
 * @returns the forest over new features with the operand `[1, features]` that holds them, or undefined where nothing moves
 */
export function undoScaling(
  builder: GraphBuilder,
  x: Operand,
  start: number,
  forest: readonly RawTreeNode[],
): { x: Operand; nodes: RawTreeNode[] } | undefined {
  if (x.kind !== 'value') return undefined;
  const nodes = new Map(builder.nodes.map((node) => [node.output, node]));
  const used = new Set<number>();
  for (const node of forest) {
    if (node.kind === 'leaf') continue;
    if (MIRRORED[node.mode] === undefined) return undefined;
    used.add(node.feature);
  }
  const sizes = (id: ValueId) => sizeOf(builder.values[id].shape);
  const sources = new Map<number, Source>();
  for (const feature of used) {
    const source = traceBack(nodes, sizes, { value: x.id, element: start + feature, scale: 1, offset: 0 });
    if (source.value === null) return undefined;
    sources.set(feature, source);
  }
  if ([...sources.values()].every((source) => source.value === x.id)) return undefined;

  const values = [...new Set([...sources.values()].map((source) => source.value as ValueId))].sort((a, b) => a - b);
  const starts = new Map<ValueId, number>();
  values.reduce((at, value) => {
    starts.set(value, at);
    return at + sizes(value);
  }, 0);
  const places = (source: Source) => (starts.get(source.value as ValueId) ?? 0) + source.element;
  const columns = [...new Set([...sources.values()].map(places))].sort((a, b) => a - b);
  const columnOf = new Map(columns.map((place, column) => [place, column]));
  const operands = values.map((id): Operand => {
    const { shape, type } = builder.values[id];
    return { kind: 'value', id, shape, type };
  });
  const whole = operands.length === 1 && columns.length < sizes(values[0]);
  const inputs = whole ? { ...operands[0], shape: [1, sizes(values[0])] } : undefined;
  const gathered = () =>
    builder.gather(operands, Int32Array.from(columns), new Float64Array(), [1, columns.length], 'float');
  const moved = forest.map((node): RawTreeNode => {
    if (node.kind === 'leaf') return node;
    const source = sources.get(node.feature) as Source;
    const place = places(source);
    const feature = inputs === undefined ? (columnOf.get(place) as number) : place;
    const mode = source.scale > 0 ? node.mode : (MIRRORED[node.mode] as BranchMode);
    return { ...node, mode, feature, values: node.values.map((value) => (value - source.offset) / source.scale) };
  });
  return { x: inputs ?? gathered(), nodes: moved };
}
