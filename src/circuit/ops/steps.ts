import { allocateElements, copyElement, type Elements, setConstant, setWire } from '../elements.js';
import { defineLookup } from '../gadgets/lookup.js';
import { interpolationDegree, planPolynomial, polynomialCost } from '../gadgets/polynomial.js';
import { defineStaircase, staircaseCost } from '../gadgets/staircase.js';
import { defineThermometer, gapBits, thermometerCost } from '../gadgets/thermometer.js';
import { INLINE_OPERAND_TERMS } from '../limits.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import { sumGroup } from '../row-groups.js';
import type { Sum } from '../sums.js';
import { placeNonNegative, signedBits } from './compare.js';
import type { Rule } from './rule.js';

/** Sums longer than this get a wire before a polynomial names them many times. */
const POLYNOMIAL_TERMS = 4;
/** Largest table that a staircase may be turned into. */
const TABLE_LIMIT = 4096;

/** A function of one element on the integers `[min, min + values.length)`. */
interface Table {
  readonly min: number;
  readonly values: readonly number[];
}

/** What a table costs: nothing where it is a straight line. */
function tableCost(table: Table): number {
  const degree = interpolationDegree(table.values);
  return degree < 2 ? 0 : polynomialCost(planPolynomial(degree));
}

function boundsOf(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** Tables as polynomials, straight lines as linear rows. */
export const lowerLookup: Rule<'lookup'> = (lowering, node, [x]) => {
  const cache = new Map<string, Table>();
  const tables = Array.from({ length: x.count }, (_, i) => {
    const which = node.which ? node.which[i] : 0;
    const key = `${which} ${x.min[i]} ${x.max[i]}`;
    let table = cache.get(key);
    if (!table) {
      const { offset, values } = node.tables[which];
      table = { min: x.min[i], values: Array.from(values.subarray(x.min[i] - offset, x.max[i] - offset + 1)) };
      cache.set(key, table);
    }
    return table;
  });
  return lowerTables(lowering, x, node.layer, tables);
};

function lowerTables(lowering: Lowering, given: Elements, label: string, tables: readonly (Table | null)[]): Elements {
  const degrees = new Map<Table, number>();
  for (const table of tables) if (table && !degrees.has(table)) degrees.set(table, interpolationDegree(table.values));
  const curved = [...tables.keys()].filter((i) => tables[i] && degrees.get(tables[i])! >= 2);
  const x = materialize(lowering, given, label, POLYNOMIAL_TERMS, curved);
  const result = allocateElements(x.count);
  const source = lowering.listSource();
  lowering.layer('lookup', label, () => {
    for (let i = 0; i < x.count; i++) {
      const table = tables[i];
      if (!table) continue;
      const degree = degrees.get(table)!;
      const [min, max] = boundsOf(table.values);
      if (degree === 0) setConstant(result, i, table.values[0]);
      else if (degree === 1) {
        const slope = table.values[1] - table.values[0];
        const sum: Sum = new Map([[0, table.values[0] - slope * table.min]]);
        lowering.addTo(sum, x, i, slope);
        lowering.setSum(result, i, sum, source, min, max);
      } else {
        const group = sumGroup(lowering.sumOf(x, i), i, -table.min);
        const component = lowering.component(`lookup ${group.key}|${lowering.idOf(table)}`, () =>
          defineLookup(group.rows, table.values, degree),
        );
        setWire(
          result,
          i,
          lowering.place(component, group.inputs, () => [min, max]),
          min,
          max,
        );
      }
    }
  });
  return result;
}

interface Steps {
  readonly base: number;
  readonly thresholds: readonly number[];
  readonly form: 'constant' | 'table' | 'comparison' | 'thermometer' | 'levels';
}

/** The cheapest way to count the thresholds at or below an element of `[min, max]`. */
function planSteps(min: number, max: number, base: number, all: Float64Array): Steps {
  const thresholds: number[] = [];
  let start = base;
  for (const threshold of all) {
    if (threshold <= min) start++;
    else if (threshold <= max) thresholds.push(threshold);
  }
  if (thresholds.length === 0) return { base: start, thresholds, form: 'constant' };
  const options: [number, Steps['form']][] = [[thermometerCost(min, max, thresholds), 'thermometer']];
  if (max - min < TABLE_LIMIT) options.push([tableCost(stepTable(min, max, thresholds)), 'table']);
  const comparisons = thresholds.reduce((sum, t) => sum + signedBits(min - t, max - t) + 1, 0);
  options.push([comparisons, 'comparison']);
  if (thresholds.length >= 2 && gapBits(min, max, thresholds) > 0)
    options.push([staircaseCost(min, max, thresholds), 'levels']);
  options.sort((a, b) => a[0] - b[0]);
  return { base: start, thresholds, form: options[0][1] };
}

function stepTable(min: number, max: number, thresholds: readonly number[]): Table {
  const values: number[] = [];
  let level = 0;
  for (let q = min; q <= max; q++) {
    while (level < thresholds.length && thresholds[level] <= q) level++;
    values.push(level);
  }
  return { min, values };
}

/** Monotone step functions, each element in its cheapest form. */
export const lowerStaircase: Rule<'staircase'> = (lowering, node, [given]) => {
  const cache = new Map<string, Steps>();
  const plans = Array.from({ length: given.count }, (_, i) => {
    const which = node.which ? node.which[i] : 0;
    const key = `${which} ${given.min[i]} ${given.max[i]}`;
    let plan = cache.get(key);
    if (!plan) {
      plan = planSteps(given.min[i], given.max[i], node.steps[which].base, node.steps[which].thresholds);
      cache.set(key, plan);
    }
    return plan;
  });
  const stepped = [...plans.keys()].filter((i) => plans[i].form !== 'constant' && plans[i].form !== 'table');
  const x = materialize(lowering, given, node.layer, INLINE_OPERAND_TERMS, stepped);
  const tableOf = new Map<Steps, Table>();
  const tables = plans.map((plan, i) => {
    if (plan.form !== 'table') return null;
    let table = tableOf.get(plan);
    if (!table) {
      table = stepTable(x.min[i], x.max[i], plan.thresholds);
      tableOf.set(plan, table);
    }
    return table;
  });
  const fromTables = lowerTables(lowering, x, node.layer, tables);
  const result = allocateElements(x.count);
  const source = lowering.listSource();
  lowering.layer('staircase', node.layer, () => {
    plans.forEach((plan, i) => {
      if (plan.form === 'constant') setConstant(result, i, plan.base);
      else if (plan.form === 'table') shiftElement(lowering, result, i, fromTables, plan.base);
      else {
        const sum: Sum = plan.base === 0 ? new Map() : new Map([[0, plan.base]]);
        for (const wire of placeSteps(lowering, x, i, plan)) sum.set(wire, 1);
        lowering.setSum(result, i, sum, source, plan.base, plan.base + plan.thresholds.length);
      }
    });
  });
  return result;
};

function shiftElement(lowering: Lowering, to: Elements, i: number, from: Elements, base: number): void {
  if (base === 0) {
    copyElement(to, i, from, i);
    return;
  }
  const sum: Sum = new Map([[0, base]]);
  lowering.addTo(sum, from, i, 1);
  lowering.setSum(to, i, sum, lowering.listSource(), from.min[i] + base, from.max[i] + base);
}

/** Wires whose sum is the number of thresholds at or below the element. */
function placeSteps(lowering: Lowering, x: Elements, i: number, plan: Steps): number[] {
  const [min, max] = [x.min[i], x.max[i]];
  const { thresholds } = plan;
  if (plan.form === 'comparison') return thresholds.map((t) => placeComparison(lowering, x, i, t));
  const group = sumGroup(lowering.sumOf(x, i), i);
  const key = `${group.key}|${min} ${max} ${lowering.idOf(thresholds)}`;
  if (plan.form === 'thermometer') return placeThermometer(lowering, x, i, thresholds);
  const component = lowering.component(`staircase ${key}`, () => defineStaircase(group.rows, min, max, thresholds));
  return [lowering.place(component, group.inputs, () => [0, thresholds.length])];
}

/** A wire for `[element >= threshold]`. */
export function placeComparison(lowering: Lowering, x: Elements, i: number, threshold: number): number {
  const group = sumGroup(lowering.sumOf(x, i), i, -threshold);
  return placeNonNegative(lowering, group, [signedBits(x.min[i] - threshold, x.max[i] - threshold)]);
}

/** Wires for `[element >= threshold]` of every threshold. */
export function placeThermometer(lowering: Lowering, x: Elements, i: number, thresholds: readonly number[]): number[] {
  const group = sumGroup(lowering.sumOf(x, i), i);
  const key = `thermometer ${group.key}|${x.min[i]} ${x.max[i]} ${lowering.idOf(thresholds)}`;
  const component = lowering.component(key, () => defineThermometer(group.rows, x.min[i], x.max[i], thresholds));
  const first = lowering.place(component, group.inputs, () => [0, 1]);
  return thresholds.map((_, t) => first + t);
}
