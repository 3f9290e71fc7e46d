import { readFile } from 'node:fs/promises';
import { checkArtifacts, findMismatches } from '../bundle/artifacts.js';
import { isPrivateModel, type Manifest, type SetupFacts } from '../bundle/manifest.js';
import { needSetup } from '../bundle/manifest-file.js';
import { bundlePaths } from '../bundle/paths.js';
import { ZkinferError } from '../core/error.js';
import { sha256 } from './ceremony.js';
import { LEAST_CONTRIBUTIONS } from './ceremony-check.js';
import { parseTranscript } from './ceremony-transcript.js';
import { refuseForgeableKey, refuseKey } from './forgeable-key.js';
import type { VerificationKey } from './proof.js';
import { exportVerificationKey, readZkeyInfo, type ZkeyInfo } from './zkey-file.js';

/** Holds what a manifest says of its key to the key. @throws ZkinferError `KEY_FORGEABLE`, `KEY_NOT_FOR_PRODUCTION`, `KEY_OTHER_SETUP` */
function compareSetup(info: ZkeyInfo, setup: SetupFacts): void {
  refuseForgeableKey(info);
  if (setup.profile === 'production') {
    if (info.development)
      throw refuseKey('KEY_NOT_FOR_PRODUCTION', 'this is a development key under the name of a production key', []);
    if (info.independentContributions < LEAST_CONTRIBUTIONS)
      throw refuseKey('KEY_NOT_FOR_PRODUCTION', 'this key had too few contributions for production', [
        `independent contributions: ${info.independentContributions}, needed ${LEAST_CONTRIBUTIONS}`,
      ]);
  }
  const beacon = info.contributions.at(-1)?.kind === 'beacon';
  if (info.independentContributions !== setup.contributions || beacon !== setup.beacon)
    throw mismatch('the key had other contributions than the manifest says', [
      `in the key: ${info.independentContributions}${beacon ? ' and a beacon' : ''}`,
      `in the manifest: ${setup.contributions}${setup.beacon ? ' and a beacon' : ''}`,
    ]);
}

function mismatch(message: string, facts: readonly string[]): ZkinferError {
  return new ZkinferError({
    code: 'KEY_OTHER_SETUP',
    kind: 'artifact',
    message,
    facts,
    hint: 'build the bundle again, or take it again from where it came',
  });
}

/**
 * Makes sure, before a key is given to anybody, that it is what its manifest says and that not everyone can forge with it: the
 * contributions stand in the proving key, the verification key is its own, and a production key has its transcript. A bundle
 * with a development key may be without its proving key.
 * @throws ZkinferError `KEY_FORGEABLE`, `KEY_NOT_FOR_PRODUCTION` (policy), `KEY_OTHER_SETUP`, `ARTIFACT_MISMATCH` (artifact)
 */
export async function requireSoundKey(dir: string, manifest: Manifest): Promise<void> {
  const setup = needSetup(dir, manifest);
  const paths = bundlePaths(dir);
  const isProduction = setup.profile === 'production';
  const [mismatched] = await findMismatches(dir, manifest, ['provingKey']);
  const isAbsent = manifest.artifacts.provingKey === undefined || mismatched?.given === null;
  if (!isProduction && isAbsent) return;
  await checkArtifacts(dir, manifest, [
    'provingKey',
    'verificationKey',
    ...(isProduction ? (['ceremony'] as const) : []),
  ]);
  const zkey = await readFile(paths.provingKey);
  compareSetup(readZkeyInfo(zkey), setup);
  // Of a model with private weights the verification key is this one with the commitment folded in, which is checked elsewhere.
  const own = isPrivateModel(manifest) ? 'architectureKey' : 'verificationKey';
  await checkArtifacts(dir, manifest, [own]);
  const given = JSON.parse(await readFile(paths[own], 'utf8')) as VerificationKey;
  if (!isSameKey(given, await exportVerificationKey(zkey)))
    throw mismatch('the verification key is not that of the proving key', [dir]);
  if (!isProduction) return;
  const transcript = parseTranscript(await readFile(paths.ceremony, 'utf8'));
  if (transcript.steps.at(-1)?.zkey !== sha256(zkey))
    throw mismatch('the transcript of the ceremony ends in another key', [paths.ceremony]);
}

function isSameKey(a: VerificationKey, b: VerificationKey): boolean {
  const print = ({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }: VerificationKey) =>
    JSON.stringify([vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC]);
  return print(a) === print(b);
}
