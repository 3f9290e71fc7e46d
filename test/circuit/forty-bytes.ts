import { integersToBytes } from '../../src/core/limbs.js';
import { QuantModel, runModel } from './quant-model.js';

const INPUTS = 40;

/** A model of forty bytes in, which are two limbs, and three outputs of two bytes. */
function buildModel() {
  const model = new QuantModel();
  const x = model.input('x', INPUTS, 8);
  const rows = [0, 1, 2].map((r) => Array.from({ length: INPUTS }, (_, i) => ((i * 5 + r * 3) % 7) - 2));
  model.output('y', model.node({ kind: 'relu', inputs: [model.dense(x, rows, [1, 2, 3])] }));
  return model.finish();
}

export const graph = buildModel();

/** An input of it, and both sides as bytes. */
export const x = Array.from({ length: INPUTS }, (_, i) => (i * 41) % 256);
export const inputBytes = integersToBytes(x, 1);
export const outputBytes = integersToBytes(runModel(graph, { x }).y, 2);
