import { invertField, R } from './field.js';

/** Full rounds of Poseidon over BN254 with x^5, and partial rounds for a state of t = 2 … 17. */
export const FULL_ROUNDS = 8;
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
const FIELD_BITS = 254;

/** Round constants and mixing matrix of one state width. */
export interface PoseidonParameters {
  /** State width: one capacity element and the inputs. */
  readonly width: number;
  readonly partialRounds: number;
  /** `width` constants a round, rounds in order. */
  readonly constants: readonly bigint[];
  /** `next[i] = Σ_j matrix[i][j] · state[j]`. */
  readonly matrix: readonly (readonly bigint[])[];
}

const known = new Map<number, PoseidonParameters>();

/** The parameters that the Poseidon paper's generator gives, as circomlib uses them; derived here, so that no table is copied. */
export function derivePoseidonParameters(width: number): PoseidonParameters {
  let parameters = known.get(width);
  if (!parameters) {
    parameters = generate(width);
    known.set(width, parameters);
  }
  return parameters;
}

function generate(width: number): PoseidonParameters {
  const partialRounds = PARTIAL_ROUNDS[width - 2];
  if (partialRounds === undefined) throw new RangeError(`no Poseidon of width ${width}`);
  const grain = new Grain(width, partialRounds);
  const constants = Array.from({ length: width * (FULL_ROUNDS + partialRounds) }, () => grain.nextElement());
  return { width, partialRounds, constants, matrix: cauchyMatrix(grain, width) };
}

/** `1 / (x_i + y_j)` for distinct x and y; drawn again until it exists. */
function cauchyMatrix(grain: Grain, width: number): bigint[][] {
  for (;;) {
    const drawn = Array.from({ length: 2 * width }, () => grain.nextBits() % R);
    if (new Set(drawn).size < drawn.length) continue;
    const [xs, ys] = [drawn.slice(0, width), drawn.slice(width)];
    if (xs.some((x) => ys.some((y) => (x + y) % R === 0n))) continue;
    return xs.map((x) => ys.map((y) => invertField(x + y)));
  }
}

/** The Grain LFSR in self-shrinking mode, seeded with the instance's description (Poseidon paper, appendix E). */
class Grain {
  private readonly state: number[] = [];
  private at = 0;

  constructor(width: number, partialRounds: number) {
    const push = (value: number, bits: number) => {
      for (let i = bits - 1; i >= 0; i--) this.state.push((value >> i) & 1);
    };
    push(1, 2); // a prime field
    push(0, 4); // x^5
    push(FIELD_BITS, 12);
    push(width, 12);
    push(FULL_ROUNDS, 10);
    push(partialRounds, 10);
    for (let i = 0; i < 30; i++) this.state.push(1);
    for (let i = 0; i < 160; i++) this.step();
  }

  /** One raw bit; the state is a ring of 80. */
  private step(): number {
    const { state, at } = this;
    let bit = 0;
    for (const tap of [62, 51, 38, 23, 13, 0]) bit ^= state[(at + tap) % 80];
    state[at] = bit;
    this.at = (at + 1) % 80;
    return bit;
  }

  nextBits(): bigint {
    let value = 0n;
    for (let i = 0; i < FIELD_BITS; i++) {
      while (this.step() === 0) this.step();
      value = (value << 1n) | BigInt(this.step());
    }
    return value;
  }

  /** Uniform in the field, by rejection. */
  nextElement(): bigint {
    for (;;) {
      const value = this.nextBits();
      if (value < R) return value;
    }
  }
}
