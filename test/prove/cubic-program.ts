import { isMainThread } from 'node:worker_threads';
import { ZkinferError } from '../../src/core/error.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import type { MakeWitness } from '../../src/prove/witness-program.js';
import { cubicCircuit } from '../groth16/ml-circuit.js';

let opened = 0;

/** Computes witnesses of the cubic circuit; the content is added to every input. */
export function openProgram(content: unknown): MakeWitness {
  const { offset } = content as { readonly offset: bigint };
  opened++;
  return async (input) => {
    const { x } = input as { readonly x: bigint };
    if (x < 0n) throw new ZkinferError({ code: 'TEST_NEGATIVE', kind: 'usage', message: 'x is negative' });
    if (x > 1000n) throw new TypeError('x is large');
    return { wtns: writeWtns(cubicCircuit(x + offset).witness), report: { isMainThread, opened } };
  };
}
