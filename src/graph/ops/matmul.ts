import { formatShape, type Shape, sizeOf, stridesOf } from '../../core/tensor.js';
import type { GraphBuilder, Operand } from '../builder.js';
import type { ImportRule, RuleRecord } from './rule.js';
import { stridedIndex } from './support/broadcast.js';
import { add, joinTypes, scaleBy } from './support/elementwise.js';
import { matmul } from './support/matmul.js';
import { transpose } from './support/shape.js';

const gemm: ImportRule = (context) => {
  const builder = context.builder;
  const side = (index: number, flag: string): Operand => {
    const operand = context.input(index);
    if (operand.shape.length !== 2)
      context.unsupported(`input ${index} has shape ${formatShape(operand.shape)}, a matrix is expected`);
    return context.int(flag, 0) !== 0 ? transpose(builder, operand, [1, 0]) : operand;
  };
  const scaled = (operand: Operand, factor: number) => (factor === 1 ? operand : scaleBy(builder, operand, factor));
  const product = scaled(matmul(builder, side(0, 'transA'), side(1, 'transB')), context.float('alpha', 1));
  const offset = context.optional(2);
  const beta = context.float('beta', 1);
  return offset === undefined || beta === 0 ? product : add(builder, product, scaled(offset, beta));
};

interface Subscripts {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Reads an Einsum equation; `…` becomes labels of its own, one per axis it stands for. */
function parseEquation(equation: string, shapes: readonly Shape[], fail: (reason: string) => never): Subscripts {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== shapes.length) return fail(`${terms.length} terms for ${shapes.length} inputs`);
  const widest = Math.max(
    0,
    ...terms.map((term, n) => (term.includes('...') ? shapes[n].length - term.replace('...', '').length : 0)),
  );
  const expand = (term: string, rank?: number): string[] => {
    const [before, after] = term.split('...');
    if (after === undefined) return [...before];
    const count = rank === undefined ? widest : rank - before.length - after.length;
    const dots = Array.from({ length: Math.max(0, count) }, (_, i) => `…${widest - count + i}`);
    return [...before, ...dots, ...after];
  };
  const operands = terms.map((term, n) => expand(term, shapes[n].length));
  operands.forEach((labels, n) => {
    if (labels.length !== shapes[n].length) fail(`the term "${terms[n]}" does not fit ${formatShape(shapes[n])}`);
  });
  if (right !== undefined) return { operands, output: expand(right) };
  const all = operands.flat();
  const implicit = [...new Set(all)].filter(
    (label) => label.startsWith('…') || all.filter((l) => l === label).length === 1,
  );
  return {
    operands,
    output: implicit.sort((a, b) => (a < b ? -1 : 1)).sort((a, b) => Number(b[0] === '…') - Number(a[0] === '…')),
  };
}

const einsum: ImportRule = (context) => {
  const inputs = context.inputsFrom(0);
  const equation = context.text('equation', '');
  const { operands, output } = parseEquation(
    equation,
    inputs.map((operand) => operand.shape),
    (reason) => context.unsupported(`equation "${equation}": ${reason}`),
  );
  const one: Operand = { kind: 'const', shape: [], type: inputs[0].type, data: Float64Array.of(1) };
  if (inputs.length === 1) return contract(context.builder, inputs[0], operands[0], one, [], output);
  // From the left, two at a time; a label is summed once no later operand has it.
  let [product, labels] = [inputs[0], operands[0]];
  for (let n = 1; n < inputs.length; n++) {
    const later = new Set([...output, ...operands.slice(n + 1).flat()]);
    const isLast = n === inputs.length - 1;
    const kept: readonly string[] = isLast
      ? output
      : [...new Set([...labels, ...operands[n]])].filter((label) => later.has(label));
    product = contract(context.builder, product, labels, inputs[n], operands[n], kept);
    labels = kept;
  }
  return product;
};

/** `y[output] = Σ a[…] · b[…]` over the labels that the output lacks. */
function contract(
  builder: GraphBuilder,
  a: Operand,
  aLabels: readonly string[],
  b: Operand,
  bLabels: readonly string[],
  output: readonly string[],
): Operand {
  const extents = new Map<string, number>();
  for (const [labels, shape] of [[aLabels, a.shape] as const, [bLabels, b.shape] as const])
    labels.forEach((label, axis) => {
      extents.set(label, Math.max(extents.get(label) ?? 1, shape[axis]));
    });
  const summed = [...extents.keys()].filter((label) => !output.includes(label));
  const extentOf = (labels: readonly string[]) => labels.map((label) => extents.get(label) as number);
  const indexOf = (labels: readonly string[], shape: Shape, over: readonly string[]) => {
    const strides = stridesOf(shape);
    const step = over.map((label) =>
      labels.reduce((sum, own, axis) => sum + (own === label && shape[axis] > 1 ? strides[axis] : 0), 0),
    );
    return stridedIndex(extentOf(over), step, 0);
  };
  const rows = sizeOf(extentOf(output));
  const count = sizeOf(extentOf(summed));
  const flat = (labels: readonly string[], shape: Shape) => {
    const outer = indexOf(labels, shape, output);
    const inner = indexOf(labels, shape, summed);
    const index = new Int32Array(rows * count);
    for (let row = 0; row < rows; row++) for (let t = 0; t < count; t++) index[row * count + t] = outer[row] + inner[t];
    return index;
  };
  const left = flat(aLabels, a.shape);
  const shape = extentOf(output);
  if (b.kind === 'const' && bLabels.length === 0 && count === 1)
    return builder.gather([a], left, new Float64Array(), shape, a.type);
  const start = Int32Array.from({ length: rows + 1 }, (_, row) => row * count);
  return builder.bilinear(a, b, { start, left, right: flat(bLabels, b.shape) }, shape, joinTypes(a, b));
}

export const matmulRules: RuleRecord = {
  MatMul: (context) => matmul(context.builder, context.input(0), context.input(1)),
  Gemm: gemm,
  Einsum: einsum,
};
