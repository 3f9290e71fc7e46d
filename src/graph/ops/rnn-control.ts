import { shapesEqual } from '../../core/tensor.js';
import { constOperand, type Operand } from '../builder.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { materialize } from './support/deferred.js';
import { where } from './support/logic.js';
import { concat, normalizeAxis, reshape, sliceAxis, unsqueeze } from './support/shape.js';

/** Bodies are copied once per iteration; more than this is a mistake or out of reach. */
const MAX_ITERATIONS = 4096;

/** Imports a body once, its results computed in full. */
function runBody(context: RuleContext, body: string, inputs: readonly Operand[]): Operand[] {
  return context.scope.inline(context.graph(body), inputs).map((result) => materialize(context.builder, result));
}

/** Slice `index` of `x` along an axis, the axis dropped. */
function sliceAt(context: RuleContext, x: Operand, axis: number, index: number): Operand {
  const slice = sliceAxis(context.builder, x, axis, index, 1);
  return reshape(
    slice,
    slice.shape.filter((_, a) => a !== axis),
  );
}

/** Stacks equal shapes along a new axis. */
function stack(context: RuleContext, parts: readonly Operand[], axis: number): Operand {
  if (parts.length === 0) return context.unsupported('a loop of no iterations collects outputs');
  const at = normalizeAxis(axis, parts[0].shape.length + 1);
  return concat(
    context.builder,
    parts.map((part) => unsqueeze(part, [at])),
    at,
  );
}

/** Runs the body over the slices of its scan inputs; the trip count is their extent. */
const scan: ImportRule = (context) => {
  if (context.version < 9) return context.unsupported('Scan before opset 9', 'export with opset 9 or later');
  const count = context.int('num_scan_inputs', 0);
  const inputs = context.inputsFrom(0);
  let states = inputs.slice(0, inputs.length - count);
  const scanned = inputs.slice(inputs.length - count);
  const inputAxes = context.ints('scan_input_axes');
  const inputDirections = context.ints('scan_input_directions');
  const axes = scanned.map((x, i) => normalizeAxis(inputAxes?.[i] ?? 0, x.shape.length));
  const steps = scanned[0]?.shape[axes[0]] ?? 0;
  if (scanned.some((x, i) => x.shape[axes[i]] !== steps))
    return context.unsupported('the scanned inputs differ in length');
  if (steps > MAX_ITERATIONS) return context.unsupported(`${steps} iterations, the most is ${MAX_ITERATIONS}`);
  const collected: Operand[][] = [];
  for (let step = 0; step < steps; step++) {
    const slices = scanned.map((x, i) => sliceAt(context, x, axes[i], inputDirections?.[i] ? steps - 1 - step : step));
    const results = runBody(context, 'body', [...states, ...slices]);
    states = results.slice(0, states.length);
    collected.push(results.slice(states.length));
  }
  const outputAxes = context.ints('scan_output_axes');
  const outputDirections = context.ints('scan_output_directions');
  const stacks = (collected[0] ?? []).map((_, k) => {
    const parts = collected.map((row) => row[k]);
    return stack(context, outputDirections?.[k] ? parts.reverse() : parts, outputAxes?.[k] ?? 0);
  });
  return [...states, ...stacks];
};

function readFlag(context: RuleContext, flag: Operand): boolean {
  if (flag.kind === 'const') return flag.data[0] !== 0;
  return context.unsupported(
    'the condition of the loop depends on the input',
    'export with a trip count known at export time',
  );
}

/** Runs the body a constant number of times, or until a condition known at import time ends it. */
const loop: ImportRule = (context) => {
  const trips = context.optionalScalar(0, 'the trip count') ?? Number.POSITIVE_INFINITY;
  let running = context.has(1) ? readFlag(context, context.input(1)) : true;
  let states = context.inputsFrom(2);
  const count = states.length;
  const collected: Operand[][] = [];
  for (let step = 0; running && step < trips; step++) {
    if (step >= MAX_ITERATIONS) return context.unsupported(`more than ${MAX_ITERATIONS} iterations`);
    const number = constOperand({ shape: [], type: 'int', data: Float64Array.of(step) });
    const condition = constOperand({ shape: [], type: 'bool', data: Float64Array.of(1) });
    const [flag, ...results] = runBody(context, 'body', [number, condition, ...states]);
    running = readFlag(context, flag);
    states = results.slice(0, count);
    collected.push(results.slice(count));
  }
  const stacked = context.node.outputs.length - count;
  const stacks = Array.from({ length: stacked }, (_, k) =>
    stack(
      context,
      collected.map((row) => row[k]),
      0,
    ),
  );
  return [...states, ...stacks];
};

/** One branch where the condition is constant, else a choice between the results of both. */
const conditional: ImportRule = (context) => {
  const condition = context.input(0);
  if (condition.kind === 'const') return runBody(context, condition.data[0] !== 0 ? 'then_branch' : 'else_branch', []);
  const yes = runBody(context, 'then_branch', []);
  const no = runBody(context, 'else_branch', []);
  return yes.map((a, i) => {
    if (!shapesEqual(a.shape, no[i].shape)) return context.unsupported('the two branches differ in shape');
    return where(context.builder, reshape(condition, []), a, no[i]);
  });
};

/** Control flow that is settled at import time. */
export const controlRules: RuleRecord = { Scan: scan, Loop: loop, If: conditional };
