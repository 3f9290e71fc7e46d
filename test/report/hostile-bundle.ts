import { join } from 'node:path';
import { digestBytes } from '../../src/bundle/digest.js';
import type { Json } from '../../src/bundle/qmodel.js';
import { writeQModel } from '../../src/bundle/qmodel-file.js';
import { compileBundle } from '../../src/pipeline/compile-bundle.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { QuantModel } from '../circuit/quant-model.js';

/** What a model file could try to slip into a page: tags, attributes' ends, entities, control and direction characters. */
export const HOSTILE = `</title></style></svg><script>alert(1)</script><img src=x onerror="alert(2)">' &lt; \u202e\u0007\n]]>`;

/** A small integer model all of whose names are hostile. */
export function makeHostileModel(): QuantGraph {
  const model = new QuantModel();
  const x = model.input(`in ${HOSTILE}`, 3, 4);
  const sums = model.node({
    kind: 'linear',
    layer: `layer ${HOSTILE}`,
    inputs: [x],
    map: {
      windows: [Int32Array.of(0, 1, 2)],
      kernels: [Float64Array.of(1, 2, 3), Float64Array.of(3, -2, 1)],
      rowWindow: Int32Array.of(0, 0),
      rowKernel: Int32Array.of(0, 1),
      bias: Float64Array.of(1, 2),
    },
  });
  const codes = model.node({
    kind: 'requantize',
    layer: `round ${HOSTILE}`,
    inputs: [sums],
    shift: Int32Array.of(2),
    bits: Int32Array.of(4),
  });
  model.output(`out ${HOSTILE}`, codes);
  const graph = model.finish();
  return { ...graph, outputs: graph.outputs.map((output) => ({ ...output, labels: [`a ${HOSTILE}`, HOSTILE] })) };
}

/** Compiles the hostile model into `folder/bundle`. @param report what its file claims to have measured */
export async function makeHostileBundle(folder: string, report: Readonly<Record<string, Json>>): Promise<string> {
  const qmodelPath = join(folder, 'hostile.qmodel.json');
  const source = { name: `model ${HOSTILE}`, digest: digestBytes('hostile') };
  await writeQModel(qmodelPath, { graph: makeHostileModel(), source, options: {}, report });
  const outDir = join(folder, 'bundle');
  await compileBundle({ qmodelPath, outDir, engine: 'direct' });
  return outDir;
}
