import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { satisfies } from '../../src/audit/counterexample.js';
import { PrimeField } from '../../src/audit/field.js';
import { inspectWitnesses } from './enumerate.js';
import { buildSmall, declaredRanges, SMALL_GADGETS } from './small-gadgets.js';

describe('audit of small gadgets against exhaustive search', () => {
  for (const gadget of SMALL_GADGETS) {
    it(`proves ${gadget.name}, and search finds no second output`, () => {
      const s = buildSmall(gadget);
      const r1cs = s.r1cs();
      const field = new PrimeField(s.modulus);
      for (const inputs of gadget.inputs) {
        const witness = s.witness(inputs);
        expect(satisfies(r1cs, witness, field), `honest witness of ${inputs}`).to.equal(true);
        const expected = [gadget.expect(...inputs)].flat().map((value) => field.reduce(BigInt(value)));
        expect(witness.slice(1, 1 + r1cs.outputCount)).to.deep.equal(expected);
      }
      const report = auditR1cs(r1cs, { modulus: s.modulus, names: s.names(), declared: declaredRanges(gadget, s) });
      expect(report.findings.map(({ message }) => message)).to.deep.equal([]);
      expect(report.proved).to.equal(true);
      const truth = inspectWitnesses(r1cs, gadget.prime);
      expect(truth.complete).to.equal(true);
      expect(truth.count).to.be.at.least(gadget.inputs.length);
      const outputs = Array.from({ length: r1cs.outputCount }, (_, at) => at + 1);
      expect(outputs.filter((wire) => truth.ambiguous.has(wire))).to.deep.equal([]);
    });
  }
});
