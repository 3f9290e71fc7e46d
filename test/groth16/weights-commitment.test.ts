import { expect } from 'chai';
import { R } from '../../src/core/field.js';
import { shareCurve } from '../../src/groth16/curve.js';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { putG1 } from '../../src/groth16/pairing-check.js';
import { readG1 } from '../../src/groth16/point-json.js';
import type { G1Json, ProofResult, VerificationKey } from '../../src/groth16/proof.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { checkWeights, commitWeights, drawScalar, foldWeights } from '../../src/groth16/weights-commitment.js';
import { writeWtnsBytes } from '../../src/groth16/wtns-file.js';
import { buildPrivateDense, compilePrivate } from '../circuit/private-model.js';
import { drawInputs } from '../circuit/random-model.js';

const LABEL = 'circuit, name and statement';

async function addPoints(a: G1Json, b: G1Json): Promise<G1Json> {
  const curve = await shareCurve();
  const [left, right] = [a, b].map(([x, y]) => putG1(curve, [BigInt(x), BigInt(y)], 'point'));
  curve.call.g1m_add(left, right, left);
  curve.call.g1m_toAffine(left, left);
  return readG1(curve, left);
}

describe('commitment to weights in the verification key', () => {
  const circuit = compilePrivate(buildPrivateDense(1));
  const count = circuit.packs.length + 1;
  const scalars = [...circuit.packs, 77n];
  let base: VerificationKey;
  let proved: ProofResult;
  /** Signals of the statement. */
  let stated: readonly string[];

  before(async function () {
    this.timeout(20_000);
    const { zkey, verificationKey } = await createDevKey(circuit.r1cs);
    base = verificationKey;
    const wtns = writeWtnsBytes(circuit.witness(drawInputs(circuit.architecture, 3)).bytes);
    const prover = createResidentProver();
    proved = await prove(prover, await openProvingKey(zkey), wtns);
    await prover.close();
    stated = proved.publicSignals.slice(0, base.nPublic - count);
  });

  it('makes a key of the statement alone, under which the proof of the whole system holds', async () => {
    const { point } = await commitWeights(base, scalars, LABEL);
    const key = await foldWeights(base, count, point);
    expect(key.nPublic).to.equal(stated.length);
    expect(await verifyProof(key, stated, proved.proof)).to.deep.equal({ valid: true });
    const other = stated.map((signal, i) => (i === 0 ? String((BigInt(signal) + 1n) % R) : signal));
    expect((await verifyProof(key, other, proved.proof)).valid).to.equal(false);
  });

  it('refuses a proof under the key of another model, and of the same model with another blinding', async () => {
    for (const own of [
      [(scalars[0] + 1n) % R, ...scalars.slice(1)],
      [...circuit.packs, 78n],
    ]) {
      const key = await foldWeights(base, count, (await commitWeights(base, own, LABEL)).point);
      expect((await verifyProof(key, stated, proved.proof)).valid).to.equal(false);
    }
  });

  it('hides: two commitments to one model have nothing in common', async () => {
    const [one, other] = await Promise.all(
      [drawScalar(), drawScalar()].map((blinding) => commitWeights(base, [...circuit.packs, blinding], LABEL)),
    );
    expect(one.point).to.not.deep.equal(other.point);
    expect(one.responses).to.not.deep.equal(other.responses);
  });

  it('accepts the proof of knowledge, and refuses it with anything changed', async () => {
    const good = await commitWeights(base, scalars, LABEL);
    expect(await checkWeights(base, count, good, LABEL)).to.deep.equal({ valid: true });
    const responses = good.responses.map((response, i) => (i === 1 ? String((BigInt(response) + 1n) % R) : response));
    const shifted = await addPoints(good.point, base.IC[1]);
    const bad: [string, unknown, number, typeof good, string][] = [
      ['another response', base, count, { ...good, responses }, LABEL],
      ['another point', base, count, { ...good, point: shifted }, LABEL],
      ['another nonce', base, count, { ...good, nonce: shifted }, LABEL],
      ['another label', base, count, good, 'another statement'],
      ['fewer responses', base, count - 1, { ...good, responses: good.responses.slice(1) }, LABEL],
      ['a response too many', base, count, { ...good, responses: [...good.responses, '1'] }, LABEL],
      [
        'a response that is not canonical',
        base,
        count,
        { ...good, responses: good.responses.map((z) => `0${z}`) },
        LABEL,
      ],
      ['a point off the curve', base, count, { ...good, point: ['1', '3', '1'] }, LABEL],
      ['another setup', { ...base, IC: base.IC.map((p, i) => (i === 0 ? base.IC[1] : p)) }, count, good, LABEL],
      ['a setup without contributions', { ...base, vk_delta_2: base.vk_gamma_2 }, count, good, LABEL],
      ['points that repeat', { ...base, IC: base.IC.map((p, i) => (i > 5 ? base.IC[5] : p)) }, count, good, LABEL],
      ['no key', null, count, good, LABEL],
      ['nothing to fold', base, 0, { ...good, responses: [] }, LABEL],
    ];
    for (const [what, key, size, commitment, label] of bad) {
      const verdict = await checkWeights(key, size, commitment, label);
      expect(verdict.valid, what).to.equal(false);
      expect(verdict.reason, what).to.be.a('string');
    }
  });

  it('shows why: a commitment shifted by a point of the statement accepts a statement of choice, and its proof is refused', async () => {
    const good = await commitWeights(base, scalars, LABEL);
    // IC_1 belongs to the first signal of the statement: with it in the commitment, that signal can be claimed one smaller.
    const point = await addPoints(good.point, base.IC[1]);
    const key = await foldWeights(base, count, point);
    const claimed = stated.map((signal, i) => (i === 0 ? String((BigInt(signal) - 1n + R) % R) : signal));
    expect(await verifyProof(key, claimed, proved.proof), 'the forgery').to.deep.equal({ valid: true });
    expect((await verifyProof(key, stated, proved.proof)).valid).to.equal(false);
    expect((await checkWeights(base, count, { ...good, point }, LABEL)).valid).to.equal(false);
    // Nor does an honest proof for the unshifted point help, with the challenge that the shifted one draws.
    const again = await commitWeights(base, scalars, LABEL);
    expect((await checkWeights(base, count, { ...again, point }, LABEL)).valid).to.equal(false);
  });
});
