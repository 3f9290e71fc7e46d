import { isLocalOnly } from '../../bundle/manifest.js';
import { ZkinferError } from '../../core/error.js';
import { readVerificationKey, type VerificationKey } from '../verification-key.js';
import { renderTemplate } from './standalone-template.js';

/** `dev` verifiers answer on local chains only; `production` needs a key whose setup passed the policy. */
export type VerifierProfile = 'dev' | 'production';

export interface VerifierOptions {
  /** What the model is called; only letters and digits of it reach the contract's name. */
  readonly name: string;
  readonly profile: VerifierProfile;
  /** What was proven with, for the header: label → digest (`sha256:…`). */
  readonly digests: Readonly<Record<string, string>>;
  /** Policy checks that were waived, each a short sentence, for the header. */
  readonly overrides?: readonly string[];
}

/** Chains on which a development key is accepted (anvil and hardhat; ganache and geth --dev). */
export const LOCAL_CHAIN_IDS: readonly number[] = [31337, 1337];

/** Public signals above which the contract would not fit into the 24,576 bytes of a contract. */
const MAX_SIGNALS = 200;

/**
 * The name of the exported contract: the letters and digits of `name` in PascalCase, then `Verifier`, with `Dev` in
 * front of it for a development key.
 */
export function nameVerifier(name: string, profile: VerifierProfile): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const pascal = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  const safe = pascal.replace(/^[0-9]+/, '').slice(0, 40) || 'Model';
  return `${safe[0].toUpperCase()}${safe.slice(1)}${profile === 'dev' ? 'DevVerifier' : 'Verifier'}`;
}

/**
 * Solidity text of a verifier for one key. The contract has one function,
 * `verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[N] signals)`, which returns true or reverts.
 *
 * @throws ZkinferError `CHAIN_BAD_KEY`, `CHAIN_FORGEABLE_KEY`, `CHAIN_TOO_MANY_SIGNALS`, `CHAIN_BAD_DIGEST`
 */
export function renderVerifier(key: VerificationKey, options: VerifierOptions): string {
  const points = readVerificationKey(key);
  if (key.nPublic < 1 || key.nPublic > MAX_SIGNALS) {
    throw new ZkinferError({
      code: 'CHAIN_TOO_MANY_SIGNALS',
      kind: 'usage',
      message: `A verifier contract takes 1 to ${MAX_SIGNALS} public signals; this key has ${key.nPublic}.`,
      hint: 'Compile with the bound statement: it always has three public signals.',
    });
  }
  return renderTemplate({
    contractName: nameVerifier(options.name, options.profile),
    points,
    localChainIds: isLocalOnly({ overrides: [], ...options }) ? LOCAL_CHAIN_IDS : [],
    notes: describeOrigin(options),
  });
}

function describeOrigin(options: VerifierOptions): string[] {
  const profile =
    options.profile === 'dev'
      ? ['Profile: DEVELOPMENT. Whoever made this key can forge proofs; it answers on local chains only.']
      : ['Profile: production.'];
  const digests = Object.entries(options.digests).map(([label, digest]) => {
    if (!/^[A-Za-z0-9_. -]{1,40}$/.test(label) || !/^[A-Za-z0-9]{1,20}:[0-9a-fA-F]{8,128}$/.test(digest)) {
      throw new ZkinferError({
        code: 'CHAIN_BAD_DIGEST',
        kind: 'usage',
        message: 'A digest for the header must look like "sha256:<hex>".',
        facts: [`${JSON.stringify(label)}: ${JSON.stringify(digest)}`],
      });
    }
    return `${label}: ${digest}`;
  });
  const overrides = (options.overrides ?? []).map(
    (text) => `Override: ${text.replace(/[^A-Za-z0-9.,:;()'_-]+/g, ' ')}`,
  );
  return [...profile, ...digests, ...overrides];
}
