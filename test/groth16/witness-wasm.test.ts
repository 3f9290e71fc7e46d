import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { wtns } from 'snarkjs';
import { R } from '../../src/core/field.js';
import { withSnarkjsCurve } from '../../src/groth16/snarkjs-curve.js';
import { compileWitnessWasm, computeWasmWitness } from '../../src/groth16/witness-wasm.js';
import { readWitnessValues, readWtns } from '../../src/groth16/wtns-file.js';
import { useScratchFolder } from './scratch.js';

const SOURCE = `pragma circom 2.1.0;
template Sum() {
  signal input a[2][2];
  signal input flag;
  signal output c;
  signal d;
  d <== a[0][0] * a[0][1];
  c <== d * a[1][0] + a[1][1] + flag;
  flag * (flag - 1) === 0;
}
component main {public [flag]} = Sum();
`;

describe('witness calculator of circom', () => {
  const scratch = useScratchFolder();
  let module: WebAssembly.Module;
  before(async function () {
    this.timeout(20_000);
    writeFileSync(scratch.path('sum.circom'), SOURCE);
    const circom = createRequire(import.meta.url).resolve('circom2/cli.js');
    execFileSync(process.execPath, [circom, 'sum.circom', '--r1cs', '--wasm', '-o', '.'], {
      cwd: scratch.path('.'),
      stdio: 'pipe',
    });
    module = await compileWitnessWasm(readFileSync(scratch.path('sum_js/sum.wasm')));
  });

  const failure = (inputs: Record<string, bigint[]>) =>
    computeWasmWitness(module, inputs).catch((error: unknown) => error);

  it('computes a witness that snarkjs finds satisfying, negative values reduced', async () => {
    const bytes = await computeWasmWitness(module, { a: [3n, 5n, 7n, R - 6n], flag: [1n] });
    const witness = readWtns(bytes);
    expect(readWitnessValues(witness, 0, 3)).to.deep.equal([1n, 100n, 1n]);
    writeFileSync(scratch.path('sum.wtns'), bytes);
    const check = () => wtns.check(scratch.path('sum.r1cs'), scratch.path('sum.wtns'));
    expect(await withSnarkjsCurve('one', check)).to.equal(true);
  });

  it('refuses unknown names, missing inputs, wrong lengths and values out of range', async () => {
    for (const inputs of [
      { a: [1n, 2n, 3n, 4n] },
      { a: [1n, 2n, 3n, 4n], flag: [1n], extra: [] },
      { a: [1n, 2n, 3n, 4n, 5n], flag: [] },
      { a: [1n, 2n, 3n, R], flag: [1n] },
      { a: [1n, 2n, 3n, -1n], flag: [1n] },
      { b: [1n, 2n, 3n, 4n], flag: [1n] },
    ] as Record<string, bigint[]>[]) {
      expect(await failure(inputs), Object.keys(inputs).join()).to.include({ code: 'WITNESS_INPUT', kind: 'usage' });
    }
  });

  it('says when the circuit has no witness for the input', async () => {
    const error = await failure({ a: [1n, 2n, 3n, 4n], flag: [2n] });
    expect(error).to.include({ code: 'WITNESS_FAILED', kind: 'usage' });
    expect((error as Error).message).to.match(/assertion/);
  });

  it('refuses what is not a calculator', async () => {
    const error = await compileWitnessWasm(new Uint8Array(100)).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'ARTIFACT_DAMAGED' });
  });
});
