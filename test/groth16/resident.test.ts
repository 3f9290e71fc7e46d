import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { limitReports, PROOF_PHASES, type ProofProgress } from '../../src/groth16/progress.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { cubicCircuit, mlCircuit, randomCircuit } from './ml-circuit.js';
import { loadProofFixture } from './proof-fixture.js';

const circuits = {
  'of three constraints': () => cubicCircuit(3n),
  'with negative, full-size values': () => cubicCircuit(-12345678901234567890n),
  'whose witness is zero but for the constants': () => cubicCircuit(0n),
  'of quantized layers': () => mlCircuit(1500),
  'that fills its domain but for one row': () => randomCircuit(1021, 7),
  'of random full-size values': () => randomCircuit(300, 5),
  'with thousands of random full-size values': () => randomCircuit(1500, 9),
};

describe('resident prover', () => {
  for (const [name, make] of Object.entries(circuits)) {
    it(`proves what snarkjs proves and verifies, for a circuit ${name}`, async () => {
      const { r1cs, witness } = make();
      const { zkey, verificationKey } = await createDevKey(r1cs);
      const key = await openProvingKey(zkey);
      const wtns = writeWtns(witness);
      const ours = await prove(createResidentProver(), key, wtns);
      const theirs = await prove(createSnarkjsProver(), key, wtns);
      expect(ours.publicSignals).to.deep.equal(theirs.publicSignals);
      const accepted = await withSnarkjsCurve('one', () =>
        groth16.verify(verificationKey, ours.publicSignals, ours.proof),
      );
      expect(accepted).to.equal(true);
    });
  }

  it('refuses a false witness', async () => {
    const { key, circuit } = await loadProofFixture('network');
    const prover = createResidentProver();
    for (const wire of [1, 2, 5, circuit.witness.length - 1]) {
      const wrong = circuit.witness.map((value, index) => (index === wire ? value + 1n : value));
      const error = await prove(prover, key, writeWtns(wrong)).catch((thrown: unknown) => thrown);
      expect(error, `wire ${wire}`).to.include({ code: 'PROOF_REJECTED' });
    }
  });

  it('draws new randomness for each proof, and stays correct from proof to proof and from key to key', async () => {
    const prover = createResidentProver();
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      for (const name of ['network', 'cubic'] as const) {
        const { key, wtns } = await loadProofFixture(name);
        const { proof, publicSignals } = await prove(prover, key, wtns);
        expect(await verifyProof(key.verificationKey, publicSignals, proof)).to.deep.equal({ valid: true });
        seen.add(proof.pi_a.join()).add(proof.pi_b.join()).add(proof.pi_c.join());
      }
    }
    expect(seen.size).to.equal(18);
  });

  it('reports every part of a proof, in the order of the work and in shares that grow to one', async () => {
    const { r1cs, witness } = randomCircuit(1500, 9);
    const key = await openProvingKey((await createDevKey(r1cs)).zkey);
    const reports: ProofProgress[] = [];
    await prove(createResidentProver(), key, writeWtns(witness), (progress) => reports.push(progress));
    const phases = [...new Set(reports.map(({ phase }) => phase))];
    expect(phases).to.deep.equal(PROOF_PHASES.filter((phase) => phase !== 'witness'));
    const fractions = reports.map(({ fraction }) => fraction);
    expect(fractions).to.deep.equal([...fractions].sort((a, b) => a - b));
    expect([fractions[0], fractions.at(-1)]).to.deep.equal([0, 1]);
    // The last step is not yet done where it is reported, and all others are.
    expect(fractions.at(-2)).to.be.within(0.9, 0.9999);
  });

  it('lets at most one report through in a tenth of a second', async () => {
    const through: ProofProgress[] = [];
    const report = limitReports((progress) => through.push(progress));
    for (let i = 0; i < 1000; i++) report({ phase: 'H', fraction: i / 1000 });
    expect(through).to.deep.equal([{ phase: 'H', fraction: 0 }]);
    await new Promise((resolve) => setTimeout(resolve, 110));
    report({ phase: 'verify', fraction: 1 });
    expect(through).to.have.length(2);
  });
});
