import { expect } from 'chai';
import fc from 'fast-check';
import { sizeOf } from '../../src/core/tensor.js';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { importGraph } from '../../src/graph/import.js';
import { optimizeGraph } from '../../src/graph/passes/optimize.js';
import { verifyGraph } from '../../src/graph/verify.js';
import { readOnnx } from '../../src/onnx/read.js';
import { type AttributeValue, encodeModel, type Field, floatTensor, intTensor, valueInfo } from '../onnx/encode.js';
import { largestError } from './corpus.js';

/** One operator applied to a float input `x` and constant weights. */
interface Case {
  readonly op: string;
  readonly domain?: string;
  readonly shape: number[];
  /** Further inputs in order; '' is omitted. */
  readonly weights?: readonly (Field[] | '')[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
  readonly positive?: boolean;
}

const noise = (n: number, seed: number, positive = false) =>
  Array.from({ length: n }, (_, i) => {
    const value = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 1.9;
    return Math.fround(positive ? 0.05 + Math.abs(value) / 2.1 : value);
  });

/** An optional dependency: without it there is nothing to compare with. */
const ort = await import('onnxruntime-node').catch(() => undefined);

let weightNumber = 0;
const floats = (dims: number[], seed = 5) => floatTensor(`w${weightNumber++}`, dims, noise(sizeOf(dims), seed));
const ints = (values: number[], dims = [values.length]) => intTensor(`w${weightNumber++}`, dims, values);

function nameOf(fields: Field[]): string {
  return new TextDecoder().decode(encodeModel({ nodes: [], inputs: [fields], outputs: [] })).match(/w\d+/)?.[0] ?? '';
}

/** As `compare`; a configuration that onnxruntime itself refuses is left out of the property. */
async function compareWherePossible(test: Case): Promise<number> {
  try {
    return await compare(test);
  } catch (cause) {
    fc.pre(!(cause instanceof Error && cause.message.includes('Status Message')));
    throw cause;
  }
}

/** Largest relative error between our float graph and onnxruntime, optimized and not; Infinity where shapes differ. */
async function compare(test: Case): Promise<number> {
  if (ort === undefined) return Number.POSITIVE_INFINITY;
  const weights = test.weights ?? [];
  const names = weights.map((fields) => (fields === '' ? '' : nameOf(fields)));
  const file = encodeModel({
    nodes: [{ op: test.op, domain: test.domain, in: ['x', ...names], out: ['y'], attributes: test.attributes }],
    inputs: [valueInfo('x', test.shape)],
    outputs: ['y'],
    initializers: weights.filter((fields) => fields !== ''),
    opset: test.opset ?? 18,
    anyOutputShape: true,
    extraOpsets: test.domain === undefined ? [] : [[test.domain, 1]],
  });
  const x = noise(sizeOf(test.shape), 3, test.positive);
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4, graphOptimizationLevel: 'disabled' });
  const expected = (await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), test.shape) })).y;
  await session.release();
  const { graph } = importGraph(readOnnx(file), { cutSoftmax: false });
  let worst = 0;
  for (const candidate of [graph, optimizeGraph(graph)]) {
    verifyGraph(candidate);
    const { value } = candidate.outputs[0];
    if (candidate.values[value].shape.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY;
    const given = evaluateGraph(candidate, { x }).get(value) as Float64Array;
    worst = Math.max(worst, largestError(Array.from(given), Array.from(expected.data as Float32Array, Number)));
  }
  return worst;
}

