import { groth16 } from 'snarkjs';
import type { Proof } from './proof.js';
import type { Prover } from './prove.js';
import { withSnarkjsCurve } from './snarkjs-curve.js';

/**
 * The reference backend.
 * @param threads `one` (a worker of a pool) or `all` (a lone proof; about 0.3 s more to start and end the threads)
 */
export function createSnarkjsProver(threads: 'one' | 'all' = 'one'): Prover {
  return {
    name: 'snarkjs',
    proveUnchecked: (key, wtns) =>
      withSnarkjsCurve(threads, async () => {
        const { proof, publicSignals } = await groth16.prove(key.zkey, wtns);
        return { proof: proof as Proof, publicSignals };
      }),
    close: async () => {},
  };
}
