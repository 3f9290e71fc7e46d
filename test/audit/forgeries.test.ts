import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import { findCounterexample, satisfies } from '../../src/audit/counterexample.js';
import { PrimeField } from '../../src/audit/field.js';
import type { AuditOptions } from '../../src/audit/report.js';
import { addPolynomials, findRoots, multiplyPolynomials, type Polynomial } from './field-roots.js';
import { absolute, argmaxByHint, boolean, lowBits, rangeCheck, rangeCheckPlain, weigh } from './gadgets.js';
import { add, constant, type Lc, lc, Sketch, scale, sub } from './sketch.js';

const one = constant(1);
const field = new PrimeField();

function audit(s: Sketch, options: AuditOptions = {}) {
  return auditR1cs(s.r1cs(), { names: s.names(), ...options });
}

/** The audit refuses the circuit, and the search turns that into a second output for honest inputs. */
function expectForged(s: Sketch, inputs: readonly number[]): ReturnType<typeof findCounterexample> {
  const report = audit(s);
  expect(report.proved).to.equal(false);
  expect(report.findings[0].code).to.equal('OUTPUT_UNDETERMINED');
  const witness = s.witness(inputs);
  expect(satisfies(s.r1cs(), witness)).to.equal(true);
  const found = findCounterexample(s.r1cs(), report, witness);
  expect(found?.changesOutput).to.equal(true);
  expect(satisfies(s.r1cs(), found!.witness)).to.equal(true);
  const first = 1 + s.r1cs().outputCount;
  expect(found!.witness.slice(first, first + inputs.length)).to.deep.equal(witness.slice(first, first + inputs.length));
  return found;
}

