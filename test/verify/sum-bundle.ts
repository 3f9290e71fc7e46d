import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { digestBytes } from '../../src/bundle/digest.js';
import type { Manifest } from '../../src/bundle/manifest.js';
import { R1csBuilder } from '../../src/circuit/constraints.js';
import { type FieldElement, R } from '../../src/core/field.js';
import { nameSignals } from '../../src/core/statement.js';
import { createDevKey } from '../../src/groth16/dev-key.js';
import type { VerificationKey } from '../../src/groth16/proof.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { makeProofFile, type ProofFile } from '../../src/verify/proof-file.js';

/**
 * A model small enough to write down: `y = x0 + x1` over bytes, with real keys and real proofs. Public signals: the
 * limb of input and output, the context. It has no range checks: it serves tests of the verifier, not of the circuit.
 */
export interface SumBundle {
  readonly manifest: Manifest;
  readonly verificationKey: VerificationKey;
  prove(x0: number, x1: number, context?: bigint): Promise<ProofFile>;
}

export async function makeSumBundle(): Promise<SumBundle> {
  const builder = new R1csBuilder();
  const one = [[0, 1n]] as const;
  builder.add(
    [
      [3, 65536n + 1n],
      [4, 256n + 1n],
    ],
    one,
    [[1, 1n]],
  );
  builder.add([[2, 1n]], [[2, 1n]], [[5, 1n]]);
  const r1cs = builder.finish({ wireCount: 6, outputCount: 1, publicInputCount: 1, privateInputCount: 2 });
  const { zkey, verificationKey } = await createDevKey(r1cs);
  const key = await openProvingKey(zkey);
  const manifest: Manifest = {
    format: 'zkinfer-bundle/1',
    name: 'sum',
    source: { name: 'sum.onnx', digest: digestBytes('sum') },
    tools: { zkinfer: '0.1.0' },
    artifacts: {
      qmodel: digestBytes('qmodel'),
      r1cs: digestBytes('r1cs'),
      provingKey: digestBytes(zkey),
      verificationKey: digestBytes(printCanonicalJson(verificationKey)),
    },
    statement: {
      form: 'packed',
      visibility: 'public',
      inputs: [
        { name: 'x', shape: [1, 2], scale: [0.5], zeroPoint: [10], bytesPerElement: 1, bits: 8, min: [0], max: [100] },
      ],
      outputs: [
        {
          name: 'y',
          shape: [1],
          scale: [0.5],
          zeroPoint: [20],
          bytesPerElement: 1,
          max: [200],
          labels: ['zero', 'one', 'two', 'three'],
          cut: 'softmax',
        },
      ],
      publicSignals: nameSignals(2, 1, { form: 'packed', visibility: 'public' }),
    },
    circuit: {
      engine: 'direct',
      overflow: 'saturate',
      flags: [],
      constraints: 2,
      wires: 6,
      layers: [{ name: 'sum', kind: 'linear', constraints: 2 }],
    },
    setup: { profile: 'dev', ptau: null, contributions: 1, beacon: false, overrides: [] },
  };
  return {
    manifest,
    verificationKey,
    async prove(x0, x1, context = 0n) {
      const values = [1, 65536 * x0 + 256 * x1 + x0 + x1, context, x0, x1, (context * context) % R].map(BigInt);
      const result = await prove(createSnarkjsProver(), key, writeWtns(values));
      const run = { inputs: { x: [x0, x1] }, outputs: { y: [x0 + x1] } };
      return makeProofFile(manifest, run, context as FieldElement, result);
    },
  };
}
