import { ZkinferError } from '../core/error.js';
import type { Statement } from '../core/statement.js';
import { findMismatches, mismatchError } from './artifacts.js';
import { printCanonicalJson } from './canonical-json.js';
import { describeStatement } from './describe-statement.js';
import { isPrivateModel, type Manifest } from './manifest.js';
import { bundlePaths } from './paths.js';
import type { QModel } from './qmodel.js';
import { readQModel } from './qmodel-file.js';

/** What of a statement depends on the circuit alone: all but scales, zero points and labels, which each model has of its own. */
function takeLayout({ inputs, outputs, ...rest }: Statement): unknown {
  const strip = ({ scale: _s, zeroPoint: _z, labels: _l, ...kept }: Statement['outputs'][number]) => kept;
  return { ...rest, inputs: inputs.map(strip), outputs: outputs.map(strip) };
}

/** The canonical text of a statement; of its layout alone where weights are private and the circuit is an architecture's. */
export function printStatement(statement: Statement, part: 'all' | 'layout'): string {
  return printCanonicalJson(part === 'all' ? statement : takeLayout(statement));
}

/** Says in one line where manifest and integer model speak of different statements or weights; undefined where they agree. */
export function findStatementDifference(manifest: Manifest, { graph, options }: QModel): string | undefined {
  const weights = options.weights === 'private' ? 'private' : undefined;
  if (manifest.circuit.weights !== weights)
    return `the weights are ${manifest.circuit.weights ?? 'constants'} in the manifest, ${weights ?? 'constants'} in the integer model`;
  const part = isPrivateModel(manifest) ? 'layout' : 'all';
  const expected = describeStatement(graph, manifest.statement);
  if (printStatement(manifest.statement, part) === printStatement(expected, part)) return undefined;
  return 'the manifest reads the bytes of inputs and outputs in another way than the integer model';
}

/**
 * Makes sure that the statement of a manifest is that of its integer model.
 * @throws ZkinferError STATEMENT_DIFFERS (artifact)
 */
export function requireStatement(folder: string, manifest: Manifest, qmodel: QModel): void {
  const difference = findStatementDifference(manifest, qmodel);
  if (difference === undefined) return;
  throw new ZkinferError({
    code: 'STATEMENT_DIFFERS',
    kind: 'artifact',
    message: difference,
    facts: [folder],
    hint: 'a proof would say something else than it seems to: build the bundle again, or get it from its owner again',
  });
}

/**
 * The same with the integer model of the folder, which may be absent where weights are constants: a verifier does without.
 * @throws ZkinferError STATEMENT_DIFFERS, ARTIFACT_MISMATCH, QMODEL_INVALID (artifact)
 */
export async function requireStatementOfFolder(folder: string, manifest: Manifest): Promise<void> {
  const isPrivate = manifest.circuit.weights === 'private';
  const [mismatch] = await findMismatches(folder, manifest, ['qmodel']);
  const isAbsent = manifest.artifacts.qmodel === undefined || mismatch?.given === null;
  if (isAbsent && !isPrivate) return;
  if (mismatch !== undefined) throw mismatchError([mismatch]);
  requireStatement(folder, manifest, await readQModel(bundlePaths(folder).qmodel));
}
