import { R } from '../../src/core/field.js';
import { cubicCircuit, mlCircuit, randomCircuit, type TestCircuit } from './ml-circuit.js';

/** Circuits with witnesses that all provers must agree on: full and nearly empty domains, short and full-size values. */
export const circuitCorpus: Record<string, () => TestCircuit> = {
  'three constraints': () => cubicCircuit(3n),
  'a negative value': () => cubicCircuit(-7n),
  'the largest value': () => cubicCircuit(R - 1n),
  zeros: () => cubicCircuit(0n),
  'quantized layers': () => mlCircuit(900),
  'wide quantized layers': () => mlCircuit(3000, 5, { width: 32, bits: 30 }),
  'a domain that is full but for one row': () => randomCircuit(125, 7),
  'one constraint': () => randomCircuit(1, 3),
  'many public signals': () => randomCircuit(40, 11, 30),
  'thousands of full-size values': () => randomCircuit(1300, 13),
};
