import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importGraph } from '/work/main/src/graph/import.js';
import { readOnnx } from '/work/main/src/onnx/read.js';
import { measureAccuracy } from '/work/main/src/quantize/accuracy.js';
import { traceFloat } from '/work/main/src/quantize/quantize.js';
import { inferReal, outputSpecs, searchPresets } from '/work/main/src/quantize/search.js';
import { readRows } from '/work/main/src/rows/read-rows.js';

let optimize: any = (g: any) => g;
try {
  optimize = (await import('/work/main/src/graph/passes/optimize.js')).optimizeGraph;
} catch (e) {
  try {
    optimize = (await import('/work/main/src/graph/optimize.js')).optimizeGraph;
  } catch {
    console.log('no passes');
  }
}
const D = '/work/shared/corpus/models';
const only = process.argv[2] ?? '';
const verbose = process.argv.includes('-v');
for (const m of readdirSync(D)) {
  if (only && !only.split(',').some((o) => m.includes(o))) continue;
  if (only === '' && /kws/.test(m)) continue;
  const d = join(D, m);
  const t0 = Date.now();
  try {
    const model = readOnnx(readFileSync(join(d, 'model.onnx')), {
      externalData: (l: string) => readFileSync(join(d, l)),
    });
    const { graph: g0, inputs } = importGraph(model) as any;
    const graph = optimize(g0);
    const spec = {
      inputs: graph.inputs.map((i: any) => ({
        name: i.name,
        shape: graph.values[i.value].shape,
        type: graph.values[i.value].type,
      })),
    };
    const cal = await readRows(join(d, 'calibration.json'), spec);
    const test = await readRows(join(d, 'test.json'), spec);
    const rows = cal.rows.slice(0, 200);
    const trace = traceFloat(graph, rows);
    const t1 = Date.now();
    const c = searchPresets(graph, rows, trace);
    const t2 = Date.now();
    const specs = outputSpecs(graph).filter((o) => test.outputs?.[0]?.[o.name] !== undefined);
    const acc = measureAccuracy(
      specs,
      test.outputs as any,
      test.rows.map((r) => inferReal(c.graph, r)),
      test.labels as any,
    );
    console.log(
      m.padEnd(32),
      c.options.activationBits,
      c.options.inputBits,
      'cal',
      c.accuracy.top1Agreement,
      c.accuracy.relativeError.toFixed(4),
      '| test agree',
      acc.top1Agreement,
      'float',
      acc.floatScore?.toFixed(4),
      'int',
      acc.integerScore?.toFixed(4),
      'rel',
      acc.relativeError.toFixed(4),
      'max',
      acc.maxAbsError.toPrecision(3),
      `${t1 - t0}+${t2 - t1}ms`,
      'nodes',
      c.graph.nodes.length,
    );
    if (verbose) {
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
        );
      }
    }
  } catch (e: any) {
    console.log(
      m.padEnd(32),
      'FAIL',
      (verbose ? e.stack : e.message).toString().slice(0, 600),
      (e.facts ?? []).slice(0, 3).join(' | ').slice(0, 300),
    );
  }
}
