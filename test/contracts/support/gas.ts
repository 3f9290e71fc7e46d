import type { Contract, Signer } from 'ethers';
import { toCalldata } from '../../../src/chain/calldata.js';
import { encodeBatch } from '../../../src/chain/client/inference-client.js';
import { compileSolidity } from '../../../src/chain/solidity/compile.js';
import { nameVerifier, renderVerifier } from '../../../src/chain/solidity/standalone.js';
import { CACHE_FOLDER } from '../../chain/support/nodes.js';
import {
  type Deployment,
  deploySuite,
  makeInference,
  passTime,
  readClock,
  type StatementShape,
  trapdoorFor,
} from './deployment.js';

/** What each call costs as a transaction of its own, gas; `batch k` is for each proof of k. */
export type GasTable = Record<string, number>;

const SHAPES = {
  'packed, 7 bytes': { statement: 'packed', inputLength: 4, outputLength: 3, inputCommitted: false },
  'packed, private input': { statement: 'packed', inputLength: 0, outputLength: 1, inputCommitted: false },
  'packed, committed input': { statement: 'packed', inputLength: 32, outputLength: 1, inputCommitted: true },
  'bound, 248 bytes': { statement: 'bound', inputLength: 238, outputLength: 10, inputCommitted: false },
  'bound, 794 bytes': { statement: 'bound', inputLength: 784, outputLength: 10, inputCommitted: false },
} as const satisfies Record<string, StatementShape>;

/** A nonce without zero bytes, which would be cheaper. */
const NONCE = BigInt(`0x${'ab'.repeat(32)}`);

/** Measures every call on the embedded node. Proofs and keys are always the same, so the figures are too. */
export async function measureGas(batches: readonly number[] = [1, 2, 4, 8, 16, 32]): Promise<GasTable> {
  const suite = await deploySuite('embedded');
  try {
    const table: GasTable = {};
    await measureVerifier(suite, table, batches);
    await measureMarket(suite, table);
    await measureStandalone(suite, table);
    return table;
  } finally {
    await suite.node.close();
  }
}

async function measureVerifier(suite: Deployment, table: GasTable, batches: readonly number[]): Promise<void> {
  const { verifier, signers } = suite;
  table['deploy InferenceVerifier'] = await gasOfDeploy(suite, verifier);
  for (const [name, shape] of Object.entries(SHAPES)) {
    const model = await suite.register(shape);
    // Bound statements have the key of the first one, packed ones with as many signals too.
    table[`register ${name}`] = Number(model.gasUsed);
    const { inference, proof } = await makeInference(suite, model, { nonce: NONCE });
    const args = [model.modelId, inference, proof];
    table[`verify ${name}`] = await gasOf(verifier, 'verifyInference', args, signers[0]);
    table[`record ${name}`] = await gasOf(verifier, 'recordInference', args, signers[0]);
  }
  const model = await suite.register(SHAPES['packed, private input']);
  for (const size of batches) {
    const made = [];
    for (let index = 0; index < size; index++) {
      made.push(await makeInference(suite, model, { nonce: BigInt(index + 1) }));
    }
    const args = [model.modelId, ...encodeBatch(made)];
    table[`batch ${size}`] = Math.round((await gasOf(verifier, 'verifyBatch', args, signers[0])) / size);
  }
}

async function measureMarket(suite: Deployment, table: GasTable): Promise<void> {
  const { signers, node } = suite;
  const market = await suite.deploy('InferenceMarket', await suite.verifier.getAddress(), 1000n);
  table['deploy InferenceMarket'] = await gasOfDeploy(suite, market);
  const model = await suite.register(SHAPES['packed, 7 bytes']);
  const input = Uint8Array.of(1, 2, 3, 4);
  const post = async () =>
    gasOf(market, 'post', [model.modelId, input, (await readClock(node)) + 1000], signers[0], 10n ** 15n);
  await post();
  table['market post'] = await post();
  const id: bigint = await market.requestCount();
  table['market lock'] = await gasOf(market, 'lock', [id], signers[1], 1000n);
  const nonce: string = await market.nonceOf(id);
  const { inference, proof } = await makeInference(suite, model, { nonce, input });
  table['market fulfil'] = await gasOf(market, 'fulfil', [id, inference, proof], signers[1]);
  table['market withdraw'] = await gasOf(market, 'withdraw', [], signers[1]);
  await passTime(node, 2000);
  table['market cancel'] = await gasOf(market, 'cancel', [id - 1n], signers[0]);
}

async function measureStandalone(suite: Deployment, table: GasTable): Promise<void> {
  const trapdoor = trapdoorFor(3);
  const options = { name: 'gas', profile: 'production', digests: {} } as const;
  const sources = { 'Verifier.sol': renderVerifier(trapdoor.key, options) };
  const compiled = (await compileSolidity(sources, { cacheFolder: CACHE_FOLDER }))[nameVerifier('gas', 'production')];
  suite.contracts[compiled.contractName] ??= compiled;
  const contract = await suite.deploy(compiled.contractName);
  table['deploy standalone, 3 signals'] = await gasOfDeploy(suite, contract);
  const signals = [NONCE >> 4n, 3n, 4n];
  const { a, b, c } = toCalldata(trapdoor.simulate(signals), signals.map(String));
  table['verify standalone, 3 signals'] = await gasOf(contract, 'verifyProof', [a, b, c, signals], suite.signers[0]);
}

async function gasOf(
  contract: Contract,
  method: string,
  args: readonly unknown[],
  signer: Signer,
  value = 0n,
): Promise<number> {
  const { data } = await contract.getFunction(method).populateTransaction(...args);
  const sent = await signer.sendTransaction({ to: await contract.getAddress(), data, value, gasLimit: 9_000_000n });
  const receipt = await sent.wait();
  return Number(receipt?.gasUsed);
}

async function gasOfDeploy(suite: Deployment, contract: Contract): Promise<number> {
  const address = await contract.getAddress();
  const last = await suite.node.provider.getBlockNumber();
  for (let number = last; number > 0; number--) {
    const block = await suite.node.provider.getBlock(number);
    const receipt = block?.transactions[0] && (await suite.node.provider.getTransactionReceipt(block.transactions[0]));
    if (receipt && receipt.contractAddress === address) return Number(receipt.gasUsed);
  }
  throw new Error(`nobody deployed ${address}`);
}
