import type { TreesNode } from '../ir.js';
import { refuse } from './support/problem.js';

/** How an inner node compares its feature `x` with its values; the answer leads to `whenTrue` or `whenFalse`. */
export type BranchMode = 'LEQ' | 'LT' | 'GTE' | 'GT' | 'EQ' | 'NEQ' | 'MEMBER';

/** A node as the file describes it; children are indices into the node list. */
export type RawTreeNode =
  | { readonly kind: 'leaf'; readonly weights: Float64Array }
  | {
      readonly kind: 'branch';
      readonly mode: BranchMode;
      readonly feature: number;
      /** One threshold, or the members of a set (MEMBER). */
      readonly values: readonly number[];
      readonly whenTrue: number;
      readonly whenFalse: number;
    };

/** A forest as the file describes it: `base[t] + Σ_trees weights of the leaf reached`. */
export interface RawForest {
  readonly nodes: readonly RawTreeNode[];
  readonly roots: readonly number[];
  readonly base: readonly number[];
  /** In which precision the model compares: decides which number comes right below a threshold. */
  readonly precision: 'float32' | 'float64';
}

/** The arrays of a `trees` node. */
export type TreeArrays = Pick<TreesNode, 'roots' | 'feature' | 'threshold' | 'yes' | 'no' | 'leafWeights' | 'base'>;

/** Bound on the expanded forest: shared subtrees are copied, which could otherwise grow without end. */
const MAX_NODES = 1_000_000;

/** Test `x <= threshold` on the way to one of the two children of a raw node. */
type Plan = boolean | { readonly threshold: number; readonly yes: Plan; readonly no: Plan };

type Built =
  | { readonly weights: Float64Array }
  | { readonly feature: number; readonly threshold: number; readonly yes: Built; readonly no: Built };

/** The largest float32 (or float64) below `value`, which must be one itself. */
export function nextBelow(value: number, precision: 'float32' | 'float64'): number {
  if (value === Number.NEGATIVE_INFINITY || Number.isNaN(value)) return value;
  if (precision === 'float32') {
    if (value === 0) return -(2 ** -149);
    const float = new Float32Array([value]);
    const bits = new Int32Array(float.buffer);
    bits[0] += value > 0 ? -1 : 1;
    return float[0];
  }
  if (value === 0) return -Number.MIN_VALUE;
  const float = new Float64Array([value]);
  const bits = new BigInt64Array(float.buffer);
  bits[0] += value > 0 ? -1n : 1n;
  return float[0];
}

/** Every comparison as tests `x <= t`: `x < v` is `x <= nextBelow(v)`, `x = v` is `x <= v` and not `x < v`. */
function planOf(mode: BranchMode, values: readonly number[], precision: 'float32' | 'float64'): Plan {
  const at = values[0];
  const below = (value: number) => nextBelow(value, precision);
  switch (mode) {
    case 'LEQ':
      return { threshold: at, yes: true, no: false };
    case 'LT':
      return { threshold: below(at), yes: true, no: false };
    case 'GTE':
      return { threshold: below(at), yes: false, no: true };
    case 'GT':
      return { threshold: at, yes: false, no: true };
    case 'EQ':
      return { threshold: at, yes: { threshold: below(at), yes: false, no: true }, no: false };
    case 'NEQ':
      return { threshold: at, yes: { threshold: below(at), yes: true, no: false }, no: true };
    case 'MEMBER':
      return [...values]
        .sort((a, b) => a - b)
        .reduceRight<Plan>(
          (rest, value) => ({ threshold: value, yes: { threshold: below(value), yes: false, no: true }, no: rest }),
          false,
        );
  }
}

/** Grows the trees of one forest: expands comparisons, drops branches no input reaches, merges equal leaves. */
class Grower {
  private count = 0;
  private readonly low = new Map<number, number>();
  private readonly high = new Map<number, number>();

  constructor(private readonly forest: RawForest) {}

  grow(index: number, depth: number): Built {
    const { nodes, precision } = this.forest;
    const node = nodes[index];
    if (node === undefined) return refuse(`a tree refers to node ${index}, which does not exist`);
    if (depth > nodes.length) return refuse('a tree contains a cycle');
    if (node.kind === 'leaf') return { weights: node.weights };
    if (node.values.some(Number.isNaN)) return refuse('a threshold is not a number');
    return this.test(planOf(node.mode, node.values, precision), node, depth);
  }

  private test(plan: Plan, node: RawTreeNode & { kind: 'branch' }, depth: number): Built {
    if (typeof plan === 'boolean') return this.grow(plan ? node.whenTrue : node.whenFalse, depth + 1);
    const { feature } = node;
    const { threshold } = plan;
    const low = this.low.get(feature) ?? Number.NEGATIVE_INFINITY;
    const high =
      this.high.get(feature) ?? (this.forest.precision === 'float32' ? 2 ** 128 - 2 ** 104 : Number.MAX_VALUE);
    if (threshold >= high) return this.test(plan.yes, node, depth);
    if (threshold <= low) return this.test(plan.no, node, depth);
    if (++this.count > MAX_NODES) return refuse(`the trees have more than ${MAX_NODES} nodes once expanded`);
    this.high.set(feature, threshold);
    const yes = this.test(plan.yes, node, depth);
    this.high.set(feature, high);
    this.low.set(feature, threshold);
    const no = this.test(plan.no, node, depth);
    this.low.set(feature, low);
    if ('weights' in yes && 'weights' in no && yes.weights.every((weight, t) => weight === no.weights[t])) return yes;
    return { feature, threshold, yes, no };
  }
}

/**
 * Brings a forest into the form of the `trees` node: every test is `x[feature] <= threshold`, every leaf belongs to one
 * branch, no branch is unreachable on its own path. A tree that is a bare leaf is added to `base`, so that a forest of
 * such trees has no roots left and is the constant `base`.
 */
export function normalizeForest(forest: RawForest): TreeArrays {
  const roots: number[] = [];
  const feature: number[] = [];
  const threshold: number[] = [];
  const yes: number[] = [];
  const no: number[] = [];
  const leafWeights: Float64Array[] = [];
  const base = Float64Array.from(forest.base);

  const place = (built: Built): number => {
    if ('weights' in built) return -leafWeights.push(built.weights);
    const at = feature.push(built.feature) - 1;
    threshold.push(built.threshold);
    yes.push(0);
    no.push(0);
    yes[at] = place(built.yes);
    no[at] = place(built.no);
    return at;
  };

  for (const root of forest.roots) {
    const built = new Grower(forest).grow(root, 0);
    if ('weights' in built) for (let t = 0; t < base.length; t++) base[t] += built.weights[t];
    else roots.push(place(built));
  }
  return {
    roots: Int32Array.from(roots),
    feature: Int32Array.from(feature),
    threshold: Float64Array.from(threshold),
    yes: Int32Array.from(yes),
    no: Int32Array.from(no),
    leafWeights,
    base,
  };
}
