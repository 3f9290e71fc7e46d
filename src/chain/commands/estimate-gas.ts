import { InferenceClient } from '../client/inference-client.js';
import { startEmbeddedNode } from '../dev-node/embedded.js';
import { predictBatchGas, predictRecordGas, predictStandaloneGas, predictVerifyGas } from '../gas-model.js';
import { deployContract } from '../standalone.js';
import { openBundleModel } from './bundle-model.js';
import { compileStandalone, deployInferenceMarket, deployInferenceVerifier } from './deploy.js';

/** Gas of one call. Measured ones were run with this bundle's key on a chain in this process; the rest is a formula. */
export interface GasLine {
  readonly call: string;
  readonly gas: number;
  readonly measured: boolean;
}

/** Gas of everything that can be done with a bundle, before anything is sent. */
export async function estimateBundleGas(bundleDir: string): Promise<GasLine[]> {
  const { key, spec } = await openBundleModel(bundleDir);
  const node = await startEmbeddedNode({ accounts: 1 });
  try {
    const signer = await node.provider.getSigner(0);
    const verifier = await deployInferenceVerifier(signer);
    const market = await deployInferenceMarket(signer, verifier.address);
    const registered = await new InferenceClient(signer, verifier.address).registerModel(key, spec);
    const standalone = await deployContract(signer, await compileStandalone(bundleDir));
    const measured = (call: string, gas: bigint) => ({ call, gas: Number(gas), measured: true });
    const predicted = (call: string, gas: number) => ({ call, gas: Math.round(gas), measured: false });
    return [
      measured('deploy InferenceVerifier', verifier.gasUsed),
      measured('deploy InferenceMarket', market.gasUsed),
      measured('register the model', registered.gasUsed),
      predicted('verify', predictVerifyGas(spec)),
      predicted('record', predictRecordGas(spec)),
      ...[4, 16, 32].map((count) =>
        predicted(`verify, each of ${count} in one batch`, predictBatchGas(spec, count) / count),
      ),
      measured('deploy a standalone verifier', standalone.gasUsed),
      predicted('verify standalone', predictStandaloneGas(key.nPublic)),
    ];
  } finally {
    await node.close();
  }
}
