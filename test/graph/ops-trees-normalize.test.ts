import { expect } from 'chai';
import { reachLeaf } from '../../src/graph/evaluate.js';
import { nextBelow, normalizeForest, type RawTreeNode } from '../../src/graph/ops/ml-trees-normalize.js';

type Mode = Extract<RawTreeNode, { kind: 'branch' }>['mode'];

const leaf = (weight: number): RawTreeNode => ({ kind: 'leaf', weights: Float64Array.of(weight) });

function branch(mode: Mode, feature: number, values: number[], whenTrue: number, whenFalse: number): RawTreeNode {
  return { kind: 'branch', mode, feature, values, whenTrue, whenFalse };
}

function normalize(nodes: RawTreeNode[], precision: 'float32' | 'float64' = 'float32', roots = [0]) {
  return normalizeForest({ nodes, roots, base: [0], precision });
}

/** Weight that the first tree gives for x. */
function weigh(trees: ReturnType<typeof normalize>, ...x: number[]): number {
  return trees.leafWeights[reachLeaf(trees, trees.roots[0], Float64Array.from(x))][0];
}

/** What the modes mean, said apart from how they are expanded. */
const MEANING: Record<Mode, (x: number, values: readonly number[]) => boolean> = {
  LEQ: (x, [v]) => x <= v,
  LT: (x, [v]) => x < v,
  GTE: (x, [v]) => x >= v,
  GT: (x, [v]) => x > v,
  EQ: (x, [v]) => x === v,
  NEQ: (x, [v]) => x !== v,
  MEMBER: (x, values) => values.includes(x),
};

describe('normalizeForest', () => {
  it('steps to the float right below', () => {
    expect(nextBelow(1, 'float32')).to.equal(1 - 2 ** -24);
    expect(nextBelow(-1, 'float32')).to.equal(-1 - 2 ** -23);
    expect(nextBelow(0, 'float32')).to.equal(-(2 ** -149));
    expect(nextBelow(1, 'float64')).to.equal(1 - 2 ** -53);
    expect(nextBelow(0, 'float64')).to.equal(-Number.MIN_VALUE);
  });

  for (const mode of Object.keys(MEANING) as Mode[])
    for (const value of [0, 1.5, -2])
      it(`keeps the meaning of ${mode} ${value} on both sides and on the threshold`, () => {
        const values = mode === 'MEMBER' ? [value, value + 1] : [value];
        const trees = normalize([branch(mode, 0, values, 1, 2), leaf(1), leaf(2)]);
        const above = Math.fround(value === 0 ? 2 ** -149 : value + Math.abs(value) * 2 ** -23);
        for (const x of [value - 1, nextBelow(value, 'float32'), value, above, value + 1, value + 2])
          expect(weigh(trees, x), `x = ${x}`).to.equal(MEANING[mode](x, values) ? 1 : 2);
      });

  it('drops branches that the path before them has decided', () => {
    const nodes = [branch('LEQ', 0, [1], 1, 4), branch('LEQ', 0, [2], 2, 3), leaf(1), leaf(9), leaf(2)];
    const trees = normalize(nodes);
    expect(trees.feature.length).to.equal(1);
    expect(trees.leafWeights.map(([weight]) => weight)).to.deep.equal([1, 2]);
  });

  it('merges leaves of equal weight and adds bare leaves to the base', () => {
    const nodes = [branch('LEQ', 0, [1], 1, 2), leaf(3), leaf(3), leaf(4)];
    const trees = normalize(nodes, 'float32', [0, 3]);
    expect(trees.roots.length).to.equal(0);
    expect([...trees.base]).to.deep.equal([7]);
  });

  it('gives every leaf to one branch, also where branches share a subtree', () => {
    const nodes = [
      branch('LEQ', 0, [0], 1, 2),
      branch('LEQ', 1, [1], 3, 4),
      branch('LEQ', 1, [5], 3, 4),
      leaf(1),
      leaf(2),
    ];
    const trees = normalize(nodes);
    const children = [...trees.yes, ...trees.no].filter((child) => child < 0);
    expect(new Set(children).size).to.equal(children.length);
    expect(weigh(trees, 1, 3)).to.equal(1);
    expect(weigh(trees, -1, 3)).to.equal(2);
  });

  it('refuses cycles, dangling children and thresholds that are no number', () => {
    expect(() => normalize([branch('LEQ', 0, [0], 0, 1), leaf(1)])).to.throw('cycle');
    expect(() => normalize([branch('LEQ', 0, [0], 1, 2), branch('LEQ', 1, [0], 0, 2), leaf(1)])).to.throw('cycle');
    expect(() => normalize([branch('LEQ', 0, [0], 5, 1), leaf(1)])).to.throw('does not exist');
    expect(() => normalize([branch('LEQ', 0, [Number.NaN], 1, 2), leaf(1), leaf(2)])).to.throw('not a number');
  });
});
