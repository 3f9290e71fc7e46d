import { invertField, R, toField } from '../../core/field.js';
import type { Wire } from '../constraints.js';
import { type EmitConstraint, Lc } from '../lc.js';
import { multiplyPolynomials, powerFor, transformPolynomial, untransformProduct } from './field-transform.js';

/**
 * How polynomials of one argument are evaluated: powers up to `step` once, then for each polynomial a Horner scheme over
 * blocks of `step` coefficients (Paterson–Stockmeyer).
 */
export interface PolynomialPlan {
  readonly degree: number;
  readonly step: number;
  /** Products for u² … u^step. */
  readonly powers: number;
  /** Products for each polynomial; the last one is its value. */
  readonly horner: number;
}

/** The cheapest plan for `count` polynomials of a degree, at least 2. */
export function planPolynomial(degree: number, count = 1): PolynomialPlan {
  let best: PolynomialPlan | undefined;
  for (let step = 1; step < degree; step++) {
    const plan = { degree, step, powers: step - 1, horner: Math.floor(degree / step) - (degree % step === 0 ? 1 : 0) };
    if (!best || polynomialCost(plan, count) < polynomialCost(best, count)) best = plan;
  }
  if (!best) throw new RangeError(`no plan for degree ${degree}`);
  return best;
}

export function polynomialCost(plan: PolynomialPlan, count = 1): number {
  return plan.powers + count * plan.horner;
}

/** Blocks this short are expanded term by term; a power of two. */
const SHORT_BLOCK = 32;

/** Coefficients by table: components of one table share them, whatever their arguments are. */
const interpolated = new WeakMap<readonly number[], readonly bigint[]>();

/** Another way to the same coefficients, or undefined where this one is quicker. */
type Interpolator = (values: readonly number[]) => readonly bigint[] | undefined;

let interpolator: Interpolator = () => undefined;

/** Lets a room that knows WebAssembly find the same coefficients faster. Results do not depend on it. */
export function useInterpolator(faster: Interpolator): void {
  interpolator = faster;
}

/** As `interpolate`, once for each array of integers. */
export function interpolateTable(values: readonly number[]): readonly bigint[] {
  let known = interpolated.get(values);
  if (!known) {
    known = interpolator(values) ?? interpolate(values.map((value) => toField(value)));
    interpolated.set(values, known);
  }
  return known;
}

/**
 * Coefficients, constant first, of the polynomial through `(i, values[i])`, over the field; values in `[0, R)`. Newton's
 * coefficients are one convolution, and halving turns them into ordinary ones: thousands of points take a fraction of a
 * second. What does not depend on the values is kept: polynomials of all lengths share it, as blocks begin at multiples of
 * their size.
 */
export function interpolate(values: readonly bigint[]): bigint[] {
  const n = values.length;
  const size = 2 ** powerFor(n);
  const inverses = inverseFactorials(size);
  const scaled = values.map((value, k) => (value * inverses[k]) % R);
  if (n <= SHORT_BLOCK) {
    const signs = inverses.slice(0, n).map((value, k) => (k % 2 === 0 ? value : R - value));
    return expandShort(multiplyPolynomials(scaled, signs), 0, n);
  }
  const power = powerFor(size) + 1;
  const newton = untransformProduct(transformPolynomial(scaled, power), signTransform(size), n);
  return expandNewton(newton, 0, n);
}

const inverseFactorialsKnown: bigint[] = [1n];

/** `1 / k!` for k below `count`, at least. */
export function inverseFactorials(count: number): readonly bigint[] {
  const known = inverseFactorialsKnown;
  const first = known.length;
  if (first < count) {
    let factorial = 1n;
    for (let k = 1; k < count; k++) factorial = (factorial * BigInt(k)) % R;
    let inverse: bigint = invertField(factorial);
    for (let k = count - 1; k >= first; k--) {
      known[k] = inverse;
      inverse = (inverse * BigInt(k)) % R;
    }
  }
  return known;
}

const signTransforms = new Map<number, readonly bigint[]>();

/** Transform of `(-1)^k / k!` for k below `size`, for products of twice that length. */
function signTransform(size: number): readonly bigint[] {
  let known = signTransforms.get(size);
  if (!known) {
    const signs = inverseFactorials(size).slice(0, size);
    known = transformPolynomial(
      signs.map((value, k) => (k % 2 === 0 ? value : R - value)),
      powerFor(size) + 1,
    );
    signTransforms.set(size, known);
  }
  return known;
}

/** `Σ_{from <= k < to} newton[k] · Π_{from <= r < k} (u - r)` in powers of u; `from` is a multiple of the next power of two. */
function expandNewton(newton: readonly bigint[], from: number, to: number): bigint[] {
  if (to - from <= SHORT_BLOCK) return expandShort(newton, from, to);
  const power = powerFor(to - from);
  const middle = from + 2 ** (power - 1);
  const low = expandNewton(newton, from, middle);
  const above = transformPolynomial(expandNewton(newton, middle, to), power);
  const high = untransformProduct(above, vanishingTransform(from, power), to - from);
  return high.map((c, i) => (i < low.length ? (c + low[i]) % R : c));
}

function expandShort(newton: readonly bigint[], from: number, to: number): bigint[] {
  let sum: bigint[] = [newton[to - 1]];
  for (let k = to - 2; k >= from; k--) {
    const next = [newton[k], ...sum];
    sum.forEach((c, i) => {
      next[i] -= c * BigInt(k);
    });
    sum = next.map((c) => toField(c));
  }
  return sum;
}

const vanishingTransforms = new Map<string, readonly bigint[]>();

