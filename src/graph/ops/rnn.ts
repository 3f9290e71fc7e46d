import type { GraphBuilder, Operand } from '../builder.js';
import { call, composeScalar, constant, type ScalarFunction, X } from '../scalar.js';
import { readActivations } from './rnn-activations.js';
import {
  type Cell,
  type CellStep,
  type CellWeights,
  isZero,
  type Layer,
  linearRows,
  type RecurrentWeights,
  type SparseRow,
  unroll,
} from './rnn-unroll.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { add, mul, sub } from './support/elementwise.js';
import { pick } from './support/shape.js';

/** Which recurrent terms a gate row has besides `W x + bias`. */
type StateTerm = 'state' | 'none';

/** Rows of the gates `from..to-1` for one batch element: `w·x + r·h + biases`; h starts at `stateAt` of the inputs. */
function gateRows(
  layer: Layer,
  weights: CellWeights,
  step: CellStep,
  gates: readonly number[],
  stateAt: number,
  terms: StateTerm,
): SparseRow[] {
  const { batch, hidden, inputs } = layer;
  const rows: SparseRow[] = [];
  for (let b = 0; b < batch; b++) {
    const xs = Array.from({ length: inputs }, (_, i) => step.xAt(b) + i);
    const hs = terms === 'none' ? [] : Array.from({ length: hidden }, (_, i) => stateAt + b * hidden + i);
    for (const gate of gates)
      for (let n = gate * hidden; n < (gate + 1) * hidden; n++) {
        const w = weights.w.subarray(n * inputs, (n + 1) * inputs);
        const r = terms === 'none' ? [] : weights.r.subarray(n * hidden, (n + 1) * hidden);
        const bias = weights.inputBias[n] + (terms === 'none' ? 0 : weights.stateBias[n]);
        rows.push({ at: [...xs, ...hs], weight: [...w, ...r], bias });
      }
  }
  return rows;
}

function sizeOfX(step: CellStep): number {
  return step.x.shape.reduce((n, extent) => n * extent, 1);
}

/** Columns of one gate out of `[batch, gates·hidden]`. */
function gateOf(builder: GraphBuilder, layer: Layer, stacked: Operand, gate: number): Operand {
  const { batch, hidden } = layer;
  const width = stacked.shape[1];
  const index = Int32Array.from({ length: batch * hidden }, (_, i) => {
    return Math.floor(i / hidden) * width + gate * hidden + (i % hidden);
  });
  return pick(builder, stacked, index, [batch, hidden]);
}

/** `a ⊙ b`, where a product with zeros is zeros and no node. */
function multiply(builder: GraphBuilder, a: Operand, b: Operand): Operand {
  if (isZero(a)) return a;
  return isZero(b) ? b : mul(builder, a, b);
}

/** `h' = f(W x + R h + b)`. */
const rnnCell: Cell = (builder, layer, weights, [f], step) => {
  const rows = gateRows(layer, weights, step, [0], sizeOfX(step), 'state');
  const shape = [layer.batch, layer.hidden];
  return { h: builder.unary(linearRows(builder, [step.x, step.state.h], rows, shape), [f]), c: null };
};

/** Gates z, r, n: `h' = n + z ⊙ (h - n)`, with n from `r ⊙ h`, or from `r ⊙ (R h + b)` where the reset comes last. */
function gruCell(resetLast: boolean): Cell {
  return (builder, layer, weights, [f, g], step) => {
    const { batch, hidden } = layer;
    const { h } = step.state;
    const shape = [batch, hidden];
    const start = sizeOfX(step);
    const gates = gateRows(layer, weights, step, [0, 1], start, 'state');
    const zr = builder.unary(linearRows(builder, [step.x, h], gates, [batch, 2 * hidden]), [f]);
    const z = gateOf(builder, layer, zr, 0);
    const r = gateOf(builder, layer, zr, 1);
    const n = builder.unary(candidate(r), [g]);
    return { h: add(builder, n, multiply(builder, z, sub(builder, h, n))), c: null };

    function candidate(reset: Operand): Operand {
      if (!resetLast) {
        const rows = gateRows(layer, weights, step, [2], start, 'state');
        return linearRows(builder, [step.x, multiply(builder, reset, h)], rows, shape);
      }
      const recurrent = Array.from({ length: batch * hidden }, (_, i): SparseRow => {
        const [b, n] = [Math.floor(i / hidden), 2 * hidden + (i % hidden)];
        const at = Array.from({ length: hidden }, (_, k) => b * hidden + k);
        return { at, weight: [...weights.r.subarray(n * hidden, (n + 1) * hidden)], bias: weights.stateBias[n] };
      });
      const inner = multiply(builder, reset, linearRows(builder, [h], recurrent, shape));
      const rows = gateRows(layer, weights, step, [2], start, 'none').map((row, i) => ({
        at: [...row.at, start + i],
        weight: [...row.weight, 1],
        bias: row.bias,
      }));
      return linearRows(builder, [step.x, inner], rows, shape);
    }
  };
}