describe('known forgeries', () => {
  it('refuses a dense layer whose remainder has no range: 1000 where the truth is 4', () => {
    const s = new Sketch();
    const x = s.inputs(2);
    const sum = lc([3, x[0]], [5, x[1]]);
    const y = s.output('y', (v) => v(sum) / 10n);
    const r = s.hint('r', (v) => v(sum) % 10n);
    s.constrain(one, lc([10, y], [1, r]), sum);
    expectForged(s, [10, 2]);
    const forged = s.witness([10, 2]);
    expect(forged[s.wire(y)]).to.equal(4n);
    forged[s.wire(y)] = 1000n;
    forged[s.wire(r)] = field.reduce(40n - 10_000n);
    expect(satisfies(s.r1cs(), forged)).to.equal(true);
  });

  it('refuses a remainder with a range as wide as twice the divisor', () => {
    const s = new Sketch();
    const x = s.input('x');
    const q = s.output('q', (v) => v(x) / 8n);
    const r = s.hint('r', (v) => v(x) % 8n);
    s.constrain(one, lc([8, q], [1, r]), x);
    rangeCheck(s, r, 4);
    rangeCheck(s, q, 8);
    expectForged(s, [100]);
  });

  it('refuses a ReLU that reads the sign from 254 bits: ReLU(5) = 0', () => {
    const s = new Sketch();
    const x = s.input('x');
    const bits = rangeCheckPlain(s, x, 254);
    const y = s.output('y', (v) => v(x) * (1n - v(bits[253])));
    s.constrain(x, sub(one, bits[253]), y);
    expect(audit(s).findings.map(({ code }) => code)).to.include('FIELD_WRAP');
    const forged = expectForged(s, [5]);
    expect(forged!.witness[s.wire(y)]).to.equal(0n);
  });

  it('proves the same ReLU on 253 bits', () => {
    const s = new Sketch();
    const x = s.input('x');
    const bits = rangeCheckPlain(s, add(x, constant(1n << 252n)), 253);
    const y = s.output('y', (v) => v(x) * v(bits[252]));
    s.constrain(x, bits[252], y);
    expect(audit(s).proved).to.equal(true);
  });

  it('refuses a quotient so wide that it wraps around the field', () => {
    const s = new Sketch();
    const x = s.input('x');
    const q = s.output('q', (v) => v(x) / 1000n);
    const r = s.hint('r', (v) => v(x) % 1000n);
    s.constrain(one, lc([1000, q], [1, r]), x);
    rangeCheck(s, q, 250, 'q');
    rangeCheck(s, r, 10, 'r');
    rangeCheck(s, sub(constant(999), r), 10, 's');
    expectForged(s, [123_456]);
  });

  it('refuses an argmax that leaves ties open', () => {
    const s = new Sketch();
    s.outputOf('index', argmaxByHint(s, s.inputs(3), 8, false));
    const forged = expectForged(s, [7, 9, 9]);
    expect(forged!.witness[1]).to.equal(2n);
  });

  it('refuses a boolean whose constraint is missing', () => {
    const s = new Sketch();
    const x = s.input('x');
    const bits = lowBits(s, x, 4);
    const loose = s.hint('loose', (v) => (v(x) >> 4n) & 1n);
    s.constrain(one, add(weigh(bits), scale(16, loose)), x);
    s.outputOf('y', bits[0]);
    expectForged(s, [21]);
  });

  it('refuses a selection by a flag that nothing ties to the value', () => {
    const s = new Sketch();
    const x = s.input('x');
    const flag = s.hint('flag', (v) => (v(x) > 0n ? 1n : 0n));
    boolean(s, flag);
    const y = s.output('y', (v) => v(flag) * v(x));
    s.constrain(flag, x, y);
    expectForged(s, [5]);
  });

  it('refuses a zero test with one of its two constraints', () => {
    for (const kept of [0, 1]) {
      const s = new Sketch();
      const x = s.input('x');
      const inverse = s.hint('inv', (v) => (v(x) === 0n ? 0n : s.inverse(v(x))));
      const t = s.output('t', (v) => (v(x) === 0n ? 1n : 0n));
      if (kept === 0) s.constrain(x, inverse, sub(one, t));
      else s.constrain(t, x, constant(0));
      expectForged(s, [kept === 0 ? 5 : 0]);
    }
  });

  it('refuses an input whose declared range nothing enforces', () => {
    const s = new Sketch();
    const x = s.input('x');
    s.outputOf('y', absolute(s, x, 8));
    const wire = s.wire(x);
    const report = audit(s, { declared: [{ wire, min: 0, max: 255 }] });
    expect(report.proved).to.equal(false);
    expect(report.findings.map(({ code, signal }) => [code, signal])).to.deep.equal([['RANGE_NOT_PROVED', 'x']]);
    expect(report.outputs.determined).to.equal(1);
  });

  it('refuses an input that no constraint mentions', () => {
    const s = new Sketch();
    s.input('unused');
    s.outputOf('y', s.input('x'));
    const report = audit(s);
    expect(report.findings.map(({ code, signal }) => [code, signal])).to.deep.equal([
      ['INPUT_UNCONSTRAINED', 'unused'],
    ]);
  });

  it('refuses an input that occurs only where it cancels or is multiplied by 0', () => {
    const s = new Sketch();
    const unused = s.input('unused');
    s.constrain(unused, constant(0), constant(0));
    s.constrain(one, unused, unused);
    s.outputOf('y', s.input('x'));
    expect(audit(s).findings.map(({ code, signal }) => [code, signal])).to.deep.equal([
      ['INPUT_UNCONSTRAINED', 'unused'],
    ]);
  });

  it('refuses a statement that packs inputs without holding them to their bytes', () => {
    const build = (checked: boolean) => {
      const s = new Sketch();
      const x = s.inputs(2);
      const packed = s.outputOf('packed', lc([256, x[0]], [1, x[1]]));
      s.outputOf('y', lc([3, x[0]], [5, x[1]]));
      if (checked) for (const own of x) rangeCheck(s, own, 8);
      return { s, given: [s.wire(packed)] };
    };
    const good = build(true);
    expect(audit(good.s, { given: good.given }).proved).to.equal(true);
    const { s, given } = build(false);
    expect(audit(s).proved, 'outputs are a function of the private inputs').to.equal(true);
    const report = audit(s, { given });
    expect(report.proved).to.equal(false);
    expect(report.findings.map(({ code }) => code)).to.include.members(['INPUT_UNDETERMINED', 'OUTPUT_UNDETERMINED']);
    const witness = s.witness([1, 2]);
    const found = findCounterexample(s.r1cs(), report, witness);
    expect(found!.witness[given[0]]).to.equal(witness[given[0]]);
    expect(found!.changesOutput).to.equal(true);
  });
});

