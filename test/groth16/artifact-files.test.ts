import { expect } from 'chai';
import fc from 'fast-check';
import { ZkinferError } from '../../src/core/error.js';
import { openProvingKey, prove } from '../../src/groth16/prove.js';
import { readR1csCounts } from '../../src/groth16/setup-ptau.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { readWitnessValues, readWtns, writeWtns } from '../../src/groth16/wtns-file.js';
import { readZkeyInfo, readZkeyLayout } from '../../src/groth16/zkey-file.js';
import { mlCircuit } from './ml-circuit.js';
import { loadProofFixture, type ProofFixture } from './proof-fixture.js';
import { writeR1csFile } from './r1cs-file.js';

type Reader = (bytes: Uint8Array) => unknown;

function expectDamaged(read: Reader, bytes: Uint8Array, what: string): void {
  const started = performance.now();
  try {
    read(bytes);
  } catch (error) {
    expect(error, what).to.be.instanceOf(ZkinferError);
    expect(error, what).to.include({ code: 'ARTIFACT_DAMAGED', kind: 'artifact' });
    expect(performance.now() - started, what).to.be.below(1000);
    return;
  }
  expect.fail(`accepted: ${what}`);
}

describe('A1: artifacts are checked before anything opens them', () => {
  let fixture: ProofFixture;
  const files: Record<string, { bytes: Uint8Array; read: Reader }> = {};
  before(async () => {
    fixture = await loadProofFixture('network');
    files.zkey = { bytes: fixture.key.zkey, read: readZkeyInfo };
    files.wtns = { bytes: fixture.wtns, read: readWtns };
    files.r1cs = { bytes: writeR1csFile(fixture.circuit.r1cs), read: readR1csCounts };
  });

  for (const name of ['zkey', 'wtns', 'r1cs']) {
    it(`refuses a ${name} with a bad magic, cut, or with bytes after its end`, () => {
      const { bytes, read } = files[name];
      read(bytes);
      const magic = Uint8Array.from(bytes);
      magic[0] ^= 1;
      expectDamaged(read, magic, 'magic');
      expectDamaged(read, new Uint8Array(), 'empty');
      for (const cut of [1, 1000, bytes.length >> 1, bytes.length - 11]) {
        expectDamaged(read, bytes.subarray(0, Math.max(0, bytes.length - cut)), `cut by ${cut}`);
      }
      expectDamaged(read, Uint8Array.from([...bytes, 0]), 'one byte more');
    });

    it(`refuses a ${name} with absurd counts and sizes in its header`, () => {
      const { bytes, read } = files[name];
      const set = (at: number, value: number): Uint8Array => {
        const copy = Uint8Array.from(bytes);
        new DataView(copy.buffer).setUint32(at, value, true);
        return copy;
      };
      for (const value of [0, 99, 0xffffffff]) {
        expectDamaged(read, set(4, value), `version ${value}`);
        if (value !== 0) expectDamaged(read, set(8, value), `${value} sections`);
        expectDamaged(read, set(16, value), `section of ${value} bytes`);
      }
      expectDamaged(read, set(20, 0x7fffffff), 'section of exabytes');
    });
  }

  it('refuses every zkey whose sizes do not fit together', () => {
    const { bytes, read } = files.zkey;
    // Section 1 is 16 bytes after the file header; then the header of section 2, both primes, and three counts.
    const counts = 12 + 16 + 12 + 72;
    for (const [offset, what] of [
      [0, 'wires'],
      [4, 'public signals'],
      [8, 'domain'],
    ] as const) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const value = view.getUint32(counts + offset, true);
      for (const wrong of [0, value - 1, value + 1, value * 2, 0xffffffff]) {
        const copy = Uint8Array.from(bytes);
        new DataView(copy.buffer).setUint32(counts + offset, wrong, true);
        expectDamaged(read, copy, `${wrong} ${what}`);
      }
    }
  });

  it('refuses every zkey with a coordinate that is not reduced', () => {
    const { bytes, read } = files.zkey;
    const { h, b2, ic } = readZkeyLayout(bytes);
    for (const at of [h.offset, b2.offset + 96, ic.offset + 32]) {
      const copy = Uint8Array.from(bytes);
      copy.fill(0xff, at, at + 32);
      expectDamaged(read, copy, `coordinate at ${at}`);
    }
  });

  it('answers for any header bytes in time, without any other error', () => {
    fc.assert(
      fc.property(fc.constantFrom('zkey', 'wtns', 'r1cs'), fc.nat(260), fc.nat(255), (name, at, value) => {
        const copy = Uint8Array.from(files[name].bytes);
        copy[at] = value;
        const started = performance.now();
        try {
          files[name].read(copy);
        } catch (error) {
          expect(error).to.be.instanceOf(ZkinferError);
        }
        expect(performance.now() - started).to.be.below(1000);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses witness values that are not canonical, and a first value that is not one', () => {
    const { witness } = fixture.circuit;
    const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
    expectDamaged(readWtns, writeWtns([1n, R, ...witness.slice(2)]), 'R');
    expectDamaged(readWtns, writeWtns([1n, 2n ** 256n - 1n]), 'all ones');
    expectDamaged(readWtns, writeWtns([2n, 1n]), 'first is 2');
    expect(readWitnessValues(readWtns(writeWtns([1n, R - 1n, 5n])), 1, 2)).to.deep.equal([R - 1n, 5n]);
  });
});

describe('A4: no proof leaves unless it verifies', () => {
  it('refuses a witness that does not satisfy the circuit, or is of another one', async () => {
    const { key, circuit } = await loadProofFixture('network');
    const prover = createSnarkjsProver();
    const failure = (wtns: Uint8Array) =>
      prove(prover, key, wtns).then(
        () => undefined,
        (error: unknown) => error,
      );
    const wrong = [...circuit.witness];
    wrong[1] += 1n;
    expect(await failure(writeWtns(wrong))).to.include({ code: 'PROOF_REJECTED', kind: 'artifact' });
    expect(await failure(writeWtns(mlCircuit(2000).witness))).to.include({
      code: 'WITNESS_MISMATCH',
      kind: 'artifact',
    });
  });

  it('refuses the proof of a key that does not belong to its points', async () => {
    const { key, wtns } = await loadProofFixture('network');
    const zkey = Uint8Array.from(key.zkey);
    // Swaps two points in the middle of a section: every structure check still passes.
    const middle = zkey.length >> 1;
    zkey.copyWithin(middle, middle + 128, middle + 256);
    const error = await prove(createSnarkjsProver(), await openProvingKey(zkey), wtns).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ code: 'PROOF_REJECTED' });
  });
});
