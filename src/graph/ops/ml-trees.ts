import { constOperand, type Operand } from '../builder.js';
import {
  chooseByThreshold,
  chooseLargest,
  mirrorScore,
  type PostTransform,
  pairScores,
  readClassLabels,
  readPostTransform,
  rowsOf,
  transformScores,
} from './ml-scores.js';
import { type ReadForest, readEnsemble, readReals, readTreeEnsemble } from './ml-trees-attributes.js';
import { undoScaling } from './ml-trees-inputs.js';
import { normalizeForest, type RawTreeNode } from './ml-trees-normalize.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { concat, pick } from './support/shape.js';

/** Puts the votes into the leaves as dense rows: `columns[t]` is the target of column t. */
function withDenseLeaves(forest: ReadForest, columns: readonly number[], scale: number): RawTreeNode[] {
  const place = new Map(columns.map((target, t) => [target, t]));
  return forest.nodes.map((node, i) => {
    if (node.kind !== 'leaf') return node;
    const weights = new Float64Array(columns.length);
    for (const vote of forest.votes.get(i) ?? []) {
      const t = place.get(vote.target);
      if (t !== undefined) weights[t] += vote.weight * scale;
    }
    return { kind: 'leaf', weights };
  });
}

/** Scores `[rows, columns]` of a forest: `base + scale · Σ votes`. */
function scoreForest(
  context: RuleContext,
  x: Operand,
  forest: ReadForest,
  columns: readonly number[],
  base: readonly number[],
  scale = 1,
): Operand {
  const { rows, features } = rowsOf(context, x);
  for (const node of forest.nodes)
    if (node.kind === 'branch' && !(node.feature >= 0 && node.feature < features))
      return context.unsupported(`a tree reads feature ${node.feature}, the input has ${features}`);
  const { builder } = context;
  const nodes = withDenseLeaves(forest, columns, scale);
  const shape = [1, columns.length];
  const scores = Array.from({ length: rows }, (_, n) => {
    const unscaled = undoScaling(builder, x, n * features, nodes);
    const precision = unscaled === undefined ? forest.precision : 'float64';
    const trees = normalizeForest({ nodes: unscaled?.nodes ?? nodes, roots: forest.roots, base, precision });
    if (trees.roots.length === 0) return constOperand({ shape, type: 'float', data: trees.base });
    const indices = Int32Array.from({ length: features }, (_, f) => n * features + f);
    const row = unscaled?.x ?? (rows === 1 ? x : pick(builder, x, indices, [1, features]));
    return builder.trees(row, trees, shape);
  });
  return rows === 1 ? scores[0] : concat(context.builder, scores, 0);
}

/** True where every row gets at least one vote for the target, whatever leaves it reaches. */
function alwaysVoted(forest: ReadForest, target: number): boolean {
  const votes = (root: number): boolean => {
    const node = forest.nodes[root];
    if (node.kind === 'branch') return votes(node.whenTrue) && votes(node.whenFalse);
    return (forest.votes.get(root) ?? []).some((vote) => vote.target === target);
  };
  return forest.roots.some(votes);
}

/** More than two classes: the largest score wins; a class that no leaf votes for and no base raises cannot. */
function classifyMany(
  context: RuleContext,
  x: Operand,
  forest: ReadForest,
  voted: ReadonlySet<number>,
  labels: readonly (string | number)[],
  base: readonly number[],
  transform: PostTransform,
): (Operand | undefined)[] {
  if (base.length !== 0 && base.length !== labels.length)
    return context.unsupported(`${base.length} base values for ${labels.length} classes`);
  const all = labels.map((_, c) => c);
  const scores = scoreForest(context, x, forest, all, base.length > 0 ? base : all.map(() => 0));
  const scored = transformScores(context, scores, transform);
  if (base.length > 0 || all.every((c) => voted.has(c))) return [chooseLargest(context, scores, labels), scored];
  const running = all.filter((c) => voted.has(c));
  const [rows, classes] = scores.shape;
  const indices = Int32Array.from({ length: rows * running.length }, (_, i) => {
    const n = Math.floor(i / running.length);
    return n * classes + running[i % running.length];
  });
  const contest = pick(context.builder, scores, indices, [rows, running.length]);
  const names = running.map((c) => labels[c]);
  return [chooseLargest(context, contest, names), scored];
}

