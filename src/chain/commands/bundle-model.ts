import { requireStatementOfFolder } from '../../bundle/check-statement.js';
import { isLocalOnly, type Manifest } from '../../bundle/manifest.js';
import { needSetup } from '../../bundle/manifest-file.js';
import { ZkinferError } from '../../core/error.js';
import { countBytes, countInputBytes } from '../../core/statement.js';
import { openVerifyingBundle } from '../../verify/verify-files.js';
import type { ModelSpec } from '../client/inference-client.js';
import type { VerificationKey } from '../verification-key.js';
import type { Connection } from './signer.js';

/** What a bundle says that a chain wants to know. */
export interface BundleModel {
  readonly manifest: Manifest;
  readonly key: VerificationKey;
  readonly spec: ModelSpec;
}

/** Reads a bundle for registration. @throws ZkinferError (exit code 2, 3); `BUNDLE_NOT_SET_UP`, `STATEMENT_DIFFERS` */
export async function openBundleModel(dir: string): Promise<BundleModel> {
  const { manifest, verificationKey } = await openVerifyingBundle(dir);
  needSetup(dir, manifest);
  await requireStatementOfFolder(dir, manifest);
  return { manifest, key: verificationKey as VerificationKey, spec: describeModel(manifest) };
}

/** The spec of a bundle's model, as the registry takes it. */
export function describeModel({ statement, source }: Pick<Manifest, 'statement' | 'source'>): ModelSpec {
  return {
    modelHash: `0x${source.digest.slice(source.digest.indexOf(':') + 1)}`,
    inputLength: countInputBytes(statement),
    outputLength: countBytes(statement.outputs),
    statement: statement.form,
    inputCommitted: statement.visibility === 'committed',
  };
}

/** A development key convinces nobody: it stays on local chains. @throws ZkinferError `CHAIN_DEV_KEY` (policy) */
export function refuseDevKeyOffLocal({ setup }: Manifest, { isLocal, chainId }: Connection): void {
  if (isLocal || (setup !== null && !isLocalOnly(setup))) return;
  throw new ZkinferError({
    code: 'CHAIN_DEV_KEY',
    kind: 'policy',
    message: 'the bundle has a development key, which is for local chains only',
    facts: [`chain ${chainId}`, ...(setup?.overrides ?? []), 'whoever made the key can prove anything'],
    hint: 'make production keys with others: zkinfer ceremony start FOLDER --bundle BUNDLE --ptau FILE',
  });
}
