import { expect } from 'chai';
import { R } from '../../src/core/field.js';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { openProvingKey, type Prover, prove } from '../../src/groth16/prove.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { cubicCircuit, mlCircuit, randomCircuit, type TestCircuit } from './ml-circuit.js';

/** The scalar field of the curve that snarkjs proves with. */
interface SnarkjsField {
  random(): unknown;
  e(value: bigint): unknown;
}

/** Lets snarkjs draw given scalars instead of random ones. */
async function withBlinding<T>(scalars: readonly bigint[], work: () => Promise<T>): Promise<T> {
  const field = await withSnarkjsCurve('one', async () => {
    return (globalThis as unknown as { curve_bn128: { Fr: SnarkjsField } }).curve_bn128.Fr;
  });
  let drawn = 0;
  field.random = () => field.e(scalars[drawn++]);
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(field, 'random');
    expect(drawn, 'scalars drawn').to.equal(scalars.length);
  }
}

const corpus: Record<string, () => TestCircuit> = {
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

describe('the backends make the same proof, byte for byte, when their blinding is the same', function () {
  this.timeout(30_000);
  const blinding = [R - 5n, 3n ** 150n % R];
  for (const [name, make] of Object.entries(corpus)) {
    it(`of ${name}`, async () => {
      const { r1cs, witness } = make();
      const key = await openProvingKey((await createDevKey(r1cs)).zkey);
      const wtns = writeWtns(witness);
      const theirs = await withBlinding(blinding, () => prove(createSnarkjsProver(), key, wtns));
      const left = [...blinding];
      const ours = await prove(createResidentProver({ drawScalar: () => left.shift() as bigint }), key, wtns);
      expect(ours).to.deep.equal(theirs);
      expect(ours.publicSignals).to.deep.equal(witness.slice(1, 1 + key.publicCount).map(String));
    });
  }

  it('and other proofs of the same when it is drawn, as it always is', async () => {
    const { r1cs, witness } = corpus['three constraints']();
    const key = await openProvingKey((await createDevKey(r1cs)).zkey);
    const provers: Prover[] = [createSnarkjsProver(), createResidentProver(), createResidentProver()];
    const proofs = [];
    for (const prover of provers) proofs.push(await prove(prover, key, writeWtns(witness)));
    for (const part of ['pi_a', 'pi_b', 'pi_c'] as const) {
      expect(new Set(proofs.map(({ proof }) => String(proof[part]))).size, part).to.equal(3);
    }
  });
});
