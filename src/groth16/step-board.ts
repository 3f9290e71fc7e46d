import { type Curve, FIELD_BYTES, G2_BYTES } from './curve.js';
import { type MsmStep, runStep, workOfStep } from './msm.js';
import type { ProofPhase, ReportProgress } from './progress.js';
import type { TransformTables } from './transform-tables.js';

/** A part of a proof that any thread can compute which sees the memory of the key. */
export type Step =
  | { readonly kind: 'product'; readonly step: MsmStep }
  | { readonly kind: 'transform'; readonly vector: number; readonly tables: TransformTables };

/** Words of the head of a board, then records, then results. */
const POSTED = 0;
const CLOSED = 1;
/** Counts what happened, so that helpers can sleep until something does. */
const BELL = 2;
const HEAD_WORDS = 4;
const RECORD_WORDS = 12;
const MAX_STEPS = 512;
const RESULT_BYTES = (G2_BYTES * 3) / 2;
const RESULTS_AT = 4 * (HEAD_WORDS + RECORD_WORDS * MAX_STEPS);

/** States of a step, in the first word of its record. */
const FREE = 0;
const TAKEN = 1;
const DONE = 2;

const PRODUCT = 1;
const TRANSFORM = 2;
/** A sleeping helper looks up that often, so that a lost bell costs no more. */
const NAP_MS = 50;
/** The lead does a step of a helper itself when it waited that many times its own longest step, and at least so long. */
const PATIENCE = 4;
const MIN_PATIENCE_MS = 200;

/** Memory for the steps of one proof. */
export function createStepBoard(): SharedArrayBuffer {
  return new SharedArrayBuffer(RESULTS_AT + RESULT_BYTES * MAX_STEPS);
}

/** Sends the helpers home. */
export function closeStepBoard(board: SharedArrayBuffer): void {
  const words = new Int32Array(board);
  Atomics.store(words, CLOSED, 1);
  ring(words);
}

function ring(words: Int32Array): void {
  Atomics.add(words, BELL, 1);
  Atomics.notify(words, BELL);
}

/** Moves the values of a polynomial on the domain to those on the odd points of the domain of twice the size, in place. */
function moveToOddPoints(curve: Curve, vector: number, { size, inverseRoots, shifts, roots }: TransformTables): void {
  curve.call.frm_toCoefficients(vector, size, inverseRoots);
  curve.call.frm_mulEach(vector, shifts, size);
  curve.call.frm_toValues(vector, size, roots);
}

/**
 * Steps that wait for a thread to take them, in memory that threads share. The lead posts them and takes them itself; helpers
 * come and go as they like, and one that dies in the middle of a step costs that step only.
 */
class Board {
  readonly words: Int32Array;
  private readonly results: Uint8Array;

  constructor(readonly buffer: ArrayBufferLike) {
    this.words = new Int32Array(buffer);
    this.results = new Uint8Array(buffer, RESULTS_AT);
  }

  get posted(): number {
    return Atomics.load(this.words, POSTED);
  }

  post(step: Step): number {
    const index = this.posted;
    if (index === MAX_STEPS) throw new Error('internal: a proof of too many steps');
    this.words.set([FREE, ...encodeStep(step)], this.record(index));
    Atomics.store(this.words, POSTED, index + 1);
    ring(this.words);
    return index;
  }

  read(index: number): Step {
    return decodeStep(this.words.subarray(this.record(index) + 1, this.record(index) + RECORD_WORDS));
  }

  /** True for the one thread that may compute the step now. */
  take(index: number): boolean {
    return Atomics.compareExchange(this.words, this.record(index), FREE, TAKEN) === FREE;
  }

  giveBack(index: number): void {
    Atomics.store(this.words, this.record(index), FREE);
  }

  finish(index: number, result: Uint8Array): void {
    this.resultOf(index).set(result);
    Atomics.store(this.words, this.record(index), DONE);
    Atomics.notify(this.words, this.record(index));
  }

  isDone(index: number): boolean {
    return Atomics.load(this.words, this.record(index)) === DONE;
  }

  /** Waits for a step that another thread has taken. False where that takes too long, or the other gave it back. */
  wait(index: number, ms: number): boolean {
    const until = performance.now() + ms;
    for (let left = ms; left > 0; left = until - performance.now()) {
      if (Atomics.load(this.words, this.record(index)) !== TAKEN) break;
      Atomics.wait(this.words, this.record(index), TAKEN, left);
    }
    return this.isDone(index);
  }

  resultOf(index: number): Uint8Array {
    return this.results.subarray(index * RESULT_BYTES, (index + 1) * RESULT_BYTES);
  }

  private record(index: number): number {
    return HEAD_WORDS + RECORD_WORDS * index;
  }
}

/** A multiplication of the transform costs as much as that many additions in G1. */
const MULTIPLICATION_COST = 1 / 5;

/** How much work it is to move a vector to the odd points, in additions in G1. */
export function workOfTransform(size: number): number {
  return MULTIPLICATION_COST * size * (Math.log2(size) + 1);
}

/** The lead of a proof: posts steps, and collects what became of them. */
export class Crew {
  private readonly board: Board;
  private readonly own = new Map<number, number>();
  private readonly posted: { readonly phase: ProofPhase; readonly work: number }[] = [];
  private expected = 0;
  private longestMs = 0;
  /** Whether any step was computed by another thread. */
  helped = false;