/** Gates i, o, f, c: `c' = f ⊙ c + i ⊙ g`, `h' = o ⊙ h(c')`; with coupled gates f is `1 - i`. */
function lstmCell(coupled: boolean): Cell {
  return (builder, layer, weights, [f, g, h], step) => {
    const { batch, hidden } = layer;
    const { state } = step;
    const c = state.c as Operand;
    const start = sizeOfX(step);
    const cellStart = start + batch * hidden;
    const peep = weights.peepholes;
    const order = coupled ? [0, 3] : [0, 2, 3];
    if (peep === null) order.push(1);
    /** Adds `p ⊙ c` to the rows of the gates that peep. */
    const withPeepholes = (rows: readonly SparseRow[], gates: readonly number[]): SparseRow[] =>
      rows.map((row, i) => {
        const gate = gates[Math.floor(i / hidden) % gates.length];
        if (peep === null || gate === 3) return row;
        const b = Math.floor(i / (gates.length * hidden));
        const n = i % hidden;
        return {
          ...row,
          at: [...row.at, cellStart + b * hidden + n],
          weight: [...row.weight, peep[gate * hidden + n]],
        };
      });
    const gate = (gates: readonly number[], cellState: Operand): Operand => {
      const rows = withPeepholes(gateRows(layer, weights, step, gates, start, 'state'), gates);
      const inputs = peep === null ? [step.x, state.h] : [step.x, state.h, cellState];
      const stacked = linearRows(builder, inputs, rows, [batch, gates.length * hidden]);
      const functions = gates.includes(3) ? [f, g] : [f];
      const which = Int32Array.from(rows, (_, i) => (gates[Math.floor(i / hidden) % gates.length] === 3 ? 1 : 0));
      return builder.unary(stacked, functions, functions.length === 1 ? null : which);
    };
    const stacked = gate(order, c);
    const place = (g: number) => gateOf(builder, layer, stacked, order.indexOf(g));
    const nextC = coupled
      ? add(builder, c, multiply(builder, place(0), sub(builder, place(3), c)))
      : updateCell(builder, layer, stacked, order, c);
    const o = peep === null ? place(1) : gate([1], nextC);
    return { h: mul(builder, o, builder.unary(nextC, [h])), c: nextC };
  };
}

/** `f ⊙ c + i ⊙ g` as one sum of two products per element. */
function updateCell(
  builder: GraphBuilder,
  layer: Layer,
  stacked: Operand,
  order: readonly number[],
  c: Operand,
): Operand {
  const { batch, hidden } = layer;
  const size = batch * hidden;
  const place = (g: number) => gateOf(builder, layer, stacked, order.indexOf(g));
  if (isZero(c)) return multiply(builder, place(0), place(3));
  if (c.kind === 'const') return add(builder, mul(builder, place(2), c), mul(builder, place(0), place(3)));
  const flat = (x: Operand) => ({ ...x, shape: [size] }) as Operand;
  const both = (a: Operand, b: Operand) =>
    builder.gather(
      [flat(a), flat(b)],
      Int32Array.from({ length: 2 * size }, (_, i) => i),
      new Float64Array(),
      [2 * size],
    );
  const pairs = Int32Array.from({ length: 2 * size }, (_, t) => (t % 2) * size + Math.floor(t / 2));
  const start = Int32Array.from({ length: size + 1 }, (_, i) => 2 * i);
  const terms = { start, left: pairs, right: pairs };
  return builder.bilinear(both(place(2), place(0)), both(c, place(3)), terms, [batch, hidden]);
}

/** The activations with the clip of the node put in front. */
function readFunctions(context: RuleContext, defaults: readonly string[]): ScalarFunction[][] {
  const directions = context.text('direction', 'forward') === 'bidirectional' ? 2 : 1;
  const functions = readActivations(context, directions, defaults);
  const clip = context.float('clip', Number.POSITIVE_INFINITY);
  if (clip === Number.POSITIVE_INFINITY) return functions;
  const clipped = call('min', call('max', X, constant(-clip)), constant(clip));
  // The third function, of an LSTM's cell state, sees it unclipped.
  return functions.map((list) => list.map((fn, i) => (i < 2 ? composeScalar(fn, clipped) : fn)));
}

const rnn: ImportRule = (context) => {
  const result = unroll(context, 1, readFunctions(context, ['Tanh']), rnnCell);
  return [result.y, result.h];
};

const gru: ImportRule = (context) => {
  const cell = gruCell(context.int('linear_before_reset', 0) !== 0);
  const result = unroll(context, 3, readFunctions(context, ['Sigmoid', 'Tanh']), cell);
  return [result.y, result.h];
};

/** An LSTM whose weights W and R are given here instead of by its inputs. */
export function lstmWith(context: RuleContext, weights?: RecurrentWeights): (Operand | undefined)[] {
  const cell = lstmCell(context.int('input_forget', 0) !== 0);
  const result = unroll(context, 4, readFunctions(context, ['Sigmoid', 'Tanh', 'Tanh']), cell, weights);
  return [result.y, result.h, result.c];
}

/** Recurrent layers, unrolled over their steps. */
export const recurrentRules: RuleRecord = { RNN: rnn, GRU: gru, LSTM: (context) => lstmWith(context) };
