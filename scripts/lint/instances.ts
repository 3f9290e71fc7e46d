import { emitCircom } from '../../src/circuit/emit-circom.js';
import { type CircuitOptions, lowerCircuit } from '../../src/circuit/lower.js';
import { splitModel } from '../../src/circuit/weights/architecture.js';
import type { QuantGraph } from '../../src/quantize/ir.js';
import { buildPrivateDense } from '../../test/circuit/private-model.js';
import { QuantModel } from '../../test/circuit/quant-model.js';
import { buildRandomModel } from '../../test/circuit/random-model.js';

/** A circuit that uses some of the templates, as `compile` would write it. */
export interface Instance {
  readonly name: string;
  readonly text: string;
}

/** Circuits that use every template of `circuits/` between them. */
export function listInstances(): Instance[] {
  // Each value is read whole by what follows: what nobody reads the compiler would remark on, rightly.
  const chains: readonly (readonly [number, readonly string[]])[] = [
    [41, ['requantize', 'argmax']],
    [42, ['max', 'requantize', 'bilinear']],
    [43, ['dense', 'staircase']],
    [44, ['trees']],
    [45, ['dense', 'lookup']],
    [46, ['dense', 'isZero']],
    [47, ['dense', 'nonNegative']],
    [48, ['topk']],
  ];
  const instance = (name: string, graph: QuantGraph, options: CircuitOptions = {}) => ({
    name,
    text: emitCircom(lowerCircuit(graph, options)),
  });
  return [
    ...chains.map(([seed, steps]) => instance(`chain_${seed}`, buildRandomModel(seed, steps))),
    instance('bound', buildRandomModel(45, ['requantize']), { statement: 'bound', input: 'committed' }),
    instance('hidden', buildRandomModel(45, ['requantize']), { input: 'private' }),
    instance('private_weights', splitModel(buildPrivateDense(1)).architecture, { weights: 'private' }),
    instance('constant', neverActive()),
    instance('repeated', passedOn()),
    instance('wide', wideElements()),
    instance('stairs', manySteps()),
  ];
}

/** An output that no input changes. */
function neverActive(): QuantGraph {
  const model = new QuantModel();
  const x = model.input('x', 2, 8);
  model.output('never', model.requantize(model.dense(x, [[1, 1]], [-2000]), 4, 8));
  return model.finish();
}

/** An output that is an input: nothing but copies. */
function passedOn(): QuantGraph {
  const model = new QuantModel();
  model.output('same', model.input('x', 1, 8));
  return model.finish();
}

/** A function of so many steps that polynomials of the level are the cheaper form. */
function manySteps(): QuantGraph {
  const model = new QuantModel();
  const x = model.dense(model.input('x', 2, 8), [[97, 31]], [5]);
  const thresholds = Float64Array.from({ length: 120 }, (_, i) => 100 + i * 250 + (i % 7));
  model.output('y', model.node({ kind: 'staircase', inputs: [x], steps: [{ base: 0, thresholds }], which: null }));
  return model.finish();
}

/** Elements of several bytes, some of them across the border of a limb. */
function wideElements(): QuantGraph {
  const model = new QuantModel();
  const x = model.input('x', 11, 24);
  model.output('same', x);
  return model.finish();
}
