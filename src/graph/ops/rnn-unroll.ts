import type { ElementType, Shape } from '../../core/tensor.js';
import type { ConstOperand, GraphBuilder, Operand } from '../builder.js';
import { InternTable } from '../intern.js';
import type { ScalarFunction } from '../scalar.js';
import type { RuleContext } from './rule.js';

/** Weights of one direction, gates stacked: w `[gates·H, I]`, r `[gates·H, H]`, biases `[gates·H]`. */
export interface CellWeights {
  readonly w: Float64Array;
  readonly r: Float64Array;
  readonly inputBias: Float64Array;
  readonly stateBias: Float64Array;
  /** LSTM peepholes, `[3·H]` in the order input, output, forget; null where there are none. */
  readonly peepholes: Float64Array | null;
}

/** States after a step, each `[batch, hidden]`. */
export interface CellState {
  readonly h: Operand;
  readonly c: Operand | null;
}

/** What one step sees: where its input elements lie in X, and the state before it. */
export interface CellStep {
  readonly x: Operand;
  /** Flat position in X of the first input feature of a batch element at this step, features `stride` apart (1). */
  readonly xAt: (batch: number) => number;
  readonly state: CellState;
}

/** A recurrent layer as read from its node, the same for every direction. */
export interface Layer {
  readonly hidden: number;
  readonly inputs: number;
  readonly batch: number;
}

export type Cell = (
  builder: GraphBuilder,
  layer: Layer,
  weights: CellWeights,
  functions: readonly ScalarFunction[],
  step: CellStep,
) => CellState;

/** One row of a linear map: pairs of (flat position, weight) and a bias. */
export interface SparseRow {
  readonly at: readonly number[];
  readonly weight: readonly number[];
  readonly bias: number;
}

/** A linear node from sparse rows; equal windows and kernels are shared. */
export function linearRows(
  builder: GraphBuilder,
  inputs: readonly Operand[],
  rows: readonly SparseRow[],
  shape: Shape,
  type: ElementType = 'float',
): Operand {
  const windows = new InternTable<Int32Array>();
  const kernels = new InternTable<Float64Array>();
  const map = {
    rowWindow: Int32Array.from(rows, (row) => windows.add(Int32Array.from(row.at))),
    rowKernel: Int32Array.from(rows, (row) => kernels.add(Float64Array.from(row.weight))),
    bias: Float64Array.from(rows, (row) => row.bias),
  };
  return builder.linear(inputs, { ...map, windows: windows.items, kernels: kernels.items }, shape, type);
}

export function isZero(x: Operand): boolean {
  return x.kind === 'const' && x.data.every((value) => value === 0);
}

/** W `[D, gates·H, I]` and R `[D, gates·H, H]` of all directions. */
export interface RecurrentWeights {
  readonly w: ConstOperand;
  readonly r: ConstOperand;
}

export interface RecurrentOutputs {
  readonly y: Operand | undefined;
  readonly h: Operand;
  readonly c: Operand | undefined;
}

/**
 * Unrolls a recurrent layer over its constant number of steps.
 * Inputs as ONNX RNN, GRU and LSTM: X, W, R, B, sequence_lens, initial_h, (initial_c, P).
 * Shapes with layout 0: X `[T, B, I]`, Y `[T, D, B, H]`, states `[D, B, H]`; with layout 1: `[B, T, I]`, `[B, T, D, H]`,
 * `[B, D, H]`.
 */
