import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { Q, R } from '../../src/core/field.js';
import { verifyProof } from '../../src/groth16/verify.js';
import { verifyMany } from '../../src/groth16/verify-many.js';
import { loadProofFixture, type ProofFixture } from './proof-fixture.js';

type Json = Record<string, unknown>;

/** A copy of `json` with the entry at `path` replaced. */
function replaceAt(json: unknown, path: readonly (string | number)[], change: (old: unknown) => unknown): unknown {
  if (path.length === 0) return change(json);
  const copy = (Array.isArray(json) ? [...json] : { ...(json as Json) }) as Json;
  copy[path[0]] = replaceAt(copy[path[0]], path.slice(1), change);
  return copy;
}

/** Every coordinate of a proof. */
const coordinates: (string | number)[][] = [
  ['pi_a', 0],
  ['pi_a', 1],
  ['pi_b', 0, 0],
  ['pi_b', 0, 1],
  ['pi_b', 1, 0],
  ['pi_b', 1, 1],
  ['pi_c', 0],
  ['pi_c', 1],
];

describe('strict verification', () => {
  let fixture: ProofFixture;
  let cubic: ProofFixture;
  before(async () => {
    fixture = await loadProofFixture('network');
    cubic = await loadProofFixture('cubic');
  });

  async function expectRefusal(publicSignals: unknown, proof: unknown, reason?: RegExp, key?: unknown): Promise<void> {
    const verdict = await verifyProof(key === undefined ? fixture.verificationKey : key, publicSignals, proof);
    expect(verdict.valid, inspect([publicSignals, proof, key])).to.equal(false);
    expect(verdict.reason).to.be.a('string').and.not.equal('');
    if (reason) expect(verdict.reason).to.match(reason);
  }

  it('accepts a true proof, also after a round trip through JSON', async () => {
    const { verificationKey, result } = fixture;
    expect(await verifyProof(verificationKey, result.publicSignals, result.proof)).to.deep.equal({ valid: true });
    const copy = JSON.parse(JSON.stringify({ verificationKey, ...result }));
    expect(await verifyProof(copy.verificationKey, copy.publicSignals, copy.proof)).to.deep.equal({ valid: true });
  });

  it('refuses the proof for any other public signals', async () => {
    const { result } = fixture;
    for (let index = 0; index < result.publicSignals.length; index++) {
      const changed = result.publicSignals.map((signal, at) =>
        at === index ? ((BigInt(signal) + 1n) % R).toString() : signal,
      );
      await expectRefusal(changed, result.proof, /pairing/);
    }
    await expectRefusal(cubic.result.publicSignals, fixture.result.proof, /pairing/, cubic.verificationKey);
  });

  it('V1 refuses JSON that is not exactly a proof', async () => {
    const { publicSignals, proof } = fixture.result;
    const without = (name: string) => Object.fromEntries(Object.entries(proof).filter(([key]) => key !== name));
    const malformed: unknown[] = [
      null,
      undefined,
      0,
      '',
      'proof',
      [],
      {},
      [proof],
      { ...proof, extra: 1 },
      { ...proof, protocol: 'plonk' },
    ];
    malformed.push(
      { ...proof, curve: 'bls12381' },
      { ...proof, pi_a: [] },
      { ...proof, pi_a: {} },
      { ...proof, pi_b: proof.pi_a },
    );
    malformed.push(...Object.keys(proof).map(without));
    malformed.push(
      replaceAt(proof, ['pi_a', 2], () => '0'),
      replaceAt(proof, ['pi_b', 2], () => ['0', '1']),
    );
    malformed.push(
      replaceAt(proof, ['pi_a', 2], () => '2'),
      { ...proof, pi_c: [...proof.pi_c, '1'] },
    );
    malformed.push(
      { ...proof, pi_c: proof.pi_c.slice(0, 2) },
      replaceAt(proof, ['pi_b', 0], (old) => [...(old as string[]), '0']),
    );
    for (const bad of malformed) await expectRefusal(publicSignals, bad);
  });

  it('V1 answers within 50 ms, whatever the length of the input', async () => {
    const { publicSignals, proof } = fixture.result;
    const started = performance.now();
    const long = '1'.repeat(5_000_000);
    await expectRefusal([long, ...publicSignals.slice(1)], proof, /canonical/);
    await expectRefusal(
      publicSignals,
      replaceAt(proof, ['pi_a', 0], () => long),
      /canonical/,
    );
    await expectRefusal(new Array(1_000_000).fill('1'), proof, /entries/);
    expect(performance.now() - started).to.be.below(150);
  });

  it('V2 refuses every other way of writing a coordinate', async () => {
    const { publicSignals, proof } = fixture.result;
    const encodings: ((value: bigint) => unknown)[] = [
      (value) => (value + Q).toString(),
      (value) => `0x${value.toString(16)}`,
      (value) => ` ${value}`,
      (value) => `${value}\n`,
      (value) => `0${value}`,
      (value) => `+${value}`,
      (value) => (value - Q).toString(),
      (value) => `${value}n`,
      (value) => `${value}.0`,
      (value) => Number(value),
      (value) => value,
      () => '',
      () => null,
      () => [],
    ];
    for (const path of coordinates) {
      for (const encode of encodings) {
        await expectRefusal(
          publicSignals,
          replaceAt(proof, path, (old) => encode(BigInt(old as string))),
          /canonical|string|order/,
        );
      }
    }
  });

  it('V3 refuses points off the curve, outside the subgroup, and infinity', async () => {
    const { publicSignals, proof } = fixture.result;
    for (const path of coordinates) {
      const moved = replaceAt(proof, path, (old) => ((BigInt(old as string) + 1n) % Q).toString());
      await expectRefusal(publicSignals, moved, /not on the curve/);
    }
    await expectRefusal(publicSignals, { ...proof, pi_b: pointOutsideSubgroup() }, /not in the subgroup/);
    for (const name of ['pi_a', 'pi_c']) {
      await expectRefusal(publicSignals, { ...proof, [name]: ['0', '1', '0'] }, /affine/);
      await expectRefusal(publicSignals, { ...proof, [name]: ['0', '0', '1'] }, /curve/);
    }
    const infinity = [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ];
    await expectRefusal(publicSignals, { ...proof, pi_b: infinity }, /affine/);
  });

  it('V4 refuses public signals that are not exactly a list of scalars', async () => {
    const { publicSignals, proof } = fixture.result;
    const [first, ...rest] = publicSignals;
    const lists: unknown[] = [
      [],
      {},
      '',
      [''],
      [[], []],
      null,
      undefined,
      0,
      rest,
      [...publicSignals, '0'],
      [null, ...rest],
    ];
    lists.push(
      [`0${first}`, ...rest],
      [(BigInt(first) + R).toString(), ...rest],
      [`0x${BigInt(first).toString(16)}`, ...rest],
    );
    lists.push(
      [Number(first), ...rest],
      ['-1', ...rest],
      [R.toString(), ...rest],
      [[first], ...rest],
      publicSignals.join(),
    );
    lists.push({ 0: publicSignals[0], 1: publicSignals[1], 2: publicSignals[2], length: 3 });
    for (const list of lists) await expectRefusal(list, proof);
  });

  it('refuses [] and {} where the true signals are all zero', async () => {
    const { verificationKey, result } = cubic;
    for (const list of [[], {}, '', [''], [[]], [[], []], null])
      await expectRefusal(list, result.proof, undefined, verificationKey);
  });

  it('never throws, on hostile objects and random JSON', async () => {
    const { verificationKey, result } = fixture;
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
        ownKeys: () => {
          throw new Error('trap');
        },
      },
    );
    await expectRefusal(trap, result.proof);
    await expectRefusal(result.publicSignals, trap);
    await expectRefusal(result.publicSignals, result.proof, undefined, trap);
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), async (signals, proof) => {
        expect((await verifyProof(verificationKey, signals, proof)).valid).to.equal(false);
        expect((await verifyProof(verificationKey, result.publicSignals, proof)).valid).to.equal(false);
        expect((await verifyProof(signals, result.publicSignals, result.proof)).valid).to.equal(false);
      }),
      { numRuns: 150 },
    );
  });

  it('refuses a proof with any digit changed', async () => {
    const { result } = fixture;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...coordinates),
        fc.nat(75),
        fc.integer({ min: 1, max: 9 }),
        async (path, at, by) => {
          const changed = replaceAt(result.proof, path, (old) => {
            const digits = [...(old as string)];
            const place = at % digits.length;
            digits[place] = String((Number(digits[place]) + by) % 10);
            return digits.join('');
          });
          await expectRefusal(result.publicSignals, changed);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('refuses damaged verification keys', async () => {
    const { verificationKey, result } = fixture;
    const keys: unknown[] = [
      null,
      {},
      [],
      { ...verificationKey, nPublic: 2 },
      { ...verificationKey, IC: [] },
      { ...verificationKey, nPublic: 1e9 },
    ];
    keys.push(
      { ...verificationKey, vk_delta_2: pointOutsideSubgroup() },
      { ...verificationKey, IC: [...verificationKey.IC].reverse() },
    );
    keys.push({ ...verificationKey, vk_gamma_2: verificationKey.vk_delta_2 }, { ...verificationKey, nPublic: '3' });
    for (const key of keys) await expectRefusal(result.publicSignals, result.proof, undefined, key);
  });
});