/**
 * Two classes, by the conventions of onnxruntime, which the specification leaves open: weights of one class make a
 * single score that is compared with 0.5 where no weight is negative, else with 0; weights of both classes are compared
 * through the second score alone, and the labels are then 0 and 1 themselves.
 */
function classifyTwo(
  context: RuleContext,
  x: Operand,
  forest: ReadForest,
  voted: ReadonlySet<number>,
  labels: readonly (string | number)[],
  base: readonly number[],
  transform: PostTransform,
): (Operand | undefined)[] {
  const weights = [...forest.votes.values()].flat().map((vote) => vote.weight);
  const threshold = weights.every((weight) => weight >= 0) ? 0.5 : 0;
  const pair: [string | number, string | number] = [labels[0], labels[1]];
  const column = (scores: Operand, c: number): Operand => {
    const [rows, classes] = scores.shape;
    const indices = Int32Array.from({ length: rows }, (_, n) => n * classes + c);
    return pick(context.builder, scores, indices, [rows, 1]);
  };
  if (!voted.has(1)) {
    if (base.length === 2) {
      const scores = scoreForest(context, x, forest, [0, 1], [base[0], 0]);
      const label = chooseByThreshold(context, column(scores, 0), threshold, pair);
      return [label, transformScores(context, scores, transform)];
    }
    const score = scoreForest(context, x, forest, [0], [base[0] ?? 0]);
    const label = chooseByThreshold(context, score, threshold, pair);
    return [label, pairScores(context, score, threshold > 0 ? 1 : 0, transform)];
  }
  if (!alwaysVoted(forest, 1))
    return context.unsupported(
      'some leaves give no weight to the second class',
      'write a weight (0 where there is none) for every class in every leaf',
    );
  if (!voted.has(0)) {
    if (base.length === 2) return context.unsupported('two base values with weights for the second class only');
    const scores = scoreForest(context, x, forest, [0, 1], [0, 0]);
    const label = chooseByThreshold(context, column(scores, 1), threshold, pair);
    return [label, transformScores(context, scores, transform)];
  }
  const plain: [string | number, string | number] = typeof pair[0] === 'string' ? pair : [0, 1];
  if (plain[0] !== pair[0] || plain[1] !== pair[1])
    context.scope.warn('with weights for both of two classes the label is 0 or 1, as onnxruntime computes it');
  const sums = scoreForest(context, x, forest, [0, 1], base.length === 1 ? [base[0], 0] : [0, 0]);
  if (base.length !== 2)
    return [chooseByThreshold(context, column(sums, 1), 0, plain), transformScores(context, sums, transform)];
  const score = scoreForest(context, x, forest, [0], [base[1]]);
  const mirrored = mirrorScore(context, score, 0);
  return [chooseByThreshold(context, score, 0, plain), transformScores(context, mirrored, transform)];
}

const treeEnsembleClassifier: ImportRule = (context) => {
  const x = context.input(0);
  const labels = readClassLabels(context, 'classlabels_int64s');
  const forest = readEnsemble(context, 'class');
  const base = readReals(context, 'base_values').values;
  const transform = readPostTransform(context);
  const voted = new Set([...forest.votes.values()].flat().map((vote) => vote.target));
  if ([...voted].some((c) => !(c >= 0 && c < labels.length)))
    return context.unsupported(`a vote is for a class outside the ${labels.length} labels`);
  if (labels.length > 2) return classifyMany(context, x, forest, voted, labels, base, transform);
  if (labels.length === 2) return classifyTwo(context, x, forest, voted, labels, base, transform);
  return context.unsupported('a classifier with fewer than two class labels');
};

type Aggregate = 'SUM' | 'AVERAGE' | 'MIN' | 'MAX';

