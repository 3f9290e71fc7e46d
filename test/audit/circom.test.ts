import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { auditR1cs } from '../../src/audit/audit.js';
import type { AuditReport } from '../../src/audit/report.js';
import { compileCircom } from '../../src/circom/compile.js';
import { readR1cs } from '../../src/circom/r1cs-file.js';
import { readSym } from '../../src/circom/sym-file.js';

const CIRCOMLIB = join(dirname(fileURLToPath(import.meta.resolve('circomlib/package.json'))), 'circuits');

async function auditCircom(text: string): Promise<AuditReport> {
  const outDir = await mkdtemp(join(tmpdir(), 'audit-'));
  try {
    const { r1csPath, symPath } = await compileCircom(text, { includeDir: CIRCOMLIB, outDir });
    const names: string[] = [];
    for (const [name, wire] of readSym(await readFile(symPath))) names[wire] ??= name;
    return auditR1cs(readR1cs(await readFile(r1csPath)), { names });
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

describe('audit of what circom makes of other templates', function () {
  this.slow(20_000);

  it('proves comparisons, zero tests, multiplexers and Poseidon of circomlib', async () => {
    const report = await auditCircom(`pragma circom 2.1.6;
      include "comparators.circom"; include "mux1.circom"; include "poseidon.circom"; include "bitify.circom";
      template Several() {
        signal input a; signal input b; signal output least; signal output same; signal output digest; signal output bits[16];
        component limit = Num2Bits(16); limit.in <== a; bits <== limit.out;
        component less = LessThan(16); less.in <== [a, b];
        component mux = Mux1(); mux.c <== [b, a]; mux.s <== less.out; least <== mux.out;
        component equal = IsEqual(); equal.in <== [a, b]; same <== equal.out;
        component hash = Poseidon(2); hash.inputs <== [a, b]; digest <== hash.out;
      }
      component main = Several();`);
    expect(report.findings.map(({ message }) => message)).to.deep.equal([]);
    expect(report.proved).to.equal(true);
    expect(report.outputs).to.include({ total: 19, determined: 19 });
  });

  it('refuses Num2Bits(254), which has two readings of small values', async () => {
    const report = await auditCircom(`pragma circom 2.1.6; include "bitify.circom"; component main = Num2Bits(254);`);
    expect(report.proved).to.equal(false);
    expect(report.outputs.determined).to.equal(0);
    expect(report.findings.map(({ code }) => code)).to.include.members(['OUTPUT_UNDETERMINED', 'FIELD_WRAP']);
  });
});
