import { checkArtifacts } from '../bundle/artifacts.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import type { Manifest } from '../bundle/manifest.js';
import { bundlePaths } from '../bundle/paths.js';
import { readText } from '../bundle/read-file.js';
import { decodeWeights, encodeWeights } from '../bundle/weights-files.js';
import { ZkinferError } from '../core/error.js';
import type { G1Json, VerificationKey } from '../groth16/proof.js';
import type { Verdict } from '../groth16/verify.js';
import { checkWeights, foldWeights } from '../groth16/weights-commitment.js';

/**
 * What the proof of knowledge of private weights is bound to beside the setup: the circuit, the name, and how the bytes of
 * the statement are read, so that nobody can put another reading beside the same commitment.
 */
export function labelWeights(manifest: Pick<Manifest, 'name' | 'statement' | 'artifacts'>): string {
  const { name, statement, artifacts } = manifest;
  return printCanonicalJson({ r1cs: artifacts.r1cs, name, statement });
}

/** @throws ZkinferError WEIGHTS_NOT_COMMITTED for an architecture without a model */
export function needWeights(folder: string, { circuit, artifacts }: Manifest): void {
  if (circuit.weights !== 'private' || artifacts.weights !== undefined) return;
  throw new ZkinferError({
    code: 'WEIGHTS_NOT_COMMITTED',
    kind: 'usage',
    message: 'this bundle is an architecture: its circuit takes private weights, and it has none',
    facts: [folder],
    hint: `zkinfer weights commit ${folder} --qmodel MODEL.qmodel.json -o FOLDER`,
  });
}

/**
 * Whether the verification key of a model with private weights is what it should be: the key of the setup with a commitment
 * folded in whose opening somebody has shown to know. Anything that holds for constants holds here, too.
 * @throws ZkinferError for a bundle that is damaged or has no weights
 */
export async function checkModelKey(folder: string, manifest: Manifest): Promise<Verdict> {
  if (manifest.circuit.weights !== 'private') return { valid: true };
  needWeights(folder, manifest);
  await checkArtifacts(folder, manifest, ['architectureKey', 'weights', 'verificationKey']);
  const paths = bundlePaths(folder);
  const base = await readKeyJson(paths.architectureKey);
  const text = await readText(paths.weights);
  const file = decodeWeights(text, paths.weights);
  const { name, source, artifacts } = manifest;
  if (encodeWeights(file) !== text)
    return { valid: false, reason: 'the commitment is not written in the one way that its digest stands for' };
  if (source.digest !== artifacts.weights || source.name !== name)
    return { valid: false, reason: 'the model is called by something else than the digest of its commitment' };
  const given = (base as { nPublic?: unknown } | null)?.nPublic;
  const count = (typeof given === 'number' ? given : 0) - manifest.statement.publicSignals.length;
  const verdict = await checkWeights(base, count, file, labelWeights(manifest));
  if (!verdict.valid) return verdict;
  const folded = await foldWeights(base as VerificationKey, count, file.point as unknown as G1Json);
  const key = await readKeyJson(paths.verificationKey);
  if (printCanonicalJson(folded) !== printCanonicalJson(key))
    return { valid: false, reason: 'the verification key is not the key of the setup with the commitment folded in' };
  return { valid: true };
}

/** @throws ZkinferError WEIGHTS_UNPROVED (policy) where a key with private weights is not what it should be */
export async function requireModelKey(folder: string, manifest: Manifest): Promise<void> {
  const { valid, reason } = await checkModelKey(folder, manifest);
  if (valid) return;
  throw new ZkinferError({
    code: 'WEIGHTS_UNPROVED',
    kind: 'policy',
    message:
      'the weights behind this verification key are not shown to exist: whoever made it may be able to prove anything',
    facts: [folder, reason ?? ''],
    hint: 'get the bundle from its owner again; zkinfer weights verify says the same',
  });
}

/** What a verification key's file holds, not yet looked at. @throws ZkinferError FILE_UNUSABLE (2), KEY_INVALID (3) */
export async function readKeyJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(path)) as unknown;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ZkinferError({
      code: 'KEY_INVALID',
      kind: 'artifact',
      message: 'the verification key is not JSON',
      facts: [path],
      cause,
    });
  }
}
