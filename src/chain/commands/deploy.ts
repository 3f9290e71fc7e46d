import { formatEther, type Signer } from 'ethers';
import { requireSoundKey } from '../../groth16/key-policy.js';
import { inferenceMarketContract } from '../bytecode/inference-market.js';
import { inferenceVerifierContract } from '../bytecode/inference-verifier.js';
import { type CompiledContract, compileSolidity } from '../solidity/compile.js';
import { nameVerifier, renderVerifier } from '../solidity/standalone.js';
import { type DeployedContract, deployContract } from '../standalone.js';
import { openBundleModel, refuseDevKeyOffLocal } from './bundle-model.js';
import type { Connection } from './signer.js';

/** What a lock costs on a market where nothing else is said: 0.01 ether. */
export const DEFAULT_BOND_WEI = 10n ** 16n;

/** Deploys the registry with its shared verifier. */
export function deployInferenceVerifier(signer: Signer, confirmations = 1): Promise<DeployedContract> {
  return deployContract(signer, inferenceVerifierContract, [], confirmations);
}

/** Deploys a market that settles with a verifier. */
export function deployInferenceMarket(
  signer: Signer,
  verifier: string,
  bondWei: bigint = DEFAULT_BOND_WEI,
  confirmations = 1,
): Promise<DeployedContract> {
  return deployContract(signer, inferenceMarketContract, [verifier, bondWei], confirmations);
}

/** A verifier of one model, compiled from the bundle's key. */
export async function compileStandalone(bundleDir: string): Promise<CompiledContract> {
  const { manifest, key } = await openBundleModel(bundleDir);
  const profile = manifest.setup?.profile ?? 'dev';
  const source = renderVerifier(key, {
    name: manifest.name,
    profile,
    overrides: manifest.setup?.overrides,
    digests: { model: manifest.source.digest },
  });
  const name = nameVerifier(manifest.name, profile);
  return (await compileSolidity({ [`${name}.sol`]: source }))[name];
}

/** Deploys a standalone verifier for a bundle. @throws ZkinferError `CHAIN_DEV_KEY` (policy) off local chains */
export async function deployStandalone(
  connection: Connection,
  signer: Signer,
  bundleDir: string,
  confirmations = 1,
): Promise<DeployedContract & { readonly contractName: string }> {
  const { manifest } = await openBundleModel(bundleDir);
  refuseDevKeyOffLocal(manifest, connection);
  await requireSoundKey(bundleDir, manifest);
  const compiled = await compileStandalone(bundleDir);
  const deployed = await deployContract(signer, compiled, [], confirmations);
  return { ...deployed, contractName: compiled.contractName };
}

/** Wei as people read it: `0.01 ether`. */
export function formatWei(wei: bigint): string {
  return `${formatEther(wei)} ether`;
}
