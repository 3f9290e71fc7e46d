import { expect } from 'chai';
import { tryImportGraph } from '../../src/graph/import.js';
import { answer, importOrExplain } from './ops-corpus.js';
import { model, node, tensor } from './ops-model.js';

const errors = (subject: Parameters<typeof tryImportGraph>[0]) =>
  tryImportGraph(subject)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message)
    .join('\n');

describe('scatter, statistics of the row, quantized layers, outputs left out', () => {
  const scores = [['x', [2, 4]]] as const;
  const x = [3, 9, 1, 5, -1, -7, -2, -9];
  const zeros = tensor('zeros', [2, 4], new Array(8).fill(0));
  const top = (data: string, reduction?: string) =>
    model(
      scores,
      [
        node('TopK', ['x', 'k'], ['values', 'at']),
        node('ScatterElements', [data, 'at', 'values'], ['y'], { axis: 1, ...(reduction && { reduction }) }),
      ],
      ['y'],
      [zeros, tensor('k', [1], [2], 7)],
    );

  it('ScatterElements writes at computed indices, as gating by the best experts does', () => {
    const given = answer(importOrExplain(top('zeros')), { x }).y;
    expect(given).to.deep.equal([0, 9, 0, 5, -1, 0, -2, 0]);
  });

  it('ScatterElements at computed indices keeps or adds to the elements of computed data', () => {
    expect(answer(importOrExplain(top('x')), { x }).y).to.deep.equal(x);
    expect(answer(importOrExplain(top('x', 'add')), { x }).y).to.deep.equal([3, 18, 1, 10, -2, -7, -4, -9]);
    expect(errors(top('x', 'mul'))).to.contain('reduction mul at computed indices');
  });

  it('ScatterElements multiplies by every update of an element', () => {
    const subject = model(
      [['x', [1, 3]]],
      [node('ScatterElements', ['x', 'at', 'w'], ['y'], { axis: 1, reduction: 'mul' })],
      ['y'],
      [tensor('at', [1, 3], [1, 1, 2], 7), tensor('w', [1, 3], [2, 3, 5])],
    );
    expect(answer(importOrExplain(subject), { x: [7, 7, 7] }).y).to.deep.equal([7, 42, 35]);
  });

  it('BatchNormalization in training mode takes its statistics from the row', () => {
    const subject = model(
      [['x', [1, 1, 4]]],
      [
        node('BatchNormalization', ['x', 'one', 'zero', 'mean', 'one'], ['y', 'm', 'v'], {
          training_mode: 1,
          momentum: { kind: 'float', value: 0.75 },
        }),
      ],
      ['y', 'm', 'v'],
      [tensor('one', [1], [1]), tensor('zero', [1], [0]), tensor('mean', [1], [10])],
    );
    const { y, m, v } = answer(importOrExplain(subject), { x: [1, 3, 5, 7] }) as Record<string, number[]>;
    expect(m[0]).to.be.closeTo(0.75 * 10 + 0.25 * 4, 1e-9);
    expect(v[0]).to.be.closeTo(0.75 + 0.25 * 5, 1e-9);
    [1, 3, 5, 7].forEach((value, i) => {
      expect(y[i]).to.be.closeTo((value - 4) / Math.sqrt(5 + 1e-5), 1e-5);
    });
  });

  const bytes = (name: string, values: readonly number[]) =>
    tensor(name, values.length === 1 ? [] : [values.length], values, 2);

  it('a quantized average pool averages reals and rounds once', () => {
    const subject = model(
      [['x', [1, 1, 4], 'int']],
      [
        node('com.microsoft.QLinearAveragePool', ['x', 'sx', 'zx', 'sy', 'zy'], ['y'], {
          kernel_shape: [2],
          strides: [2],
        }),
      ],
      ['y'],
      [tensor('sx', [], [0.5]), bytes('zx', [4]), tensor('sy', [], [0.25]), bytes('zy', [10])],
    );
    // Reals (q - 4) / 2: -2, 1.5 and 3, 48; averages -0.25 and 25.5; codes 10 - 1 and 10 + 102.
    expect(answer(importOrExplain(subject), { x: [0, 7, 10, 100] }).y).to.deep.equal([9, 112]);
  });

  it('a product with quantized weights is the product with the weights that they stand for', () => {
    const w = [128, 136, 120, 144, 112, 130];
    const b = [0.5, -0.25];
    const subject = model(
      [['x', [1, 3]]],
      [node('com.microsoft.DynamicQuantizeMatMul', ['x', 'w', 'scale', 'zero', 'bias'], ['y'])],
      ['y'],
      [
        tensor('w', [3, 2], w, 2),
        tensor('scale', [2], [0.125, 0.25]),
        bytes('zero', [128, 130]),
        tensor('bias', [2], b),
      ],
    );
    const x = [1, -2, 3];
    const real = (row: number, column: number) => [0.125, 0.25][column] * (w[2 * row + column] - [128, 130][column]);
    const expected = b.map((bias, column) => x.reduce((sum, value, row) => sum + value * real(row, column), bias));
    expect(answer(importOrExplain(subject), { x }).y).to.deep.equal(expected);
  });

  it('a quantized softmax rounds the softmax of reals once', () => {
    const subject = model(
      [['x', [1, 3], 'int']],
      [node('com.microsoft.QLinearSoftmax', ['x', 'sx', 'zx', 'sy', 'zy'], ['y'], { axis: -1, opset: 13 })],
      ['y'],
      [tensor('sx', [], [0.5]), bytes('zx', [0]), tensor('sy', [], [1 / 256]), bytes('zy', [0])],
    );
    const powers = [2, 4, 0].map((q) => Math.exp(q / 2));
    const total = powers.reduce((a, b) => a + b);
    expect(answer(importOrExplain(subject), { x: [2, 4, 0] }).y).to.deep.equal(
      powers.map((power) => Math.round((256 * power) / total)),
    );
  });

  it('windows of constant size are constants', () => {
    const hann = (attributes: Record<string, number>) =>
      model(
        [['x', [4]]],
        [node('HannWindow', ['n'], ['w'], attributes), node('Mul', ['x', 'w'], ['y'])],
        ['y'],
        [tensor('n', [], [4], 7)],
      );
    const windowOf = (attributes: Record<string, number>) =>
      (answer(importOrExplain(hann(attributes)), { x: [1, 1, 1, 1] }).y as number[]).map((value) => +value.toFixed(9));
    expect(windowOf({})).to.deep.equal([0, 0.5, 1, 0.5]);
    expect(windowOf({ periodic: 0 })).to.deep.equal([0, 0.75, 0.75, 0]);
  });

  it('an LSTM with quantized weights is the LSTM with the weights that they stand for', () => {
    const integers = (count: number, seed: number) =>
      Array.from({ length: count }, (_, i) => ((i * 37 + seed) % 21) + 118);
    const [w, r] = [integers(2 * 8, 3), integers(2 * 8, 11)];
    const real = (list: readonly number[]) => list.map((q) => (q - 128) * 0.125);
    const transposed = (list: readonly number[]) =>
      Array.from({ length: 16 }, (_, i) => list[(i % 2) * 8 + Math.floor(i / 2)]);
    const inputs = [['x', [3, 1, 2]]] as const;
    const quantized = model(
      inputs,
      [
        node(
          'com.microsoft.DynamicQuantizeLSTM',
          ['x', 'w', 'r', '', '', '', '', '', 'scale', 'zero', 'scale', 'zero'],
          ['', 'y'],
          { hidden_size: 2 },
        ),
      ],
      ['y'],
      [
        tensor('w', [1, 2, 8], w, 2),
        tensor('r', [1, 2, 8], r, 2),
        tensor('scale', [1], [0.125]),
        tensor('zero', [1], [128], 2),
      ],
    );
    const plain = model(
      inputs,
      [node('LSTM', ['x', 'w', 'r'], ['', 'y'], { hidden_size: 2 })],
      ['y'],
      [tensor('w', [1, 8, 2], transposed(real(w))), tensor('r', [1, 8, 2], transposed(real(r)))],
    );
    const row = { x: [0.3, -0.7, 1.1, 0.2, -0.4, 0.9] };
    expect(answer(importOrExplain(quantized), row).y).to.deep.equal(answer(importOrExplain(plain), row).y);
  });

  it('an output that a rule does not compute is refused by name where it is read, and only there', () => {
    const nodes = [node('LayerNormalization', ['x', 'w'], ['y'], {}), node('Dropout', ['y'], ['z', 'mask'])];
    const norm = (outputs: readonly string[]) => model([['x', [1, 3]]], nodes, outputs, [tensor('w', [3], [1, 1, 1])]);
    expect(errors(norm(['z']))).to.equal('');
    const extra = model(
      [['x', [1, 4]]],
      [node('Relu', ['x'], ['y', 'surplus']), node('Neg', ['surplus'], ['z'])],
      ['z'],
    );
    expect(errors(extra)).to.contain('"surplus" is read, an output of y that is not supported');
    expect(errors(model([['x', [1, 4]]], [node('Relu', ['x'], ['y', 'surplus'])], ['surplus']))).to.contain(
      'the output is one of y that is not supported',
    );
  });

  it('an input without elements is a constant; a result that is not finite is refused', () => {
    const reduce = (op: string) => model([['x', [1, 0, 2]]], [node(op, ['x'], ['y'], { axes: [1] })], ['y']);
    const graph = importOrExplain(reduce('ReduceL1'));
    expect(graph.inputs).to.deep.equal([]);
    expect(answer(graph, {}).y).to.deep.equal([0, 0]);
    expect(errors(reduce('ReduceMin'))).to.contain('not finite');
  });
});