describe('verifying many', () => {
  it('gives the verdicts of one-by-one verification, false and malformed ones named', async () => {
    const { verificationKey, result } = await loadProofFixture('network');
    const good = { publicSignals: result.publicSignals, proof: result.proof };
    const wrong = { ...good, publicSignals: ['12345', ...result.publicSignals.slice(1)] };
    const swapped = { ...good, proof: { ...result.proof, pi_a: result.proof.pi_c, pi_c: result.proof.pi_a } };
    const claims = Array.from({ length: 70 }, (_, index) => (index % 23 === 5 ? wrong : index === 66 ? swapped : good));
    claims[3] = { ...good, publicSignals: [] };
    const verdicts = await verifyMany(verificationKey, claims);
    for (let index = 0; index < claims.length; index++) {
      const alone = await verifyProof(verificationKey, claims[index].publicSignals, claims[index].proof);
      expect(verdicts[index], String(index)).to.deep.equal(alone);
    }
    expect(verdicts.filter((verdict) => !verdict.valid)).to.have.length(5);
  });

  it('is not fooled by two errors that would cancel in an unweighted sum', async () => {
    const { verificationKey, result } = await loadProofFixture('cubic');
    const shift = (by: bigint) => ({
      proof: result.proof,
      publicSignals: [((BigInt(result.publicSignals[0]) + by + R) % R).toString()],
    });
    const verdicts = await verifyMany(verificationKey, [shift(1n), shift(-1n), shift(0n)]);
    expect(verdicts.map(({ valid }) => valid)).to.deep.equal([false, false, true]);
  });

  it('answers for no claims, and for a key that is none', async () => {
    const { verificationKey, result } = await loadProofFixture('cubic');
    expect(await verifyMany(verificationKey, [])).to.deep.equal([]);
    const verdicts = await verifyMany({}, [result, result]);
    expect(verdicts.map(({ valid }) => valid)).to.deep.equal([false, false]);
  });
});

