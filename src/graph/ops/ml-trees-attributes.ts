import type { BranchMode, RawForest, RawTreeNode } from './ml-trees-normalize.js';
import type { RuleContext } from './rule.js';

/** A forest with the classes or targets that its leaves vote for. */
export interface ReadForest {
  readonly nodes: readonly RawTreeNode[];
  readonly roots: readonly number[];
  readonly precision: RawForest['precision'];
  /** Votes of each leaf as the file lists them, by node index. */
  readonly votes: ReadonlyMap<number, readonly Vote[]>;
}

export interface Vote {
  readonly target: number;
  readonly weight: number;
}

const MODES: Readonly<Record<string, BranchMode>> = {
  BRANCH_LEQ: 'LEQ',
  BRANCH_LT: 'LT',
  BRANCH_GTE: 'GTE',
  BRANCH_GT: 'GT',
  BRANCH_EQ: 'EQ',
  BRANCH_NEQ: 'NEQ',
};

/** Modes of TreeEnsemble 5, by number. */
const NUMBERED_MODES: readonly BranchMode[] = ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ', 'MEMBER'];

const NO_WEIGHTS = new Float64Array(0);

/** A float list that opset 3 also allows as a tensor of doubles under `NAME_as_tensor`. */
export function readReals(context: RuleContext, name: string): { values: readonly number[]; isTensor: boolean } {
  const tensor = context.tensorOperand(`${name}_as_tensor`);
  if (tensor?.kind === 'const') return { values: Array.from(tensor.data), isTensor: true };
  return { values: context.floats(name) ?? [], isTensor: false };
}

/** Reads the node and vote lists of TreeEnsembleClassifier and TreeEnsembleRegressor. @param votes `class` or `target` */
export function readEnsemble(context: RuleContext, votes: 'class' | 'target'): ReadForest {
  const ints = (name: string): readonly number[] =>
    context.ints(name) ?? context.unsupported(`attribute ${name} is missing`);
  const treeIds = ints('nodes_treeids');
  const nodeIds = ints('nodes_nodeids');
  const features = ints('nodes_featureids');
  const whenTrue = ints('nodes_truenodeids');
  const whenFalse = ints('nodes_falsenodeids');
  const modes = context.texts('nodes_modes') ?? context.unsupported('attribute nodes_modes is missing');
  const thresholds = readReals(context, 'nodes_values');
  const lists = [nodeIds, features, whenTrue, whenFalse, modes, thresholds.values];
  if (lists.some((list) => list.length !== treeIds.length))
    return context.unsupported('the nodes_* attributes differ in length');

  const places = new Map(treeIds.map((tree, i) => [`${tree}/${nodeIds[i]}`, i]));
  const find = (tree: number, node: number): number =>
    places.get(`${tree}/${node}`) ?? context.unsupported(`tree ${tree} has no node ${node}`);
  const nodes = treeIds.map((tree, i): RawTreeNode => {
    if (modes[i] === 'LEAF') return { kind: 'leaf', weights: NO_WEIGHTS };
    const mode = MODES[modes[i]] ?? context.unsupported(`node mode "${modes[i]}" is unknown`);
    const children = { whenTrue: find(tree, whenTrue[i]), whenFalse: find(tree, whenFalse[i]) };
    return { kind: 'branch', mode, feature: features[i], values: [thresholds.values[i]], ...children };
  });
  // The first node listed of a tree is its root.
  const roots = treeIds.flatMap((tree, i) => (i === 0 || treeIds[i - 1] !== tree ? [i] : []));

  const targets = ints(`${votes}_ids`);
  const voteTrees = ints(`${votes}_treeids`);
  const voteNodes = ints(`${votes}_nodeids`);
  const weights = readReals(context, `${votes}_weights`).values;
  const byNode = new Map<number, Vote[]>();
  targets.forEach((target, i) => {
    const at = find(voteTrees[i], voteNodes[i]);
    const list = byNode.get(at);
    if (list === undefined) byNode.set(at, [{ target, weight: weights[i] }]);
    else list.push({ target, weight: weights[i] });
  });
  if ((context.ints('nodes_missing_value_tracks_true') ?? []).some((flag) => flag !== 0))
    context.scope.warn('missing values (NaN) cannot be proved: the branches for them are left out');
  return { nodes, roots, precision: thresholds.isTensor ? 'float64' : 'float32', votes: byNode };
}

/** Reads TreeEnsemble of ai.onnx.ml 5, where inner nodes and leaves are listed apart. */
export function readTreeEnsemble(context: RuleContext): ReadForest {
  const ints = (name: string): readonly number[] =>
    context.ints(name) ?? context.unsupported(`attribute ${name} is missing`);
  const reals = (name: string): Float64Array => {
    const tensor = context.tensorOperand(name);
    return tensor?.kind === 'const' ? tensor.data : context.unsupported(`attribute ${name} is missing`);
  };
  const features = ints('nodes_featureids');
  const trueIds = ints('nodes_truenodeids');
  const falseIds = ints('nodes_falsenodeids');
  const trueLeafs = ints('nodes_trueleafs');
  const falseLeafs = ints('nodes_falseleafs');
  const splits = reals('nodes_splits');
  const modes = reals('nodes_modes');
  const inner = features.length;
  const members = memberSets(context);
  const child = (id: number, isLeaf: number) => (isLeaf !== 0 ? inner + id : id);
  const nodes = features.map((feature, i): RawTreeNode => {
    const mode = NUMBERED_MODES[modes[i]] ?? context.unsupported(`node mode ${modes[i]} is unknown`);
    const values = mode === 'MEMBER' ? (members.shift() ?? []) : [splits[i]];
    const children = { whenTrue: child(trueIds[i], trueLeafs[i]), whenFalse: child(falseIds[i], falseLeafs[i]) };
    return { kind: 'branch', mode, feature, values, ...children };
  });
  const weights = reals('leaf_weights');
  const votes = new Map<number, Vote[]>();
  ints('leaf_targetids').forEach((target, leaf) => {
    nodes.push({ kind: 'leaf', weights: NO_WEIGHTS });
    votes.set(inner + leaf, [{ target, weight: weights[leaf] }]);
  });
  // A tree that is a bare leaf is written as an inner node whose two children are that leaf.
  return { nodes, roots: ints('tree_roots'), precision: precisionOf(splits), votes };
}

/** Sets of the membership nodes, in node order; NaN ends each set. */
function memberSets(context: RuleContext): number[][] {
  const tensor = context.tensorOperand('membership_values');
  if (tensor?.kind !== 'const') return [];
  const sets: number[][] = [[]];
  for (const value of tensor.data) {
    if (Number.isNaN(value)) sets.push([]);
    else sets[sets.length - 1].push(value);
  }
  return sets;
}

/** Thresholds that are all float32 came from a float32 model. */
function precisionOf(values: Float64Array): RawForest['precision'] {
  return values.every((value) => Math.fround(value) === value) ? 'float32' : 'float64';
}