export function unroll(
  context: RuleContext,
  gates: number,
  functions: readonly (readonly ScalarFunction[])[],
  cell: Cell,
  given?: RecurrentWeights,
): RecurrentOutputs {
  const { builder } = context;
  const x = context.input(0);
  const batchFirst = context.int('layout', 0) === 1;
  const [steps, batch, inputs] = batchFirst ? [x.shape[1], x.shape[0], x.shape[2]] : x.shape;
  const w = given?.w ?? context.constant(1, 'W');
  const r = given?.r ?? context.constant(2, 'R');
  const directions = w.shape[0];
  const hidden = r.shape[2];
  const lengths = context.optionalInts(4, 'sequence_lens') ?? new Array<number>(batch).fill(steps);
  const layer: Layer = { hidden, inputs, batch };
  const direction = context.text('direction', 'forward');
  if (directions !== (direction === 'bidirectional' ? 2 : 1))
    return context.unsupported(`direction "${direction}" with weights for ${directions}`);
  if (w.shape[1] !== gates * hidden || w.shape[2] !== inputs || lengths.some((length) => length < 1 || length > steps))
    return context.unsupported('the shapes of X, W, R and sequence_lens do not fit together');

  const size = batch * hidden;
  const stateAt = (d: number, b: number) => (batchFirst ? b * directions + d : d * batch + b) * hidden;
  const initial = (index: number, d: number): Operand => {
    const given = context.optional(index);
    const shape = [batch, hidden];
    if (given === undefined) return { kind: 'const', shape, type: 'float', data: new Float64Array(size) };
    const at = Int32Array.from({ length: size }, (_, i) => stateAt(d, Math.floor(i / hidden)) + (i % hidden));
    return builder.gather([given], at, new Float64Array(), shape, 'float');
  };
  const hasCellState = gates === 4;
  const history: Operand[] = [];
  const last: CellState[] = [];
  /** For direction d, step s and batch b: the time that is read and written. */
  const timeOf = (d: number, s: number, b: number) => (d === 1 || direction === 'reverse' ? lengths[b] - 1 - s : s);
  const longest = Math.max(...lengths);
  for (let d = 0; d < directions; d++) {
    const weights = readWeights(context, d, gates * hidden, hidden, inputs, w, r);
    let state: CellState = { h: initial(5, d), c: hasCellState ? initial(6, d) : null };
    for (let s = 0; s < longest; s++) {
      const xAt = (b: number) => {
        const time = Math.max(0, timeOf(d, s, b));
        return (batchFirst ? b * steps + time : time * batch + b) * inputs;
      };
      const next = cell(builder, layer, weights, functions[d], { x, xAt, state });
      state = keepFinished(builder, layer, state, next, (b) => s >= lengths[b]);
      history.push(state.h);
    }
    last.push(state);
  }

  const collect = (parts: readonly Operand[]): Operand => {
    const index = new Int32Array(directions * size);
    for (let d = 0; d < directions; d++)
      for (let i = 0; i < size; i++) index[stateAt(d, Math.floor(i / hidden)) + (i % hidden)] = d * size + i;
    const shape = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
    return builder.gather(parts, index, new Float64Array(), shape, 'float');
  };
  const collectAll = (): Operand => {
    const index = new Int32Array(steps * directions * size).fill(-1);
    for (let d = 0; d < directions; d++)
      for (let b = 0; b < batch; b++)
        for (let s = 0; s < lengths[b]; s++) {
          const time = timeOf(d, s, b);
          const to = (batchFirst ? (b * steps + time) * directions + d : (time * directions + d) * batch + b) * hidden;
          const from = (d * longest + s) * size + b * hidden;
          for (let i = 0; i < hidden; i++) index[to + i] = from + i;
        }
    const shape = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
    return builder.gather(history, index, Float64Array.of(0), shape, 'float');
  };
  return {
    y: context.wants(0) ? collectAll() : undefined,
    h: collect(last.map((state) => state.h)),
    c: hasCellState ? collect(last.map((state) => state.c as Operand)) : undefined,
  };
}

function readWeights(
  context: RuleContext,
  d: number,
  rows: number,
  hidden: number,
  inputs: number,
  w: ConstOperand,
  r: ConstOperand,
): CellWeights {
  const bias = context.has(3) ? context.constant(3, 'B').data : new Float64Array((d + 1) * 2 * rows);
  const peepholes = context.has(7) ? context.constant(7, 'P').data : null;
  return {
    w: w.data.slice(d * rows * inputs, (d + 1) * rows * inputs),
    r: r.data.slice(d * rows * hidden, (d + 1) * rows * hidden),
    inputBias: bias.slice(d * 2 * rows, d * 2 * rows + rows),
    stateBias: bias.slice(d * 2 * rows + rows, (d + 1) * 2 * rows),
    peepholes: peepholes === null ? null : peepholes.slice(d * 3 * hidden, (d + 1) * 3 * hidden),
  };
}

/** Batch elements whose sequence has ended keep the state they had. */
function keepFinished(
  builder: GraphBuilder,
  layer: Layer,
  before: CellState,
  after: CellState,
  finished: (batch: number) => boolean,
): CellState {
  const { batch, hidden } = layer;
  const done = Array.from({ length: batch }, (_, b) => finished(b));
  if (!done.includes(true)) return after;
  const size = batch * hidden;
  const merge = (old: Operand, next: Operand): Operand => {
    const index = Int32Array.from({ length: size }, (_, i) => (done[Math.floor(i / hidden)] ? i : size + i));
    return builder.gather([old, next], index, new Float64Array(), [batch, hidden], 'float');
  };
  return {
    h: merge(before.h, after.h),
    c: before.c === null || after.c === null ? null : merge(before.c, after.c),
  };
}