describe('operators agree with onnxruntime', () => {
  before(function () {
    if (ort === undefined) this.skip();
  });

  const image = [1, 4, 6, 7];
  const plain =
    'Relu Sigmoid Tanh Softplus Softsign Erf Exp Abs Neg Sign Floor Ceil Round Sin Cos Tan Atan Sinh Cosh Asinh Elu Selu Celu ' +
    'ThresholdedRelu HardSigmoid HardSwish Mish LeakyRelu Softmax LogSoftmax Hardmax Identity ReduceLogSumExp ' +
    'ReduceSumSquare ReduceL1 ReduceL2 ReduceProd ArgMax ArgMin';
  const f = (value: number) => ({ float: value });
  const cases: Case[] = [
    ...plain.split(' ').map((op): Case => ({ op, shape: [2, 3, 4] })),
    ...['Sqrt', 'Log', 'Reciprocal', 'Asin', 'Acos', 'Atanh', 'ReduceLogSum'].map(
      (op): Case => ({ op, shape: [2, 3], positive: true }),
    ),
    { op: 'Gelu', shape: [3], opset: 20 },
    { op: 'Gelu', shape: [3], opset: 20, attributes: { approximate: 'tanh' } },
    { op: 'Gelu', domain: 'com.microsoft', shape: [2, 3] },
    ...([{}, { is_causal: 1 }, { scale: f(0.3), softcap: f(2) }] as Record<string, AttributeValue>[]).map(
      (attributes): Case => ({
        op: 'Attention',
        opset: 23,
        shape: [1, 4, 8],
        weights: [floats([1, 4, 8]), floats([1, 4, 8], 6)],
        attributes: { q_num_heads: 2, kv_num_heads: 2, ...attributes },
      }),
    ),
    { op: 'Attention', opset: 23, shape: [1, 4, 3, 2], weights: [floats([1, 2, 5, 2]), floats([1, 2, 5, 2], 6)] },
    {
      op: 'Attention',
      opset: 23,
      shape: [1, 2, 3, 2],
      weights: [floats([1, 2, 5, 2]), floats([1, 2, 5, 2], 6), floats([3, 5], 8)],
    },
    {
      op: 'SkipLayerNormalization',
      domain: 'com.microsoft',
      shape: [1, 3, 4],
      weights: [floats([1, 3, 4]), floats([4]), floats([4], 6), floats([4], 7)],
    },
    { op: 'FastGelu', domain: 'com.microsoft', shape: [2, 3], weights: [floats([3])] },
    { op: 'QuickGelu', domain: 'com.microsoft', shape: [2, 3] },
    { op: 'BiasGelu', domain: 'com.microsoft', shape: [2, 3], weights: [floats([3])] },
    {
      op: 'CDist',
      domain: 'com.microsoft',
      shape: [2, 3],
      weights: [floats([4, 3])],
      attributes: { metric: 'euclidean' },
    },
    {
      op: 'FusedMatMul',
      domain: 'com.microsoft',
      shape: [3, 2],
      weights: [floats([4, 3])],
      attributes: { transA: 1, transB: 1, alpha: f(0.5) },
    },
    {
      op: 'FusedConv',
      domain: 'com.microsoft',
      shape: [1, 2, 4, 4],
      weights: [floats([3, 2, 3, 3]), floats([3])],
      attributes: { activation: 'Relu', kernel_shape: [3, 3] },
    },
    {
      op: 'Gemm',
      shape: [3, 2],
      weights: [floats([4, 3]), floats([4])],
      attributes: { transA: 1, transB: 1, alpha: f(0.5), beta: f(2) },
    },
    { op: 'MatMul', shape: [2, 3, 4], weights: [floats([4, 5])] },
    { op: 'MatMul', shape: [2, 3, 4], weights: [floats([2, 4, 5])] },
    { op: 'MatMul', shape: [4], weights: [floats([4, 5])] },
    { op: 'MatMul', shape: [2, 3, 4], weights: [floats([4])] },
    { op: 'Einsum', shape: [2, 3, 4], weights: [floats([4, 5])], attributes: { equation: 'bij,jk->bki' } },
    { op: 'Einsum', shape: [2, 3, 4], attributes: { equation: '...ij->...ji' } },
    { op: 'Einsum', shape: [3, 3], attributes: { equation: 'ii->i' } },
    { op: 'Einsum', shape: [2, 3], weights: [floats([2, 3])], attributes: { equation: 'ij,ij->i' } },
    {
      op: 'Einsum',
      shape: [2, 3, 4],
      weights: [floats([4, 5]), floats([2, 5])],
      attributes: { equation: 'bij,jk,bk->bi' },
    },
    { op: 'Einsum', shape: [2, 3], weights: [floats([3]), floats([2])], attributes: { equation: 'ij,j,i' } },
    { op: 'DFT', shape: [2, 6, 1], attributes: { axis: 1, onesided: 1 }, opset: 17 },
    { op: 'DFT', shape: [2, 5, 3, 2], attributes: { axis: 1 }, opset: 17 },
    { op: 'DFT', shape: [2, 3, 5, 2], weights: ['', ints([-2], [])], attributes: { inverse: 1 }, opset: 20 },
    { op: 'DFT', shape: [1, 8, 1], weights: [ints([6], [])], opset: 20 },
    { op: 'STFT', shape: [2, 20, 1], weights: [ints([3], []), floats([8])], opset: 17 },
    {
      op: 'STFT',
      shape: [1, 17, 1],
      weights: [ints([4], []), '', ints([7], [])],
      attributes: { onesided: 1 },
      opset: 17,
    },
    ...['linear', 'nearest', 'cubic'].flatMap((mode) =>
      ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
        [0, 1].map((align_corners) => ({
          op: 'GridSample',
          shape: [2, 2, 4, 3],
          weights: [floatTensor('w903', [2, 3, 2, 2], noise(24, 9))],
          attributes: { mode, padding_mode, align_corners },
          opset: 20,
        })),
      ),
    ),
    // Edges of bins, where the outermost stand for infinity.
    { op: 'Less', shape: [2, 3], weights: [floatTensor('w901', [3], [0.5, 3.4e38, -3.4e38])], opset: 13 },
    { op: 'Greater', shape: [2, 3], weights: [floatTensor('w905', [], [-3.4e38])], opset: 13 },
    { op: 'GreaterOrEqual', shape: [2, 3], weights: [floatTensor('w902', [3], [0.5, 3.4e38, -3.4e38])], opset: 13 },
    { op: 'Pow', shape: [2, 3], weights: [floats([])], positive: true },
    { op: 'Clip', shape: [2, 3], weights: ['', floats([], 2)] },
    { op: 'PRelu', shape: [2, 3, 2], weights: [floats([3, 1])], opset: 16 },
    { op: 'Div', shape: [2, 3], weights: [floats([3])] },
    { op: 'Sub', shape: [2, 1, 3], weights: [floats([4, 1])] },
    { op: 'Max', shape: [2, 3], weights: [floats([3]), floats([2, 1], 8)] },
    { op: 'Min', shape: [2, 3], weights: [floats([3]), floats([2, 1], 8)] },
    { op: 'Mean', shape: [2, 3], weights: [floats([3])] },
    {
      op: 'BatchNormalization',
      shape: [2, 3, 4],
      weights: [floats([3]), floats([3], 2), floats([3], 4), floatTensor('w900', [3], [0.5, 1, 2])],
    },
    {
      op: 'LayerNormalization',
      shape: [2, 3, 4],
      weights: [floats([3, 4]), floats([3, 4], 2)],
      attributes: { axis: 1 },
    },
    { op: 'InstanceNormalization', shape: [2, 3, 4], weights: [floats([3]), floats([3], 2)] },
    { op: 'LpNormalization', shape: [2, 3, 4], attributes: { axis: 1, p: 1 } },
    { op: 'LpNormalization', shape: [2, 3, 4] },
    { op: 'LRN', shape: [1, 5, 2, 2], attributes: { size: 3 } },
    { op: 'MeanVarianceNormalization', shape: [2, 3, 2, 2] },
    { op: 'GlobalAveragePool', shape: image },
    { op: 'GlobalMaxPool', shape: image },
    { op: 'GlobalLpPool', shape: image },
    { op: 'LpPool', shape: image, attributes: { kernel_shape: [2, 3], strides: [2, 2], pads: [1, 0, 1, 0] } },
    { op: 'LpPool', shape: image, attributes: { kernel_shape: [2, 2], p: 3 } },
    { op: 'DepthToSpace', shape: [1, 8, 2, 3], attributes: { blocksize: 2, mode: 'CRD' } },
    { op: 'SpaceToDepth', shape: [1, 2, 4, 6], attributes: { blocksize: 2 } },
    { op: 'Pad', shape: [3, 4], weights: [ints([1, 2, 0, 1])], attributes: { mode: 'reflect' } },
    { op: 'Pad', shape: [3, 4], weights: [ints([1, 2, 0, 1])], attributes: { mode: 'edge' } },
    { op: 'Pad', shape: [3, 4], weights: [ints([1, -1, 0, 1]), floats([])] },
    { op: 'Tile', shape: [2, 3], weights: [ints([2, 3])] },
    { op: 'Expand', shape: [2, 1, 3], weights: [ints([4, 1, 2, 1])] },
    { op: 'Slice', shape: [5, 6], weights: [ints([4, -1]), ints([-6, -9]), ints([0, 1]), ints([-2, -3])] },
    { op: 'Gather', shape: [3, 4, 2], weights: [ints([2, -1, 0, 0], [2, 2])], attributes: { axis: 1 } },
    { op: 'GatherElements', shape: [3, 4], weights: [ints([2, 0, -1, 0, 1, 1], [2, 3])], attributes: { axis: 1 } },
    { op: 'GatherND', shape: [2, 3, 4], weights: [ints([0, 1, 1, 2], [2, 2])] },
    { op: 'GatherND', shape: [2, 3, 4], weights: [ints([1, 2], [2, 1])], attributes: { batch_dims: 1 } },
    {
      op: 'ScatterElements',
      shape: [3, 3],
      weights: [ints([1, 0, 2], [1, 3]), floats([1, 3])],
      attributes: { reduction: 'add' },
    },
    {
      op: 'ScatterElements',
      shape: [3, 3],
      weights: [ints([1, 0, 2], [1, 3]), floats([1, 3])],
      attributes: { reduction: 'mul' },
    },
    { op: 'ScatterND', shape: [4, 2], weights: [ints([3, 1], [2, 1]), floats([2, 2])] },
    { op: 'Trilu', shape: [2, 3, 4], attributes: { upper: 0 } },
    { op: 'CumSum', shape: [2, 3, 2], weights: [ints([1], [])], attributes: { exclusive: 1, reverse: 1 } },
    { op: 'ReverseSequence', shape: [4, 3], weights: [ints([4, 1, 3])] },
    { op: 'Upsample', shape: [1, 1, 2, 3], weights: [floatTensor('w901', [4], [1, 1, 2, 3])], opset: 9 },
    { op: 'ReduceMean', shape: [2, 3, 4], attributes: { axes: [0, -1], keepdims: 0 }, opset: 13 },
    { op: 'ReduceSum', shape: [2, 3, 4], weights: [ints([1])] },
    { op: 'Softmax', shape: [2, 3, 4], attributes: { axis: 1 }, opset: 11 },
  ];
  for (const test of cases)
    it(`${test.op} ${test.shape.join('×')} ${JSON.stringify(test.attributes ?? {})} opset ${test.opset ?? 18}`, async () =>
      expect(await compare(test)).to.be.below(2e-5));

  const spatial = (n: number) => fc.array(fc.integer({ min: 1, max: n }), { minLength: 2, maxLength: 2 });
  const pads = fc.array(fc.nat(1), { minLength: 4, maxLength: 4 });
  const autoPad = fc.constantFrom('SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET');
  const small = fc.integer({ min: 1, max: 2 });

  it('Conv with any stride, dilation, group and padding', () =>
    fc.assert(
      fc.asyncProperty(
        small,
        small,
        small,
        spatial(3),
        spatial(3),
        spatial(2),
        pads,
        autoPad,
        async (groups, inner, outer, kernel, strides, dilations, pad, auto) => {
          const padding: Record<string, AttributeValue> = auto === 'NOTSET' ? { pads: pad } : { auto_pad: auto };
          const dilated = auto.startsWith('SAME') ? [1, 1] : dilations;
          const attributes = { kernel_shape: kernel, strides, dilations: dilated, group: groups, ...padding };
          const weights = [floats([groups * outer, inner, ...kernel]), floats([groups * outer])];
          expect(
            await compareWherePossible({ op: 'Conv', shape: [1, groups * inner, 7, 6], weights, attributes }),
          ).to.be.below(2e-5);
        },
      ),
      { numRuns: 30 },
    ));

  it('ConvTranspose with any stride, dilation, group and padding', () =>
    fc.assert(
      fc.asyncProperty(
        small,
        small,
        small,
        spatial(3),
        spatial(3),
        spatial(2),
        pads,
        async (groups, inner, outer, kernel, strides, dilations, pad) => {
          const fits = kernel.every((k, axis) => (k - 1) * dilations[axis] + 1 > pad[axis] + pad[axis + 2] - 3);
          fc.pre(fits);
          const extra = strides.map((stride, axis) => (stride > 1 || dilations[axis] > 1 ? 1 : 0));
          const attributes = {
            kernel_shape: kernel,
            strides,
            dilations,
            group: groups,
            pads: pad,
            output_padding: extra.map((e, axis) => Math.min(e, Math.max(strides[axis], dilations[axis]) - 1)),
          };
          const weights = [floats([groups * inner, outer, ...kernel]), floats([groups * outer])];
          expect(
            await compareWherePossible({ op: 'ConvTranspose', shape: [1, groups * inner, 4, 5], weights, attributes }),
          ).to.be.below(2e-5);
        },
      ),
      { numRuns: 30 },
    ));

  it('MaxPool and AveragePool with any window', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('MaxPool', 'AveragePool'),
        spatial(3),
        spatial(3),
        pads,
        fc.nat(1),
        fc.nat(1),
        autoPad,
        async (op, kernel, strides, pad, ceil, include, auto) => {
          fc.pre(kernel.every((k, axis) => k > pad[axis] && k > pad[axis + 2]));
          // onnxruntime lets SAME padding become negative where a stride skips elements.
          fc.pre(!auto.startsWith('SAME') || kernel.every((k, axis) => k >= strides[axis]));
          const padding: Record<string, AttributeValue> =
            auto === 'NOTSET' ? { pads: pad, ceil_mode: ceil } : { auto_pad: auto };
          const counted: Record<string, AttributeValue> = op === 'AveragePool' ? { count_include_pad: include } : {};
          const attributes = { kernel_shape: kernel, strides, ...padding, ...counted };
          expect(await compareWherePossible({ op, shape: [1, 2, 7, 6], attributes, opset: 19 })).to.be.below(2e-5);
        },
      ),
      { numRuns: 40 },
    ));

  it('Resize in every mode', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('nearest', 'linear', 'cubic'),
        fc.constantFrom('asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'),
        fc.constantFrom('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'),
        spatial(9),
        async (mode, place, nearest, size) => {
          const attributes = { mode, coordinate_transformation_mode: place, nearest_mode: nearest };
          const weights = ['' as const, '' as const, ints([1, 1, ...size])];
          expect(
            await compareWherePossible({ op: 'Resize', shape: [1, 1, 4, 5], weights, attributes, opset: 13 }),
          ).to.be.below(2e-5);
        },
      ),
      { numRuns: 40 },
    ));
});
