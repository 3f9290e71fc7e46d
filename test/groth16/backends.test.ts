import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { R } from '../../src/core/field.js';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { openProvingKey, type Prover, prove } from '../../src/groth16/prove.js';
import { createRapidsnarkProver } from '../../src/groth16/rapidsnark-prover.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { testProver } from '../../src/groth16/self-test.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { circuitCorpus } from './circuit-corpus.js';

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

describe('the backends make the same proof, byte for byte, when their blinding is the same', function () {
  this.timeout(30_000);
  const blinding = [R - 5n, 3n ** 150n % R];
  for (const [name, make] of Object.entries(circuitCorpus)) {
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
    const { r1cs, witness } = circuitCorpus['three constraints']();
    const key = await openProvingKey((await createDevKey(r1cs)).zkey);
    const provers: Prover[] = [createSnarkjsProver(), createResidentProver(), createResidentProver()];
    const proofs = [];
    for (const prover of provers) proofs.push(await prove(prover, key, writeWtns(witness)));
    for (const part of ['pi_a', 'pi_b', 'pi_c'] as const) {
      expect(new Set(proofs.map(({ proof }) => String(proof[part]))).size, part).to.equal(3);
    }
  });
});

/** A rapidsnark on this machine, by `ZKINFER_RAPIDSNARK` or on PATH; not part of what is installed. */
function findRapidsnark(): string | undefined {
  if (process.env.ZKINFER_RAPIDSNARK) return process.env.ZKINFER_RAPIDSNARK;
  const [found] = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'rapidsnark'))
    .filter((path) => existsSync(path));
  return found;
}

describe('rapidsnark, where there is one', function () {
  this.timeout(30_000);
  const binary = findRapidsnark();
  let prover: Prover;
  before(function () {
    if (!binary) {
      console.log('      skipped: no rapidsnark on PATH, and ZKINFER_RAPIDSNARK names none');
      this.skip();
    }
    // Many threads spin for one another where the machine is busy.
    process.env.OMP_NUM_THREADS ??= '1';
    prover = createRapidsnarkProver({ binary });
  });
  after(() => prover?.close());

  it('passes the self-test', () => testProver(prover));

  for (const [name, make] of Object.entries(circuitCorpus)) {
    it(`proves the same as snarkjs and our own, blinded anew each time, of ${name}`, async () => {
      const { r1cs, witness } = make();
      const key = await openProvingKey((await createDevKey(r1cs)).zkey);
      const wtns = writeWtns(witness);
      const [first, second, ours] = [
        await prove(prover, key, wtns),
        await prove(prover, key, wtns),
        await prove(createResidentProver(), key, wtns),
      ];
      expect(first.publicSignals).to.deep.equal(ours.publicSignals);
      for (const part of ['pi_a', 'pi_b', 'pi_c'] as const) {
        expect(new Set([first, second, ours].map(({ proof }) => String(proof[part]))).size, part).to.equal(3);
      }
    });
  }
});
