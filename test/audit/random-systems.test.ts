import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { inspectWitnesses } from './enumerate.js';
import { randomSystem } from './random-systems.js';

/** Systems whose assignments cannot all be visited within this many steps are left out. */
const SEARCH_LIMIT = 60_000;

/** Compares everything that an audit claims about a random system with all its assignments. */
function compare(seed: number, prime: number): 'proved' | 'refused' | 'unsatisfiable' | 'too large' {
  const s = randomSystem(seed, prime);
  const r1cs = s.r1cs();
  const names = s.names();
  const truth = inspectWitnesses(r1cs, prime, SEARCH_LIMIT);
  if (!truth.complete) return 'too large';
  // Declared so that the report lists the interval of every wire.
  const declared = names.slice(1).map((_, at) => ({ wire: at + 1, min: 0, max: 0 }));
  const report = auditR1cs(r1cs, { modulus: BigInt(prime), names, declared, maxFindings: 1000 });
  const where = `seed ${seed} over ${prime}`;
  const open = new Set([...report.undetermined, ...report.free]);
  for (const wire of truth.ambiguous) expect(open.has(wire), `${where}: ${names[wire]} is ambiguous`).to.equal(true);
  if (truth.count > 0)
    expect(
      report.findings.map(({ code }) => code),
      where,
    ).not.to.include('UNSATISFIABLE');
  for (const { wire, range } of report.declared.ranges) {
    if (!range) continue;
    const [min, max] = [BigInt(range.min), BigInt(range.max)];
    for (const value of truth.values[wire]) {
      const above = (((BigInt(value) - min) % BigInt(prime)) + BigInt(prime)) % BigInt(prime);
      expect(min + above <= max, `${where}: ${names[wire]} = ${value}, outside [${min}, ${max}]`).to.equal(true);
    }
  }
  if (truth.count === 0) return 'unsatisfiable';
  return report.outputs.determined === 1 ? 'proved' : 'refused';
}

describe('audit of random systems against exhaustive search', function () {
  this.slow(10_000);
  for (const [prime, systems] of [
    [13, 500],
    [31, 300],
    [61, 150],
  ]) {
    it(`claims nothing that some assignment over ${prime} contradicts`, () => {
      const counts = { proved: 0, refused: 0, unsatisfiable: 0, 'too large': 0 };
      for (let seed = 0; seed < systems; seed++) counts[compare(seed, prime)]++;
      // The comparison means something: many systems of both kinds, searched to the end.
      expect(counts.proved).to.be.greaterThan(systems / 10);
      expect(counts.refused).to.be.greaterThan(systems / 20);
    });
  }
});