/** A point of the twist that has not the order R: found by counting x up from 1. */
function pointOutsideSubgroup(): [string, string][] {
  const mod = (value: bigint) => ((value % Q) + Q) % Q;
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n;
    for (let square = mod(base); exponent > 0n; exponent >>= 1n, square = mod(square * square))
      if (exponent & 1n) result = mod(result * square);
    return result;
  };
  const root = (value: bigint): bigint | undefined => {
    const candidate = power(value, (Q + 1n) / 4n);
    return mod(candidate * candidate) === mod(value) ? candidate : undefined;
  };
  // y² = x³ + 3 / (9 + u), with x real; the square root of a + bu by norms.
  const inverse82 = power(82n, Q - 2n);
  const [b0, b1] = [mod(27n * inverse82), mod(-3n * inverse82)];
  for (let x = 1n; ; x++) {
    const [a, b] = [mod(x ** 3n + b0), b1];
    const norm = root(mod(a * a + b * b));
    if (norm === undefined) continue;
    const half = power(2n, Q - 2n);
    for (const sign of [norm, mod(-norm)]) {
      const real = root(mod((a + sign) * half));
      if (real === undefined || real === 0n) continue;
      const imaginary = mod(b * power(2n * real, Q - 2n));
      return [
        [x.toString(), '0'],
        [real.toString(), imaginary.toString()],
        ['1', '0'],
      ];
    }
  }
}
