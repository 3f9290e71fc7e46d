import { type FieldElement, invertField, R } from './field.js';
import { derivePoseidonParameters, FULL_ROUNDS, type PoseidonParameters } from './poseidon-parameters.js';

type Vector = readonly bigint[];
type Matrix = readonly Vector[];

/**
 * circomlib's `Poseidon(n)` over 1 to 16 elements of the field: one permutation with x^5 over BN254.
 * @throws RangeError for another number of elements
 */
export function hashPoseidon(elements: Vector): FieldElement {
  const { width, partialRounds, constants, matrix } = derivePoseidonParameters(elements.length + 1);
  const sparse = findSparseRounds(width);
  const half = FULL_ROUNDS / 2;
  let state: bigint[] = [0n, ...elements];
  const runFull = (round: number) => {
    state = multiply(
      matrix,
      state.map((x, i) => power(x + constants[round * width + i])),
    );
  };
  for (let round = 0; round < half; round++) runFull(round);
  state = [state[0], ...multiply(sparse.before, state.slice(1))];
  for (const { constant, corner, row, column } of sparse.rounds) {
    const first = power(state[0] + constant[0]);
    let sum = corner * first;
    for (let i = 1; i < width; i++) {
      const rest = state[i] + constant[i];
      sum += row[i - 1] * rest;
      state[i] = (rest + column[i - 1] * first) % R;
    }
    state[0] = sum % R;
  }
  for (let round = half + partialRounds; round < FULL_ROUNDS + partialRounds; round++) runFull(round);
  return state[0] as FieldElement;
}

function power(x: bigint): bigint {
  const base = x % R;
  const square = (base * base) % R;
  return (((square * square) % R) * base) % R;
}

function multiply(matrix: Matrix, vector: Vector): bigint[] {
  return matrix.map((row) => {
    let sum = 0n;
    for (let j = 0; j < vector.length; j++) sum += row[j] * vector[j];
    return sum % R;
  });
}

/** The partial rounds in another basis of the state, in which a round's matrix is the identity but for a row and a column. */
interface SparseRounds {
  /** Takes the state, but for its first element, to that basis. */
  readonly before: Matrix;
  readonly rounds: readonly {
    readonly constant: Vector;
    readonly corner: bigint;
    readonly row: Vector;
    readonly column: Vector;
  }[];
}

const known = new Map<number, SparseRounds>();

function findSparseRounds(width: number): SparseRounds {
  let sparse = known.get(width);
  if (!sparse) {
    sparse = makeSparse(derivePoseidonParameters(width));
    known.set(width, sparse);
  }
  return sparse;
}

/**
 * Only the first element of the state goes through an S-box in a partial round, so that a matrix D which leaves that element
 * alone may be applied before the box or after it. From the last round to the first: D·M is split into a sparse matrix N and
 * a D for the round before, `D·M = N·D'`.
 */
function makeSparse({ width, partialRounds, constants, matrix }: PoseidonParameters): SparseRounds {
  const rounds: SparseRounds['rounds'][number][] = [];
  let inner: Matrix = Array.from({ length: width - 1 }, (_, i) =>
    Array.from({ length: width - 1 }, (_, j) => (i === j ? 1n : 0n)),
  );
  const [top, ...lower] = matrix;
  const columns = transpose(lower);
  for (let round = partialRounds - 1; round >= 0; round--) {
    const [column, ...rest] = columns.map((vector) => multiply(inner, vector));
    inner = transpose(rest);
    const own = constants.slice((FULL_ROUNDS / 2 + round) * width).slice(0, width);
    const constant = [own[0], ...multiply(inner, own.slice(1))];
    rounds.unshift({ constant, corner: top[0], row: solve(rest, top.slice(1)), column });
  }
  return { before: inner, rounds };
}

function transpose(matrix: Matrix): bigint[][] {
  return matrix[0].map((_, j) => matrix.map((row) => row[j]));
}

/** The x of `matrix · x = right`, by elimination. The matrices that come here are invertible. */
function solve(matrix: Matrix, right: Vector): bigint[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let at = 0; at < rows.length; at++) {
    const pivot = rows.findIndex((row, i) => i >= at && row[at] !== 0n);
    [rows[at], rows[pivot]] = [rows[pivot], rows[at]];
    const inverse = invertField(rows[at][at]);
    rows[at] = rows[at].map((x) => (x * inverse) % R);
    for (let i = 0; i < rows.length; i++) {
      const factor = i === at ? 0n : R - rows[i][at];
      if (factor !== 0n) rows[i] = rows[i].map((x, j) => (j < at ? x : (x + factor * rows[at][j]) % R));
    }
  }
  return rows.map((row) => row[row.length - 1]);
}