  /**
   * @param board where helpers look; without one the lead works alone
   * @param report is told before each step that the lead takes
   */
  constructor(
    private readonly curve: Curve,
    board?: SharedArrayBuffer,
    private readonly report?: ReportProgress,
  ) {
    this.board = new Board(board ?? new ArrayBuffer(RESULTS_AT));
  }

  /** Returns the number of the step, for `collect`. @param phase what it is a part of */
  post(step: Step, phase: ProofPhase): number {
    const work = step.kind === 'product' ? workOfStep(step.step) : workOfTransform(step.tables.size);
    this.posted.push({ phase, work });
    return this.board.post(step);
  }

  /** Says how much work there will be beside what is posted already; reports speak of shares of all of it. */
  expect(work: number): void {
    this.expected = this.posted.reduce((sum, step) => sum + step.work, work);
  }

  private tell(phase: ProofPhase): void {
    if (!this.report || this.expected === 0) return;
    const done = this.posted.reduce((sum, { work }, index) => sum + (this.isFinished(index) ? work : 0), 0);
    this.report({ phase, fraction: Math.min(1, done / this.expected) });
  }

  private isFinished(index: number): boolean {
    return this.own.has(index) || this.board.isDone(index);
  }

  /**
   * Waits until steps are done; whatever nobody has taken is done here.
   * @returns for each the address of a Jacobian point, or of the vector
   */
  collect(steps: readonly number[]): number[] {
    for (const index of steps) this.tryStep(index);
    // Instead of waiting, the lead goes on with steps that it wants later.
    const isReady = () => steps.every((index) => this.isFinished(index));
    for (let index = 0; index < this.board.posted && !isReady(); index++) this.tryStep(index);
    return steps.map((index) => this.own.get(index) ?? this.fetch(index));
  }

  private tryStep(index: number): void {
    if (this.board.take(index)) this.compute(index);
  }

  private compute(index: number): number {
    this.tell(this.posted[index].phase);
    const started = performance.now();
    const step = this.board.read(index);
    const result = step.kind === 'product' ? runStep(this.curve, step.step) : step.vector;
    if (step.kind === 'transform') moveToOddPoints(this.curve, step.vector, step.tables);
    this.own.set(index, result);
    this.longestMs = Math.max(this.longestMs, performance.now() - started);
    return result;
  }

  private fetch(index: number): number {
    if (!this.board.wait(index, Math.max(MIN_PATIENCE_MS, PATIENCE * this.longestMs))) return this.compute(index);
    const { curve } = this;
    const step = this.board.read(index);
    const result = this.board.resultOf(index);
    this.helped = true;
    if (step.kind === 'product') {
      const address = curve.alloc(RESULT_BYTES);
      curve.bytes.set(result, address);
      return address;
    }
    curve.refresh();
    const from = new DataView(result.buffer, result.byteOffset).getUint32(0, true);
    curve.bytes.copyWithin(step.vector, from, from + step.tables.size * FIELD_BYTES);
    return step.vector;
  }
}

/**
 * Computes steps of another thread's proof until it is done.
 * @param curve in the same memory as the lead's
 * @param ticket its first word is not 0 when the helper is wanted elsewhere
 */
export function helpCrew(curve: Curve, buffer: SharedArrayBuffer, ticket: Int32Array): void {
  const board = new Board(buffer);
  const mark = curve.mark();
  let next = 0;
  while (Atomics.load(ticket, 0) === 0 && Atomics.load(board.words, CLOSED) === 0) {
    const bell = Atomics.load(board.words, BELL);
    while (next < board.posted && !board.take(next)) next++;
    if (next === board.posted) {
      Atomics.wait(board.words, BELL, bell, NAP_MS);
      continue;
    }
    try {
      board.finish(next, computeApart(curve, board.read(next)));
    } catch (error) {
      board.giveBack(next);
      throw error;
    }
  }
  curve.release(mark);
}

/** Writes to this thread's own memory only: the lead may be gone, and its memory be another's. */
function computeApart(curve: Curve, step: Step): Uint8Array {
  if (step.kind === 'product') {
    const mark = curve.mark();
    const point = runStep(curve, step.step);
    const bytes = curve.bytes.slice(point, point + RESULT_BYTES);
    curve.release(mark);
    return bytes;
  }
  const size = step.tables.size * FIELD_BYTES;
  const vector = curve.alloc(size);
  curve.refresh();
  curve.bytes.copyWithin(vector, step.vector, step.vector + size);
  moveToOddPoints(curve, vector, step.tables);
  return new Uint8Array(Uint32Array.of(vector).buffer);
}

function encodeStep(step: Step): number[] {
  if (step.kind === 'transform') {
    const { size, inverseRoots, roots, shifts } = step.tables;
    return [TRANSFORM, step.vector, size, inverseRoots, roots, shifts];
  }
  const { group, bases, scalars, from, to } = step.step;
  const { count, map, values, bits, width } = scalars;
  return [PRODUCT, group === 'g1' ? 1 : 2, bases, from, to, count, map, values, bits, width];
}

function decodeStep(words: Int32Array): Step {
  const [kind, ...rest] = Array.from(words, (word) => word >>> 0);
  if (kind === TRANSFORM) {
    const [vector, size, inverseRoots, roots, shifts] = rest;
    return { kind: 'transform', vector, tables: { size, inverseRoots, roots, shifts } };
  }
  const [group, bases, from, to, count, map, values, bits, width] = rest;
  const scalars = { count, map, values, bits, width };
  return { kind: 'product', step: { group: group === 1 ? 'g1' : 'g2', bases, scalars, from, to } };
}
