import type { Signer } from 'ethers';
import { requireSoundKey } from '../../groth16/key-policy.js';
import { InferenceClient } from '../client/inference-client.js';
import type { Mined } from '../client/transaction.js';
import { openBundleModel, refuseDevKeyOffLocal } from './bundle-model.js';
import type { Connection } from './signer.js';

/** Registers a bundle's model. @throws ContractRefusal `ModelExists`, …; ZkinferError `CHAIN_DEV_KEY` (policy) */
export async function registerBundle(
  connection: Connection,
  signer: Signer,
  request: {
    readonly bundleDir: string;
    readonly verifier: string;
    /** Where the bundle is described; not used by the contract. */
    readonly uri?: string;
    readonly confirmations?: number;
  },
): Promise<Mined & { readonly modelId: string; readonly key: string }> {
  const { manifest, key, spec } = await openBundleModel(request.bundleDir);
  refuseDevKeyOffLocal(manifest, connection);
  await requireSoundKey(request.bundleDir, manifest);
  const client = new InferenceClient(signer, request.verifier, { confirmations: request.confirmations });
  return client.registerModel(key, spec, request.uri ?? '');
}
