import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadModel, rowsSpecOf } from '../../src/pipeline/load-model.js';
import { quantizeModel } from '../../src/pipeline/quantize-model.js';
import { readRows } from '../../src/rows/read-rows.js';

const folder = fileURLToPath(new URL('../../examples/models/', import.meta.url));
const names = readdirSync(folder);

/** The score that a sample's README states for the rows of its test.json. */
function readStatedScore(name: string): number {
  const row = /the \d+ rows of `test\.json` \| (-?[\d.]+) \|/.exec(readFileSync(`${folder}${name}/README.md`, 'utf8'));
  if (row === null) throw new Error(`${name}: the README states no score`);
  return Number(row[1]);
}

describe('the sample models', () => {
  it('are the five that scripts/train makes', () => {
    const script = readFileSync(new URL('../../scripts/train/train.py', import.meta.url), 'utf8');
    const made = Array.from(script.matchAll(/"([a-z]+-[a-z-]+)"/g), (match) => match[1]);
    expect(names.sort()).to.deep.equal(made.sort());
  });

  for (const name of names)
    it(`${name} scores what its README states, and keeps it as integers`, async () => {
      const path = `${folder}${name}/model.onnx`;
      const { graph } = await loadModel(path);
      const spec = rowsSpecOf(graph);
      const { report } = await quantizeModel({
        modelPath: path,
        calibration: await readRows(`${folder}${name}/calibration.json`, spec),
        test: await readRows(`${folder}${name}/test.json`, spec),
      });
      expect(report.reference).to.equal('onnxruntime');
      expect(report.floatScore).to.be.closeTo(readStatedScore(name), 1e-3);
      expect(report.integerScore).to.be.closeTo(report.floatScore as number, 0.02);
      if (report.metric === 'accuracy') expect(report.top1Agreement).to.be.at.least(0.98);
    });
});
