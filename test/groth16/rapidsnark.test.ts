import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { prove } from '../../src/groth16/prove.js';
import { createRapidsnarkProver } from '../../src/groth16/rapidsnark-prover.js';
import { createResidentProver } from '../../src/groth16/resident-prover.js';
import { testProver } from '../../src/groth16/self-test.js';
import { createSnarkjsProver } from '../../src/groth16/snarkjs-prover.js';
import { writeProgram, writeSnarkjsProgram } from './external-prover.js';
import { loadProofFixture } from './proof-fixture.js';
import { useScratchFolder } from './scratch.js';

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('zkinfer-prover-'));

describe('external prover', function () {
  this.timeout(30_000);
  const scratch = useScratchFolder();
  const write = (name: string, body: string): string => writeProgram(scratch.path(name), body);
  let program: string;
  before(() => {
    program = writeSnarkjsProgram(scratch.path('prover'));
  });

  it('makes verified proofs through private files, and leaves none behind', async () => {
    const before = leftovers();
    const prover = createRapidsnarkProver({ binary: program });
    const { key, wtns, result } = await loadProofFixture('network');
    const [first, second] = await Promise.all([prove(prover, key, wtns), prove(prover, key, wtns)]);
    expect(first.publicSignals).to.deep.equal(result.publicSignals);
    expect(second.proof.pi_a).not.to.deep.equal(first.proof.pi_a);
    await prover.close();
    expect(leftovers()).to.deep.equal(before);
  });

  it('passes the self-test, as the built-in provers do', async () => {
    for (const prover of [createRapidsnarkProver({ binary: program }), createResidentProver(), createSnarkjsProver()]) {
      await testProver(prover);
      await prover.close();
    }
  });

  it('fails the self-test when it lies, fails, hangs or is not there', async () => {
    const liar = write('liar', '#!/bin/sh\necho "{}" > "$3"\necho "[]" > "$4"\n');
    const failing = write('failing', '#!/bin/sh\necho "no such curve" >&2\nexit 3\n');
    const hanging = write('hanging', '#!/bin/sh\nexec sleep 60\n');
    const codeOf = async (binary: string): Promise<string> => {
      const prover = createRapidsnarkProver({ binary, timeoutMs: 1000 });
      const error = await testProver(prover).catch(({ code }) => code);
      await prover.close();
      return error;
    };
    expect(await codeOf(liar)).to.equal('PROOF_REJECTED');
    expect(await codeOf(failing)).to.equal('RAPIDSNARK_FAILED');
    expect(await codeOf(hanging)).to.equal('RAPIDSNARK_FAILED');
    expect(await codeOf(scratch.path('nowhere'))).to.equal('RAPIDSNARK_MISSING');
  });
});
