/**
 * Runs every single-operator case of the corpus through import, quantization and the integer evaluator, and with --circuit
 * through the circuit too (the witness must satisfy the constraints and equal the evaluator). Prints per operator how many
 * pass, come out beyond the tolerance, or are refused with a reason. Exits with 1 on a wrong answer; refusals are counted.
 *
 *     npm run conformance -- [operator …] [--circuit] [--reasons]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitR1cs } from '../src/circuit/emit-r1cs.js';
import { lowerCircuit } from '../src/circuit/lower.js';
import { computeWitness, readWire } from '../src/circuit/witness.js';
import { ZkinferError } from '../src/core/error.js';
import { R, toSigned } from '../src/core/field.js';
import { formatDiagnostic, tryImportGraph } from '../src/graph/import.js';
import type { Graph } from '../src/graph/ir.js';
import { optimizeGraph } from '../src/graph/passes/optimize.js';
import { readOnnx } from '../src/onnx/read.js';
import { evaluateQuant } from '../src/quantize/evaluate.js';
import { dequantize } from '../src/quantize/inputs.js';
import type { QuantGraph } from '../src/quantize/ir.js';
import { type RealRow, traceFloat } from '../src/quantize/quantize.js';
import { encodeRow, searchPresets } from '../src/quantize/search.js';
import { corpusRoot, dimsOf, type Entry, finishOutput, toElements } from '../test/graph/corpus.js';

interface Port {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: readonly Entry[];
}

interface Case {
  readonly name: string;
  readonly model_base64: string;
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

type Verdict = 'pass' | 'outside' | 'refused' | 'wrong';

/** Root mean square error over the spread of the expected output; the case's own row is all the calibration there is. */
const TOLERANCE = 0.02;

/** Elements of the largest tensor whose circuit is built. */
const LARGEST_CIRCUIT = 2000;

/** Error of an output relative to its spread; integers of an all-integer model must be equal. */
function outputError(given: ArrayLike<number>, port: Port, isExact: boolean): number {
  const expected = toElements(port.data, port.type);
  let [error, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isFinite(expected[i])) continue;
    error += (expected[i] - given[i]) ** 2;
    low = Math.min(low, expected[i]);
    high = Math.max(high, expected[i]);
  }
  if (expected.length === 0 || error === 0) return 0;
  if (isExact && !port.type.startsWith('float')) return 1;
  const spread = high > low ? high - low : Math.max(Math.abs(high), 1e-6);
  return Math.sqrt(error / expected.length) / spread;
}

/** What is wrong with the circuit of a graph on a row; null where nothing is. */
function findCircuitError(graph: QuantGraph, codes: Record<string, Float64Array>): string | null {
  const program = lowerCircuit(graph);
  const { r1cs, wireNames } = emitR1cs(program);
  const witness = computeWitness(program, codes, 7n);
  const known = evaluateQuant(graph, codes);
  for (const [id, atoms] of program.values) {
    const expected = known.get(id) as Float64Array;
    for (let i = 0; i < expected.length; i++) {
      // A sum that is folded into the next constraint has no wire of its own.
      if (atoms.wire[i] < 0) continue;
      const given = atoms.factor[i] * Number(toSigned(readWire(witness, atoms.wire[i]))) + atoms.offset[i];
      if (given !== expected[i]) return `value ${id}[${i}] is ${given} in the witness, ${expected[i]} in the evaluator`;
    }
  }
  const sum = (matrix: typeof r1cs.a, row: number) => {
    let total = 0n;
    for (let t = matrix.start[row]; t < matrix.start[row + 1]; t++)
      total += readWire(witness, matrix.wire[t]) * r1cs.coefficients[matrix.coefficient[t]];
    return total % R;
  };
  for (let row = 0; row < r1cs.constraintCount; row++)
    if ((sum(r1cs.a, row) * sum(r1cs.b, row) - sum(r1cs.c, row)) % R !== 0n) {
      const wire = r1cs.a.wire[r1cs.a.start[row]] ?? r1cs.c.wire[r1cs.c.start[row]];
      return `constraint ${row} is not satisfied (${wireNames[wire]})`;
    }
  return null;
}

