import { R1csBuilder } from '../circuit/constraints.js';
import { createDevKey } from './dev-key.js';
import { openProvingKey, type Prover, prove } from './prove.js';
import { writeWtns } from './wtns-file.js';

/**
 * Lets a prover prove `y = x² + x` for two x and verifies: what a backend from outside must pass before it is used.
 * @throws ZkinferError what the prover or the verification of its proof says
 */
export async function testProver(prover: Prover): Promise<void> {
  const builder = new R1csBuilder();
  // Wires: one, y, x, x².
  builder.add([[2, 1n]], [[2, 1n]], [[3, 1n]]);
  builder.add(
    [
      [3, 1n],
      [2, 1n],
    ],
    [[0, 1n]],
    [[1, 1n]],
  );
  const r1cs = builder.finish({ wireCount: 4, outputCount: 1, publicInputCount: 0, privateInputCount: 1 });
  const key = await openProvingKey((await createDevKey(r1cs)).zkey);
  for (const x of [0n, 2n ** 100n]) await prove(prover, key, writeWtns([1n, x * x + x, x, x * x]));
}
