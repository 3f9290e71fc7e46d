import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactName } from '../bundle/artifact-names.js';
import { checkArtifacts } from '../bundle/artifacts.js';
import { withScratchFolder } from '../bundle/atomic.js';
import { printCanonicalJson } from '../bundle/canonical-json.js';
import { digestBytes } from '../bundle/digest.js';
import { withBundleLock } from '../bundle/lock.js';
import type { Manifest, SetupFacts } from '../bundle/manifest.js';
import { readManifest, writeBundle } from '../bundle/manifest-file.js';
import { type BundlePaths, bundlePaths } from '../bundle/paths.js';
import { readR1cs } from '../circom/r1cs-file.js';
import { ZkinferError } from '../core/error.js';
import { createDevKey } from '../groth16/dev-key.js';
import type { VerificationKey } from '../groth16/proof.js';
import { setupWithPtau } from '../groth16/setup-ptau.js';

export interface SetupRequest {
  readonly dir: string;
  /** A prepared powers-of-tau file; without one a development key is made. */
  readonly ptauPath?: string;
  readonly onProgress?: (stage: string, share?: number) => void;
}

export interface SetupReport {
  readonly bundle: string;
  readonly profile: SetupFacts['profile'];
  readonly domainPower: number;
  readonly provingKeyBytes: number;
}

/** Makes the proving and verification key of a bundle and records them in its manifest. */
export async function setupBundle({ dir, ptauPath, onProgress }: SetupRequest): Promise<SetupReport> {
  return withBundleLock(dir, async () => {
    const manifest = await readManifest(dir);
    refuseModel(dir, manifest);
    await checkArtifacts(dir, manifest, ['r1cs']);
    const paths = bundlePaths(dir);
    const made =
      ptauPath === undefined ? await makeDevKey(paths, onProgress) : await makePtauKey(dir, ptauPath, onProgress);
    const keyText = printCanonicalJson(made.verificationKey);
    const { solidity: _s, solidityJson: _j, ceremony: _c, ...kept } = manifest.artifacts;
    const files = new Map<ArtifactName, Uint8Array | string>([
      ['provingKey', made.zkey],
      ['verificationKey', keyText],
    ]);
    await writeBundle(dir, files, {
      ...manifest,
      artifacts: { ...kept, provingKey: digestBytes(made.zkey), verificationKey: digestBytes(keyText) },
      setup: made.setup,
    });
    const { constraints } = manifest.circuit;
    const domainPower = Math.ceil(Math.log2(constraints + made.verificationKey.nPublic + 1));
    return { bundle: dir, profile: made.setup.profile, domainPower, provingKeyBytes: made.zkey.length };
  });
}

/** A model with private weights uses the keys of its architecture. @throws ZkinferError WEIGHTS_COMMITTED */
function refuseModel(dir: string, { artifacts }: Manifest): void {
  if (artifacts.weights === undefined) return;
  throw new ZkinferError({
    code: 'WEIGHTS_COMMITTED',
    kind: 'usage',
    message: 'this bundle is a model with private weights: its keys are those of its architecture',
    facts: [dir],
    hint: 'set up the architecture, then commit to the weights again',
  });
}

interface MadeKey {
  readonly zkey: Uint8Array;
  readonly verificationKey: VerificationKey;
  readonly setup: SetupFacts;
}

async function makeDevKey(paths: BundlePaths, onProgress: SetupRequest['onProgress']): Promise<MadeKey> {
  const r1cs = readR1cs(await readFile(paths.r1cs));
  const { zkey, verificationKey } = await createDevKey(r1cs, {
    onProgress: (share) => onProgress?.('making a development key', share),
  });
  const setup: SetupFacts = { profile: 'dev', ptau: null, contributions: 0, beacon: false, overrides: [] };
  return { zkey, verificationKey, setup };
}

/** A key from real powers of tau with the one contribution made here: still `dev`, as one party knows it all. */
async function makePtauKey(dir: string, ptauPath: string, onProgress: SetupRequest['onProgress']): Promise<MadeKey> {
  onProgress?.('reading the powers of tau');
  onProgress?.('setting up from the powers of tau');
  return withScratchFolder(dir, async (scratch) => {
    const zkeyPath = join(scratch, 'proving.zkey');
    const { verificationKey, ptau, info, blake2b } = await setupWithPtau({
      r1csPath: bundlePaths(dir).r1cs,
      ptauPath,
      zkeyPath,
      profile: 'dev',
    });
    const own = info.contributions.filter(({ kind }) => kind === 'contribution').length;
    const setup: SetupFacts = {
      profile: 'dev',
      ptau: { blake2b, power: ptau.power },
      contributions: own,
      beacon: false,
      overrides: [],
    };
    return { zkey: await readFile(zkeyPath), verificationKey, setup };
  });
}
