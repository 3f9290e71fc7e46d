import { inverseFactorials, useInterpolator, vanishing } from '../circuit/gadgets/polynomial.js';
import type { CircuitProgram } from '../circuit/program.js';
import { invertField, toField } from '../core/field.js';
import { Curve, FIELD_BYTES } from './curve.js';
import { buildRoots, rootOfUnity } from './transform-tables.js';

/** Tables below this are quicker without the way into WebAssembly and back. */
const MIN_VALUES = 64;

let enabled: Promise<void> | undefined;

/** Lets circuits find the polynomials of their tables in WebAssembly: the same ones, in a fifth of the time. */
export function enableFastInterpolation(): Promise<void> {
  enabled ??= Curve.create().then((curve) => {
    const interpolator = new Interpolator(curve);
    useInterpolator((values) => (values.length < MIN_VALUES ? undefined : interpolator.interpolate(values)));
  });
  return enabled;
}

/** Templates whose constraints hold polynomials through tables. */
const TEMPLATES: readonly string[] = ['Lookup', 'Staircase'];

/** To be awaited before coefficients of a circuit are asked for: it costs nothing where a circuit has no tables. */
export async function prepareTables({ layers }: CircuitProgram): Promise<void> {
  const hasTables = layers.some(({ blocks }) => blocks.some(({ component }) => TEMPLATES.includes(component.template)));
  if (hasTables) await enableFastInterpolation();
}

/** What does not depend on the values of a table, for tables of up to `size` values; addresses of Montgomery values. */
interface Plan {
  readonly size: number;
  /** `1 / k!` for k below the size. */
  readonly inverses: number;
  /** Transform of `(-1)^k / k!`, over its length of twice the size. */
  readonly signs: number;
  /** For blocks of 2, 4, …, `size`: transforms of the polynomials that vanish on the lower half of each block, over its length. */
  readonly vanishing: readonly number[];
  /** Room for the values and for a product of twice the size. */
  readonly block: number;
  readonly scratch: number;
}

/** Interpolation as `circuit/gadgets/polynomial.ts` does it, in the memory of a curve. */
class Interpolator {
  private readonly plans = new Map<number, Plan>();
  private readonly roots = new Map<number, { readonly forward: number; readonly back: number }>();

  constructor(private readonly curve: Curve) {}

  interpolate(values: readonly number[]): bigint[] {
    const { curve } = this;
    const { frm_mulEach, frm_batchToMontgomery, frm_batchFromMontgomery } = curve.call;
    const plan = this.planFor(2 ** Math.ceil(Math.log2(values.length)));
    const { size, block, scratch } = plan;
    this.clear(scratch, 2 * size);
    values.forEach((value, k) => {
      if (value !== 0) curve.writeInteger(scratch + k * FIELD_BYTES, toField(value));
    });
    frm_batchToMontgomery(scratch, size, scratch);
    frm_mulEach(scratch, plan.inverses, size);
    this.multiply(scratch, plan.signs, 2 * size);
    // Newton's coefficients; those behind the last value are not zero yet.
    this.clear(block, size);
    this.copy(scratch, block, values.length);
    for (let power = 1; 2 ** power <= size; power++) this.joinBlocks(plan, power);
    frm_batchFromMontgomery(block, size, block);
    return values.map((_, k) => curve.readInteger(block + k * FIELD_BYTES));
  }

  /** Turns pairs of blocks, each in powers of u, into blocks of 2^power: the upper ones times what vanishes on the lower. */
  private joinBlocks({ size, block, scratch, vanishing: vanish }: Plan, power: number): void {
    const { frm_add } = this.curve.call;
    const length = 2 ** power;
    const half = length / 2;
    for (let from = 0; from < size; from += length) {
      const low = block + from * FIELD_BYTES;
      this.copy(low + half * FIELD_BYTES, scratch, half);
      this.clear(scratch + half * FIELD_BYTES, half);
      this.multiply(scratch, vanish[power - 1] + from * FIELD_BYTES, length);
      for (let k = 0; k < half; k++) frm_add(low + k * FIELD_BYTES, scratch + k * FIELD_BYTES, low + k * FIELD_BYTES);
      this.copy(scratch + half * FIELD_BYTES, low + half * FIELD_BYTES, half);
    }
  }

  /** Cyclic product of `length` coefficients with a polynomial whose transform is given, in place. */
  private multiply(at: number, transform: number, length: number): void {
    const { frm_toCoefficients, frm_toValues, frm_mulEach } = this.curve.call;
    const { forward, back } = this.rootsFor(length);
    frm_toCoefficients(at, length, forward);
    frm_mulEach(at, transform, length);
    frm_toValues(at, length, back);
  }

  private planFor(size: number): Plan {
    let plan = this.plans.get(size);
    if (!plan) {
      const inverses = inverseFactorials(size).slice(0, size);
      const levels = Array.from({ length: Math.log2(size) }, (_, level) => 2 ** (level + 1));
      plan = {
        size,
        inverses: this.load(inverses, size),
        signs: this.loadTransform(
          inverses.map((value, k) => (k % 2 === 0 ? value : toField(-value))),
          2 * size,
        ),
        vanishing: levels.map((length) => this.loadVanishing(size, length)),
        block: this.curve.alloc(size * FIELD_BYTES),
        scratch: this.curve.alloc(2 * size * FIELD_BYTES),
      };
      this.plans.set(size, plan);
    }
    return plan;
  }

  private loadVanishing(size: number, length: number): number {
    const address = this.curve.alloc(size * FIELD_BYTES);
    // Made before anything is released: they stay.
    this.rootsFor(length);
    for (let from = 0; from < size; from += length) {
      const mark = this.curve.mark();
      const transform = this.loadTransform(vanishing(from, from + length / 2), length);
      this.copy(transform, address + from * FIELD_BYTES, length);
      this.curve.release(mark);
    }
    return address;
  }

  /** The transform of a polynomial, over its length, so that products need no scaling. */
  private loadTransform(coefficients: readonly bigint[], length: number): number {
    const { forward } = this.rootsFor(length);
    const address = this.load(coefficients, length);
    this.curve.call.frm_toCoefficients(address, length, forward);
    const mark = this.curve.mark();
    const scale = this.curve.putScalar(BigInt(length));
    this.curve.call.frm_inverse(scale, scale);
    for (let k = 0; k < length; k++) {
      this.curve.call.frm_mul(address + k * FIELD_BYTES, scale, address + k * FIELD_BYTES);
    }
    this.curve.release(mark);
    return address;
  }

  private load(values: readonly bigint[], length: number): number {
    const address = this.curve.alloc(length * FIELD_BYTES);
    this.clear(address, length);
    values.forEach((value, k) => {
      this.curve.writeInteger(address + k * FIELD_BYTES, value);
    });
    this.curve.call.frm_batchToMontgomery(address, length, address);
    return address;
  }

  private rootsFor(length: number): { readonly forward: number; readonly back: number } {
    let roots = this.roots.get(length);
    if (!roots) {
      const root = rootOfUnity(length);
      roots = {
        forward: buildRoots(this.curve, length, invertField(root)),
        back: buildRoots(this.curve, length, root),
      };
      this.roots.set(length, roots);
    }
    return roots;
  }

  private clear(address: number, count: number): void {
    this.curve.bytes.fill(0, address, address + count * FIELD_BYTES);
  }

  private copy(from: number, to: number, count: number): void {
    this.curve.bytes.copyWithin(to, from, from + count * FIELD_BYTES);
  }
}
