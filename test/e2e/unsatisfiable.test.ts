import { expect } from 'chai';
import type { QModel } from '../../src/bundle/qmodel.js';
import { compileBundle, writeQModel } from '../../src/index.js';
import { QuantModel } from '../circuit/quant-model.js';
import { useScratchFolder } from '../groth16/scratch.js';

describe('a model that always leaves its calibrated range', () => {
  const scratch = useScratchFolder();

  it('compiles where values are clamped, and is refused by name where they must not be', async () => {
    const model = new QuantModel();
    const x = model.input('x', 1, 4);
    // One element is at most 15 where x is at most 1, the other where x is at least 14.
    model.output('y', model.requantize(model.dense(x, [[1], [-1]], [14, 29]), 0, 4));
    const source: QModel['source'] = { name: 'model.onnx', digest: `sha256:${'00'.repeat(32)}` };
    const qmodelPath = scratch.path('m.qmodel.json');
    await writeQModel(qmodelPath, { graph: model.finish(), source, options: {}, report: {} });
    const compile = (overflow: 'saturate' | 'assert') =>
      compileBundle({ qmodelPath, outDir: scratch.path(overflow), engine: 'direct', overflow }).then(
        ({ audit }) => audit,
        (error: { code?: string }) => error.code,
      );
    expect(await compile('saturate')).to.equal('proved');
    expect(await compile('assert')).to.equal('CIRCUIT_UNSATISFIABLE');
  });
});
