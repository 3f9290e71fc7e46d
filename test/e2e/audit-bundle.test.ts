import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { printCanonicalJson } from '../../src/bundle/canonical-json.js';
import { digestFile } from '../../src/bundle/digest.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { encodeR1cs, readR1cs } from '../../src/circom/r1cs-file.js';
import type { R1cs, SparseMatrix } from '../../src/circuit/constraints.js';
import { auditBundle, compileBundle, readManifest, writeQModel } from '../../src/index.js';
import { decodeWireOrder, encodeWireOrder } from '../../src/pipeline/wire-order.js';
import { withoutRows } from '../circuits/r1cs-tester.js';
import { quantizeIris } from './iris.js';

describe('audit of a bundle that somebody else wrote', function () {
  this.timeout(30_000);
  let folder: string;
  const at = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zkinfer-audit-'));
    const qmodelPath = at('m.qmodel.json');
    await writeQModel(qmodelPath, (await quantizeIris()).qmodel);
    for (const engine of ['direct', 'circom'] as const)
      await compileBundle({ qmodelPath, outDir: at(engine), engine, audit: false });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A copy with other constraints, whose manifest names them. */
  async function tamper(from: string, change: (r1cs: R1cs) => R1cs, reorder?: (order: Uint32Array) => void) {
    await rm(at('bad'), { recursive: true, force: true });
    await cp(at(from), at('bad'), { recursive: true });
    const paths = bundlePaths(at('bad'));
    const r1cs = readR1cs(await readFile(paths.r1cs));
    await writeFile(paths.r1cs, encodeR1cs(change(r1cs)));
    if (reorder) {
      const order = decodeWireOrder(await readFile(paths.wireOrder), r1cs.wireCount, r1cs.wireCount);
      reorder(order);
      await writeFile(paths.wireOrder, encodeWireOrder(order));
    }
    const manifest = await readManifest(at(from));
    const artifacts = {
      ...manifest.artifacts,
      r1cs: await digestFile(paths.r1cs),
      wireOrder: await digestFile(paths.wireOrder),
    };
    await writeFile(paths.manifest, printCanonicalJson({ ...manifest, artifacts }));
    return auditBundle(at('bad')).then(
      ({ proved }) => String(proved),
      (error: { code?: string }) => error.code,
    );
  }

  /** The system with two wires exchanged. */
  function exchange(r1cs: R1cs, one: number, other: number): R1cs {
    const swap = (matrix: SparseMatrix): SparseMatrix => ({
      ...matrix,
      wire: matrix.wire.map((wire) => (wire === one ? other : wire === other ? one : wire)),
    });
    return { ...r1cs, a: swap(r1cs.a), b: swap(r1cs.b), c: swap(r1cs.c) };
  }

  for (const engine of ['direct', 'circom']) {
    it(`proves what compile wrote with the engine ${engine}`, async () => {
      expect(await tamper(engine, (r1cs) => r1cs)).to.equal('true');
    });

    it(`refuses constraints that were left out, changed or added, engine ${engine}`, async () => {
      const { constraintCount } = readR1cs(await readFile(bundlePaths(at(engine)).r1cs));
      for (const gone of [0, constraintCount >> 1, constraintCount - 1])
        expect(await tamper(engine, (r1cs) => withoutRows(r1cs, (row) => row === gone))).to.equal('R1CS_DIFFERS');
      const changed = (r1cs: R1cs): R1cs => ({
        ...r1cs,
        coefficients: r1cs.coefficients.map((value, i) => (i === 2 ? value + 1n : value)),
      });
      expect(await tamper(engine, changed)).to.equal('R1CS_DIFFERS');
    });

    it(`refuses public signals at each other's places, engine ${engine}`, async () => {
      const renumber = (order: Uint32Array) => {
        [order[1], order[2]] = [order[2], order[1]];
      };
      expect(await tamper(engine, (r1cs) => exchange(r1cs, 1, 2), renumber)).to.equal('R1CS_DIFFERS');
    });
  }
});
