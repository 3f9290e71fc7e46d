import { readFile } from 'node:fs/promises';
import type { ArtifactName } from '../bundle/artifact-names.js';
import { checkArtifacts } from '../bundle/artifacts.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { requireStatementOfFolder } from '../bundle/check-statement.js';
import { digestBytes } from '../bundle/digest.js';
import { withBundleLock } from '../bundle/lock.js';
import type { Manifest } from '../bundle/manifest.js';
import { needSetup, readManifest, writeBundle } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { type CompiledContract, compileSolidity } from '../chain/solidity/compile.js';
import { nameVerifier, renderVerifier } from '../chain/solidity/standalone.js';
import { requireSoundKey } from '../groth16/key-policy.js';
import type { VerificationKey } from '../groth16/proof.js';
import { needWeights, requireModelKey } from '../verify/model-key.js';

export interface ExportedVerifier {
  readonly contractName: string;
  readonly profile: 'dev' | 'production';
  readonly sourcePath: string;
  /** ABI and creation code. */
  readonly compiledPath: string;
  readonly compiled: CompiledContract;
}

/** The standalone Solidity verifier of a bundle with keys, as text and compiled: equal for equal bundles. */
export async function renderBundleVerifier(
  dir: string,
  manifest: Manifest,
): Promise<{ readonly source: string; readonly compiled: CompiledContract }> {
  const { profile, overrides } = needSetup(dir, manifest);
  const key = JSON.parse(await readFile(bundlePaths(dir).verificationKey, 'utf8')) as VerificationKey;
  const { qmodel, r1cs, verificationKey } = manifest.artifacts;
  const source = renderVerifier(key, {
    name: manifest.name,
    profile,
    overrides,
    digests: {
      model: manifest.source.digest,
      ...(qmodel && { qmodel }),
      ...(r1cs && { r1cs }),
      ...(verificationKey && { 'verification key': verificationKey }),
    },
  });
  const contractName = nameVerifier(manifest.name, profile);
  return { source, compiled: (await compileSolidity({ [`${contractName}.sol`]: source }))[contractName] };
}

/** Writes the standalone Solidity verifier of a bundle, compiled, and records both files in the manifest. */
export async function exportVerifier(dir: string): Promise<ExportedVerifier> {
  return withBundleLock(dir, async () => {
    const manifest = await readManifest(dir);
    const { profile } = needSetup(dir, manifest);
    needWeights(dir, manifest);
    await checkArtifacts(dir, manifest, ['verificationKey']);
    await requireSoundKey(dir, manifest);
    await requireModelKey(dir, manifest);
    await requireStatementOfFolder(dir, manifest);
    const { source, compiled } = await renderBundleVerifier(dir, manifest);
    const json = printCanonicalJson(compiled);
    const files = new Map<ArtifactName, string>([
      ['solidity', source],
      ['solidityJson', json],
    ]);
    await writeBundle(dir, files, {
      ...manifest,
      artifacts: { ...manifest.artifacts, solidity: digestBytes(source), solidityJson: digestBytes(json) },
    });
    const paths = bundlePaths(dir);
    return {
      contractName: compiled.contractName,
      profile,
      sourcePath: paths.solidity,
      compiledPath: paths.solidityJson,
      compiled,
    };
  });
}
