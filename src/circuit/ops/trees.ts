import type { QuantTrees } from '../../quantize/ir.js';
import { allocateElements, type Elements } from '../elements.js';
import { thermometerCost } from '../gadgets/thermometer.js';
import { INLINE_OPERAND_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import { addSum, isConstant, plusWire, type Sum, subtract } from '../sums.js';
import { placeProduct } from './argmax.js';
import { signedBits } from './compare.js';
import type { Rule } from './rule.js';
import { placeComparison, placeThermometer } from './steps.js';

/** `[x > threshold]` of a node: a sum of at most one wire, or a constant. */
type Tests = readonly Sum[];

/**
 * Decision trees: each feature's thresholds once for all trees, then for each tree either values from the leaves up (one
 * product per inner node with an inner child, for each target) or paths from the root down (one per inner node but the root,
 * for all targets), whichever is fewer.
 */
export const lowerTrees: Rule<'trees'> = (lowering, node, [given]) => {
  const features = new Set(node.feature);
  const x = materialize(lowering, given, node.layer, INLINE_OPERAND_TERMS, features);
  const tests = placeTests(lowering, node, x);
  const targets = node.base.length;
  const sums: Sum[] = Array.from(node.base, (base) => (base === 0 ? new Map() : new Map([[0, base]])));
  const bounds = Array.from(node.base, (base) => [base, base]);
  lowering.layer('trees', node.layer, () => {
    for (const root of node.roots) {
      const counts = countProducts(node, tests, root);
      if (counts.upward * targets <= counts.downward) {
        for (let t = 0; t < targets; t++) addSum(sums[t], climbTree(lowering, node, tests, root, t));
      } else descendTree(lowering, node, tests, root, sums);
      for (let t = 0; t < targets; t++) {
        const [min, max] = leafBounds(node, tests, root, t);
        bounds[t][0] += min;
        bounds[t][1] += max;
      }
    }
  });
  const result = allocateElements(targets);
  const source = lowering.listSource();
  sums.forEach((sum, t) => {
    lowering.setSum(result, t, sum, source, bounds[t][0], bounds[t][1]);
  });
  return result;
};

/** Places the comparisons of every feature; tests that its range decides are constants. */
function placeTests(lowering: Lowering, node: QuantTrees, x: Elements): Tests {
  const byFeature = new Map<number, Set<number>>();
  forEachReachable(node, x, (feature, above) => {
    const thresholds = byFeature.get(feature);
    if (thresholds) thresholds.add(above);
    else byFeature.set(feature, new Set([above]));
  });
  const flags = new Map<string, Sum>();
  lowering.layer('thresholds', node.layer, () => {
    for (const [feature, set] of byFeature) {
      const thresholds = [...set].sort((a, b) => a - b);
      const [min, max] = [x.min[feature], x.max[feature]];
      if (max - min === 1) {
        const sum: Sum = new Map(min === 0 ? [] : [[0, -min]]);
        lowering.addTo(sum, x, feature, 1);
        flags.set(`${feature} ${thresholds[0]}`, sum);
        continue;
      }
      const separate = thresholds.reduce((sum, t) => sum + signedBits(min - t, max - t) + 1, 0);
      const wires =
        separate <= thermometerCost(min, max, thresholds)
          ? thresholds.map((t) => placeComparison(lowering, x, feature, t))
          : placeThermometer(lowering, x, feature, thresholds);
      thresholds.forEach((t, at) => {
        flags.set(`${feature} ${t}`, new Map([[wires[at], 1]]));
      });
    }
  });
  return Array.from(node.feature, (feature, n) => {
    const above = node.threshold[n] + 1;
    if (above <= x.min[feature]) return new Map([[0, 1]]);
    if (above > x.max[feature]) return new Map();
    // A node that no path reaches has no flag, and nothing asks for it.
    return flags.get(`${feature} ${above}`) ?? new Map();
  });
}

/** Visits the undecided tests on the paths from the roots. */
function forEachReachable(node: QuantTrees, x: Elements, visit: (feature: number, above: number) => void): void {
  const walk = (n: number): void => {
    if (n < 0) return;
    const feature = node.feature[n];
    const above = node.threshold[n] + 1;
    if (above <= x.min[feature]) walk(node.no[n]);
    else if (above > x.max[feature]) walk(node.yes[n]);
    else {
      visit(feature, above);
      walk(node.yes[n]);
      walk(node.no[n]);
    }
  };
  for (const root of node.roots) walk(root);
}

/** The child that a decided test leads to, or undefined. */
function decided(node: QuantTrees, tests: Tests, n: number): number | undefined {
  if (!isConstant(tests[n])) return undefined;
  return tests[n].has(0) ? node.no[n] : node.yes[n];
}

/** Follows decided tests from a child down. */
function settle(node: QuantTrees, tests: Tests, child: number): number {
  let at = child;
  while (at >= 0) {
    const next = decided(node, tests, at);
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

function countProducts(node: QuantTrees, tests: Tests, root: number): { upward: number; downward: number } {
  const counts = { upward: 0, downward: -1 };
  const visit = (child: number): boolean => {
    const at = settle(node, tests, child);
    if (at < 0) return false;
    const inner = [visit(node.yes[at]), visit(node.no[at])];
    if (inner[0] || inner[1]) counts.upward++;
    counts.downward++;
    return true;
  };
  visit(root);
  return { upward: counts.upward, downward: Math.max(counts.downward, 0) };
}

/** One target's value of a subtree, from the leaves up. */
function climbTree(lowering: Lowering, node: QuantTrees, tests: Tests, child: number, target: number): Sum {
  const at = settle(node, tests, child);
  if (at < 0) {
    const weight = node.leafWeights[-1 - at][target];
    return weight === 0 ? new Map() : new Map([[0, weight]]);
  }
  const yes = climbTree(lowering, node, tests, node.yes[at], target);
  const no = climbTree(lowering, node, tests, node.no[at], target);
  const difference = subtract(no, yes);
  if (difference.size === 0) return yes;
  const sum = new Map(yes);
  if (isConstant(difference)) {
    addSum(sum, tests[at], difference.get(0)!);
    return sum;
  }
  const [min, max] = lowering.boundsOf(difference);
  return plusWire(sum, placeProduct(lowering, tests[at], difference, Math.min(min, 0), Math.max(max, 0)), 1);
}

/** Adds every leaf's weights times the indicator of its path, from the root down. */
function descendTree(lowering: Lowering, node: QuantTrees, tests: Tests, root: number, sums: readonly Sum[]): void {
  const visit = (child: number, reach: Sum): void => {
    const at = settle(node, tests, child);
    if (at < 0) {
      node.leafWeights[-1 - at].forEach((weight, t) => {
        addSum(sums[t], reach, weight);
      });
      return;
    }
    const isRoot = isConstant(reach);
    const no: Sum = isRoot ? tests[at] : new Map([[placeProduct(lowering, reach, tests[at], 0, 1), 1]]);
    visit(node.yes[at], subtract(reach, no));
    visit(node.no[at], no);
  };
  visit(root, new Map([[0, 1]]));
}

function leafBounds(node: QuantTrees, tests: Tests, child: number, target: number): [number, number] {
  const at = settle(node, tests, child);
  if (at < 0) return [node.leafWeights[-1 - at][target], node.leafWeights[-1 - at][target]];
  const [a, b] = [leafBounds(node, tests, node.yes[at], target), leafBounds(node, tests, node.no[at], target)];
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