describe('the packed lookup forgery', () => {
  // Limbs are looked up by one equation at a challenge that depends on their packed value only. Packing is injective for
  // limbs already known to be in range, and that is what the lookup was to show.
  const LIMB = 16;

  /**
   * `y_j = x_j mod 16` for two inputs: limbs low_j and high_j = (x_j - low_j) / 16 looked up in 0 … 15.
   * @param inRange the limbs are held to four bits beside the lookup, too
   */
  function build(inRange = false) {
    const s = new Sketch();
    const x = s.inputs(2);
    const low = x.map((own, at) => s.output(`y[${at}]`, (v) => v(own) % 16n));
    const high = x.map((own, at) => scale(s.inverse(16n), sub(own, low[at])));
    const limbs = [...low, ...high];
    if (inRange) for (const [at, limb] of limbs.entries()) rangeCheck(s, limb, 4, `bits${at}`);
    const packed = s.hint('packed', (v) =>
      limbs.reduce((sum, limb, at) => sum + v(limb) * BigInt(LIMB) ** BigInt(at), 0n),
    );
    s.constrain(one, lc(...limbs.map((limb, at) => [BigInt(LIMB) ** BigInt(at), limb] as const)), packed);
    const square = s.product('square', add(packed, constant(7)), add(packed, constant(7)));
    const fourth = s.product('fourth', square, square);
    const challenge = s.product('challenge', fourth, add(packed, constant(7)));
    const poles = limbs.map((limb, at) => {
      const pole = s.hint(`pole[${at}]`, (v) => s.inverse(v(challenge) + v(limb)));
      s.constrain(pole, add(challenge, limb), one);
      return pole;
    });
    const rows = Array.from({ length: LIMB }, (_, t) => {
      const count = s.hint(`count[${t}]`, (v) => limbs.filter((limb) => v(limb) === BigInt(t)).length);
      const row = s.hint(`row[${t}]`, (v) => v(count) * s.inverse(v(challenge) + BigInt(t)));
      s.constrain(row, add(challenge, constant(t)), count);
      return row;
    });
    s.constrain(one, add(...poles), add(...rows));
    return { s, low, high, challenge, poles };
  }

  it('is not proved', () => {
    const { s } = build();
    const report = audit(s);
    expect(report.proved).to.equal(false);
    expect(report.outputs.determined).to.equal(0);
  });

  it('withstands every change of a single wire', () => {
    const { s } = build();
    const r1cs = s.r1cs();
    const witness = s.witness([37, 210]);
    expect(satisfies(r1cs, witness)).to.equal(true);
    for (let wire = 1; wire < r1cs.wireCount; wire++) {
      for (const step of [1n, -1n, 16n]) {
        const changed = witness.slice();
        changed[wire] = field.reduce(changed[wire] + step);
        expect(satisfies(r1cs, changed), `wire ${wire}`).to.equal(false);
      }
    }
  });

  it('falls to one root of a polynomial: other outputs, the same packed value and challenge', () => {
    const { s, low, high, challenge, poles } = build();
    const r1cs = s.r1cs();
    for (let first = 1; first < 40; first++) {
      const honest = s.witness([first, 210]);
      const at = (signal: Lc) =>
        [...signal].reduce((sum, [own, factor]) => sum + factor * honest[s.wire(new Map([[own, 1n]]))], 0n);
      // low_0 moves by 16 t and low_1 by -t, so that the packed value stays; the limbs' poles must add up to the same.
      const steps = [16n, -1n];
      const moves: Polynomial[] = [
        ...low.map((limb, j): Polynomial => [at(challenge) + at(limb), steps[j]]),
        ...high.map((limb, j): Polynomial => [at(challenge) + at(limb), -steps[j] * field.invert(16n)]),
      ];
      const target = poles.reduce((sum, pole) => sum + at(pole), 0n);
      let polynomial: Polynomial = moves.reduce(multiplyPolynomials).map((value) => -target * value);
      moves.forEach((_, skip) => {
        const others = moves.filter((_, k) => k !== skip).reduce(multiplyPolynomials);
        polynomial = addPolynomials(polynomial, others);
      });
      // t = 0 is the honest witness; a root beside it is a forgery.
      const root = findRoots(polynomial).find((value) => value !== 0n);
      if (root === undefined) continue;
      const forged = honest.slice();
      low.forEach((limb, j) => {
        forged[s.wire(limb)] = field.reduce(forged[s.wire(limb)] + steps[j] * root);
      });
      poles.forEach((pole, k) => {
        forged[s.wire(pole)] = field.invert(moves[k][0] + moves[k][1] * root);
      });
      expect(satisfies(r1cs, forged)).to.equal(true);
      expect(forged[1]).not.to.equal(honest[1]);
      expect(forged[s.wire(challenge)]).to.equal(honest[s.wire(challenge)]);
      return;
    }
    expect.fail('no input with a second root');
  });

  it('is proved once the limbs are in range before they are packed', () => {
    const { s } = build(true);
    expect(satisfies(s.r1cs(), s.witness([37, 210]))).to.equal(true);
    const report = audit(s);
    expect(report.outputs.determined).to.equal(2);
    expect(report.proved).to.equal(true);
  });
});