/** Transform of `Π_{from <= r < from + 2^(power-1)} (u - r)`, for products of 2^power coefficients. */
function vanishingTransform(from: number, power: number): readonly bigint[] {
  const key = `${from} ${power}`;
  let known = vanishingTransforms.get(key);
  if (!known) {
    known = transformPolynomial(vanishing(from, from + 2 ** (power - 1)), power);
    vanishingTransforms.set(key, known);
  }
  return known;
}

/** `Π_{from <= r < to} (u - r)`. */
export function vanishing(from: number, to: number): bigint[] {
  if (to - from === 1) return [toField(-from), 1n];
  const middle = (from + to) >> 1;
  return multiplyPolynomials(vanishing(from, middle), vanishing(middle, to));
}

/** The prime of the degree test; products of two residues stay exact in doubles. */
const TEST_PRIME = 67108859;

const signedBinomials = new Map<number, Float64Array>();

/** `(-1)^(n-i)·C(n, i)` modulo the test prime, for i from 0 to n. */
function binomialsOf(n: number): Float64Array {
  let row = signedBinomials.get(n);
  if (row) return row;
  row = new Float64Array(n + 1);
  const inverse = new Float64Array(n + 1);
  if (n >= 1) inverse[1] = 1;
  for (let i = 2; i <= n; i++)
    inverse[i] = ((TEST_PRIME - Math.floor(TEST_PRIME / i)) * inverse[TEST_PRIME % i]) % TEST_PRIME;
  row[0] = n % 2 === 0 ? 1 : TEST_PRIME - 1;
  for (let i = 1; i <= n; i++) {
    const next = (((row[i - 1] * (n - i + 1)) % TEST_PRIME) * inverse[i]) % TEST_PRIME;
    row[i] = next === 0 ? 0 : TEST_PRIME - next;
  }
  signedBinomials.set(n, row);
  return row;
}

/** The highest finite difference modulo the test prime: not 0 where the polynomial has full degree, as almost all have. */
function topDifference(values: readonly number[]): number {
  const binomials = binomialsOf(values.length - 1);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const residue = ((values[i] % TEST_PRIME) + TEST_PRIME) % TEST_PRIME;
    sum = (sum + binomials[i] * residue) % TEST_PRIME;
  }
  return sum;
}

/**
 * Degree of the polynomial through `(i, values[i])`, found modulo a small prime, fast enough for a cost search. It is never
 * above the true degree; `interpolate` tells in the one case of 2^26 where it is below.
 */
export function interpolationDegree(values: readonly number[]): number {
  if (topDifference(values) !== 0) return values.length - 1;
  let differences = values.map((value) => ((value % TEST_PRIME) + TEST_PRIME) % TEST_PRIME);
  let degree = 0;
  for (let k = 0; differences.length > 0; k++) {
    if (differences[0] !== 0) degree = k;
    const next = new Array<number>(differences.length - 1);
    let any = false;
    for (let i = 0; i < next.length; i++) {
      next[i] = (differences[i + 1] - differences[i] + TEST_PRIME) % TEST_PRIME;
      if (next[i] !== 0) any = true;
    }
    if (!any) break;
    differences = next;
  }
  return degree;
}

/** Powers u, u², … of an argument as combinations, once their constraints are emitted. */
export function constrainPowers(emit: EmitConstraint, u: Lc, firstPower: Wire, plan: PolynomialPlan): Lc[] {
  const powers = [Lc.of(1), u];
  for (let k = 2; k <= plan.step; k++) {
    const power = new Lc().add(firstPower + k - 2, 1);
    emit(powers[k >> 1], powers[k - (k >> 1)], power);
    powers.push(power);
  }
  return powers;
}

/** Emits one polynomial's Horner products: hints from `firstHint` on, the value at wire `y`. */
export function constrainPolynomial(
  emit: EmitConstraint,
  coefficients: readonly bigint[],
  powers: readonly Lc[],
  plan: PolynomialPlan,
  firstHint: Wire,
  y: Wire,
): void {
  const { step, degree } = plan;
  const block = (k: number): Lc => {
    const lc = new Lc();
    for (let i = 0; i < step && k * step + i <= degree; i++) lc.plus(powers[i], coefficients[k * step + i]);
    return lc;
  };
  const top = Math.floor(degree / step);
  let h = block(top);
  let hint = firstHint;
  for (let k = top - 1; k >= 0; k--) {
    if (k === top - 1 && degree % step === 0) {
      h = block(k).plus(powers[step], coefficients[degree]);
      continue;
    }
    const wire = k === 0 ? y : hint++;
    const product = new Lc().add(wire, 1).plus(block(k), -1);
    emit(h, powers[step], product);
    h = new Lc().add(wire, 1);
  }
}

/** Values of the same wires: `powers` for u² … u^step, `hints` for all Horner products but the last, and the value. */
export function computePolynomial(
  coefficients: readonly bigint[],
  powers: readonly bigint[],
  plan: PolynomialPlan,
): { hints: bigint[]; value: bigint } {
  const { step, degree } = plan;
  const block = (k: number): bigint => {
    let sum = 0n;
    for (let i = 0; i < step && k * step + i <= degree; i++) sum += coefficients[k * step + i] * powers[i];
    return sum % R;
  };
  const top = Math.floor(degree / step);
  let h = block(top);
  const hints: bigint[] = [];
  for (let k = top - 1; k >= 0; k--) {
    h = (h * powers[step] + block(k)) % R;
    if (!(k === top - 1 && degree % step === 0)) hints.push(h);
  }
  hints.pop();
  return { hints, value: h };
}

/** 1, u, …, u^step in the field. */
export function computePowers(u: bigint, plan: PolynomialPlan): bigint[] {
  const powers = [1n, u];
  for (let k = 2; k <= plan.step; k++) powers.push((powers[k - 1] * u) % R);
  return powers;
}