function runCase(test: Case, withCircuit: boolean): { verdict: Verdict; reason: string } {
  const model = readOnnx(Buffer.from(test.model_base64, 'base64'));
  const report = tryImportGraph(model, { dims: dimsOf(test.inputs) });
  if (report.graph === undefined) {
    const reasons = report.diagnostics.filter((d) => d.severity === 'error').map(formatDiagnostic);
    return { verdict: 'refused', reason: reasons.join('; ') };
  }
  const graph: Graph = optimizeGraph(report.graph);
  const row: RealRow = Object.fromEntries(
    graph.inputs.map(({ name }) => [
      name,
      Float64Array.from(toElements(test.inputs[name].data, test.inputs[name].type)),
    ]),
  );
  const chosen = searchPresets(graph, [row], traceFloat(graph, [row]));
  const codes = encodeRow(chosen.graph, row);
  const known = evaluateQuant(chosen.graph, codes);
  const isExact = graph.inputs.every(({ value }) => graph.values[value].type !== 'float');
  for (const [index, output] of chosen.graph.outputs.entries()) {
    const port = test.outputs[output.name];
    if (port === undefined) continue;
    const real = dequantize(known.get(output.value) as Float64Array, chosen.graph.values[output.value]);
    const given = finishOutput(graph, graph.outputs[index], real);
    const error = outputError(given as number[], port, isExact);
    if (!(error <= TOLERANCE))
      return {
        verdict: error > 0.25 || Number.isNaN(error) ? 'wrong' : 'outside',
        reason: `${output.name} is off by ${(100 * error).toPrecision(3)} %: ${Array.from(given).slice(0, 6)} for ${port.data.slice(0, 6)}`,
      };
  }
  const isSmall = chosen.graph.values.every((value) => value.shape.reduce((a, b) => a * b, 1) <= LARGEST_CIRCUIT);
  const problem = withCircuit && isSmall ? findCircuitError(chosen.graph, codes) : null;
  return problem === null ? { verdict: 'pass', reason: '' } : { verdict: 'wrong', reason: problem };
}

/** The operators of ONNX and ai.onnx.ml that zkinfer promises: the share of their cases that pass is printed by itself. */
const promised = new Set(
  `Constant ConstantOfShape Identity Dropout Cast Flatten Reshape Squeeze Unsqueeze Transpose Concat Slice Split Gather
   GatherElements Pad Expand Tile Shape Size Range DepthToSpace SpaceToDepth Upsample Resize BatchNormalization ConvTranspose
   Gemm MatMul Conv Einsum AveragePool GlobalAveragePool ReduceMean ReduceSum Sum Mean Neg Add Sub Mul Div Relu LeakyRelu
   PRelu Clip Abs Sign Max Min MaxPool GlobalMaxPool ReduceMax ReduceMin ArgMax ArgMin TopK Greater GreaterOrEqual Less
   LessOrEqual Equal Not And Or Xor Where ThresholdedRelu HardSigmoid HardSwish Floor Ceil Round Pow ReduceProd
   ReduceSumSquare ReduceL1 ReduceL2 Sqrt Reciprocal Sigmoid Tanh Erf Gelu Exp Log Softplus Softsign Elu Selu Celu Mish Sin
   Cos Softmax LogSoftmax LayerNormalization InstanceNormalization GroupNormalization LpNormalization RMSNormalization RNN
   GRU LSTM Scan QuantizeLinear DequantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger TreeEnsemble
   TreeEnsembleClassifier TreeEnsembleRegressor LinearClassifier LinearRegressor SVMClassifier SVMRegressor Scaler Normalizer
   Binarizer OneHotEncoder LabelEncoder ArrayFeatureExtractor Imputer FeatureVectorizer ZipMap`.split(/\s+/),
);

/** Whether every operator of a case's file (`Slice_Squeeze` has two) is promised. */
function isPromised(ops: string): boolean {
  return ops.split('_').every((op) => promised.has(op));
}

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const totals: Record<Verdict, number> = { pass: 0, outside: 0, refused: 0, wrong: 0 };
const ofPromised = { pass: 0, cases: 0 };
for (const file of readdirSync(join(corpusRoot, 'ops')).sort()) {
  const op = file.replace('.json', '');
  if (wanted.length > 0 && !wanted.includes(op)) continue;
  const { cases } = JSON.parse(readFileSync(join(corpusRoot, 'ops', file), 'utf8')) as { cases: Case[] };
  const counts: Record<Verdict, number> = { pass: 0, outside: 0, refused: 0, wrong: 0 };
  const notes: string[] = [];
  for (const test of cases) {
    let result: ReturnType<typeof runCase>;
    try {
      result = runCase(test, flags.includes('--circuit'));
    } catch (cause) {
      const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      result =
        cause instanceof ZkinferError ? { verdict: 'refused', reason: cause.message } : { verdict: 'wrong', reason };
    }
    counts[result.verdict]++;
    totals[result.verdict]++;
    if (isPromised(op)) {
      ofPromised.cases++;
      if (result.verdict === 'pass') ofPromised.pass++;
    }
    if (result.verdict === 'wrong' || (flags.includes('--reasons') && result.verdict !== 'pass'))
      notes.push(`    ${result.verdict} ${test.name}: ${result.reason.slice(0, 500)}`);
  }
  const { pass, outside, refused, wrong } = counts;
  console.log(`${op.padEnd(24)} pass ${pass}  outside tolerance ${outside}  refused ${refused}  wrong ${wrong}`);
  for (const note of notes) console.log(note);
}
console.log(
  `${totals.pass} pass, ${totals.outside} outside the tolerance of ${100 * TOLERANCE} %, ${totals.refused} refused, ${totals.wrong} wrong`,
);
const share = (100 * ofPromised.pass) / ofPromised.cases;
console.log(`of the promised operators: ${ofPromised.pass} of ${ofPromised.cases} cases pass, ${share.toFixed(1)} %`);
process.exitCode = totals.wrong > 0 ? 1 : 0;
