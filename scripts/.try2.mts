import { readFileSync } from 'node:fs';
import { GraphBuilder } from '../src/graph/builder.js';
import { RELU } from '../src/graph/scalar.js';
import { readOnnx } from '../src/onnx/read.js';
import { measureAccuracy } from '../src/quantize/accuracy.js';
import { traceFloat } from '../src/quantize/quantize.js';
import { inferReal, outputSpecs, searchPresets } from '../src/quantize/search.js';
import { readRows } from '../src/rows/read-rows.js';

for (const m of ['iris_mlp_relu', 'digits_mlp_relu', 'mnist14_mlp', 'marabou_mnist2x10']) {
  const d = '/work/shared/corpus/models/' + m;
  const model = readOnnx(readFileSync(d + '/model.onnx'));
  const b = new GraphBuilder();
  const inp = model.graph.inputs.filter((i) => !model.graph.initializers.has(i.name))[0];
  const shape = inp.dims!.map((x) => (typeof x === 'number' ? x : 1));
  let cur: any = b.input(inp.name, shape, 'float');
  for (const n of model.graph.nodes) {
    b.origin = { name: n.name || n.outputs[0], op: n.opType };
    if (n.opType === 'Gemm') {
      const W = (model.graph.initializers.get(n.inputs[1]) as any).tensor;
      const B = (model.graph.initializers.get(n.inputs[2]) as any).tensor;
      const tb = (n.attributes.get('transB') as any)?.value;
      const [N, K] = tb ? W.shape : [W.shape[1], W.shape[0]];
      const kernels = Array.from({ length: N }, (_, j) =>
        Float64Array.from({ length: K }, (_, k) => (tb ? W.data[j * K + k] : W.data[k * N + j])),
      );
      cur = b.linear(
        [cur],
        {
          windows: [Int32Array.from({ length: K }, (_, i) => i)],
          kernels,
          rowWindow: new Int32Array(N),
          rowKernel: Int32Array.from({ length: N }, (_, i) => i),
          bias: Float64Array.from(B.data),
        },
        [1, N],
      );
    } else if (n.opType === 'Relu') cur = b.unary(cur, [RELU]);
  }
  const graph = b.finish([{ name: model.graph.outputs[0].name, value: cur.id }]);
  const spec = { inputs: graph.inputs.map((i) => ({ name: i.name, shape: graph.values[i.value].shape })) };
  const cal = await readRows(d + '/calibration.json', spec);
  const test = await readRows(d + '/test.json', spec);
  const rows = cal.rows.slice(0, 100);
  const trace = traceFloat(graph, rows);
  const c = searchPresets(graph, rows, trace);
  const acc = measureAccuracy(
    outputSpecs(graph),
    test.outputs as any,
    test.rows.map((r) => inferReal(c.graph, r)),
    test.labels as any,
  );
  console.log(
    m,
    c.options.activationBits,
    c.options.inputBits,
    c.accuracy.top1Agreement,
    c.accuracy.relativeError.toFixed(4),
    '|',
    acc.top1Agreement,
    acc.floatScore,
    acc.integerScore,
    acc.relativeError.toFixed(4),
    acc.maxAbsError,
  );
  for (const l of c.layers)
    console.log(
      '   ',
      l.layer,
      l.op,
      l.elements,
      'bits',
      l.bits,
      'rel',
      l.relativeError.toFixed(4),
      'sat',
      l.saturated?.toFixed(4),
    );
  for (const n of c.graph.nodes) {
    const v = c.graph.values[n.output];
    console.log(
      '    ',
      n.kind,
      n.layer,
      v.shape.join('x'),
      n.kind === 'requantize'
        ? `s ${Math.min(...n.shift)}..${Math.max(...n.shift)} k ${Math.min(...n.bits)}..${Math.max(...n.bits)}`
        : '',
      'range',
      Math.min(...v.min),
      Math.max(...v.max),
      'bits',
      Math.log2(Math.max(...v.max)).toFixed(1),
    );
  }
}