/** Scores of a regressor `[rows, targets]`: single scores take no transform but PROBIT, as in onnxruntime. */
function regress(
  context: RuleContext,
  forest: ReadForest,
  targets: number,
  aggregate: Aggregate,
  base: readonly number[],
  transform: PostTransform,
): Operand {
  const x = context.input(0);
  const columns = Array.from({ length: targets }, (_, t) => t);
  const offsets = base.length === targets ? base : columns.map(() => 0);
  if ([...forest.votes.values()].flat().some((vote) => !(vote.target >= 0 && vote.target < targets)))
    return context.unsupported(`a vote is for a target outside the ${targets} declared`);
  const scores =
    aggregate === 'SUM' || aggregate === 'AVERAGE'
      ? scoreForest(context, x, forest, columns, offsets, aggregate === 'SUM' ? 1 : 1 / forest.roots.length)
      : scoreExtreme(context, x, forest, columns, offsets, aggregate);
  return targets > 1 || transform === 'PROBIT' ? transformScores(context, scores, transform) : scores;
}

/** MIN and MAX over the trees: a `trees` node per tree, then their largest; MIN is -MAX of the negated votes. */
function scoreExtreme(
  context: RuleContext,
  x: Operand,
  forest: ReadForest,
  columns: readonly number[],
  offsets: readonly number[],
  aggregate: 'MIN' | 'MAX',
): Operand {
  const sign = aggregate === 'MIN' ? -1 : 1;
  const { builder } = context;
  const zeros = columns.map(() => 0);
  const perTree = forest.roots.map((root) => {
    const tree = { ...forest, roots: [root] };
    for (const c of columns)
      if (!alwaysVoted(tree, c))
        return context.unsupported(`aggregate_function ${aggregate} with leaves that give no weight to target ${c}`);
    return scoreForest(context, x, tree, columns, zeros, sign);
  });
  const size = perTree[0].shape[0] * columns.length;
  const joined = concat(builder, perTree, 0);
  const windows = Array.from({ length: size }, (_, i) => Int32Array.from(perTree, (_, t) => t * size + i));
  const map = {
    windows: Array.from({ length: size }, (_, i) => Int32Array.of(i)),
    kernels: [Float64Array.of(sign)],
    rowWindow: Int32Array.from({ length: size }, (_, i) => i),
    rowKernel: new Int32Array(size),
    bias: Float64Array.from({ length: size }, (_, i) => offsets[i % columns.length]),
  };
  return builder.linear([builder.max([joined], windows, [size])], map, perTree[0].shape);
}

const treeEnsembleRegressor: ImportRule = (context) => {
  const forest = readEnsemble(context, 'target');
  const aggregate = context.text('aggregate_function', 'SUM');
  if (!['SUM', 'AVERAGE', 'MIN', 'MAX'].includes(aggregate))
    return context.unsupported(`aggregate_function "${aggregate}" is unknown`);
  const base = readReals(context, 'base_values').values;
  const transform = readPostTransform(context);
  return regress(context, forest, context.int('n_targets', 1), aggregate as Aggregate, base, transform);
};

const AGGREGATES: readonly Aggregate[] = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
const NUMBERED_TRANSFORMS: readonly PostTransform[] = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

const treeEnsemble: ImportRule = (context) => {
  const forest = readTreeEnsemble(context);
  const aggregate = AGGREGATES[context.int('aggregate_function', 1)];
  const transform = NUMBERED_TRANSFORMS[context.int('post_transform', 0)];
  if (aggregate === undefined || transform === undefined)
    return context.unsupported('aggregate_function or post_transform is out of range');
  return regress(context, forest, context.int('n_targets', 1), aggregate, [], transform);
};

/** Tree ensembles of ai.onnx.ml. */
export const treeRules: RuleRecord = {
  'ai.onnx.ml.TreeEnsembleClassifier': treeEnsembleClassifier,
  'ai.onnx.ml.TreeEnsembleRegressor': treeEnsembleRegressor,
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
};
