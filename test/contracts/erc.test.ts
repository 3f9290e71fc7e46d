import { expect } from 'chai';
import { AbiCoder, type Contract, Interface, id, keccak256, toBeHex, ZeroHash } from 'ethers';
import { NODE_KINDS } from '../chain/support/nodes.js';
import {
  attempt,
  type Deployment,
  deploySuite,
  type MadeInference,
  makeInference,
  type RegisteredModel,
  refusalOf,
} from './support/deployment.js';

const SHAPE = { statement: 'packed', inputLength: 4, outputLength: 2, inputCommitted: false } as const;
const INFERENCE = 'tuple(address agent,bytes32 nonce,bytes input,bytes output,uint256 commitment)';
const coder = AbiCoder.defaultAbiCoder();

/** XOR of the selectors of an interface's functions, as ERC-165 has it. */
function interfaceId(abi: readonly unknown[], names?: readonly string[]): string {
  const selectors: bigint[] = [];
  new Interface(abi as never).forEachFunction((fragment) => {
    if (!names || names.includes(fragment.name)) selectors.push(BigInt(fragment.selector));
  });
  return toBeHex(
    selectors.reduce((sum, selector) => sum ^ selector, 0n),
    4,
  );
}

describe('ERC faces', () => {
  let suite: Deployment;
  let model: RegisteredModel;
  let made: MadeInference;
  before(async () => {
    suite = await deploySuite(NODE_KINDS[NODE_KINDS.length - 1]);
    model = await suite.register(SHAPE);
    made = await makeInference(suite, model, { nonce: 5n });
  });
  after(() => suite.node.close());

  it('name the interface ids of their standards', async () => {
    const { contracts, deploy, verifier } = suite;
    const address = await verifier.getAddress();
    const registry = await deploy('Erc7992Registry', address);
    const faces: [Contract, string][] = [
      [await deploy('AigcVerifier', address, model.modelId), '0x702c55a6'],
      [await deploy('Erc8274Verifier', address), '0x86761e49'],
      [registry, interfaceId(contracts.IERC7992Registry.abi)],
      [await deploy('Erc7992Verifier', await registry.getAddress()), interfaceId(contracts.IERC7992Verifier.abi)],
      [verifier, interfaceId(contracts.IInferenceVerifier.abi)],
      [await deploy('InferenceMarket', address, 1n), interfaceId(contracts.IInferenceMarket.abi)],
    ];
    for (const [face, expected] of faces) {
      expect(await face.supportsInterface(expected)).to.equal(true);
      expect(await face.supportsInterface('0x01ffc9a7')).to.equal(true);
      expect(await face.supportsInterface('0xffffffff')).to.equal(false);
    }
    expect(interfaceId(contracts.IERC7007.abi)).to.equal('0x702c55a6');
    expect(interfaceId(contracts.IERC8274.abi)).to.equal('0x86761e49');
  });

  it('ERC-7992: registers, attaches, verifies, updates and deprecates', async () => {
    const registry = await suite.deploy('Erc7992Registry', await suite.verifier.getAddress());
    const face = await suite.deploy('Erc7992Verifier', await registry.getAddress());
    const { modelHash } = await suite.verifier.model(model.modelId);
    const vkHash = await suite.verifier.keyHashOf(model.modelId);
    const proofSystemId = id('groth16-bn254-v1').slice(0, 10);
    expect(proofSystemId).to.equal('0x0550d137');
    const commitment = { modelHash, circuitHash: ZeroHash, vkHash, proofSystemId, uri: 'ipfs://x' };
    expect(await attempt(registry, 'registerModel', [commitment])).to.equal(undefined);
    const { agent, nonce, input, output } = made.inference;
    const inputCommitment = await face.commitmentOf(agent, nonce, input);
    const proof = coder.encode([INFERENCE, 'bytes'], [made.inference, made.proof]);
    const ask = (...change: [string?, string?, string?]) =>
      refusalOf(
        face.verifyInference.staticCall(1, change[0] ?? inputCommitment, change[1] ?? output, change[2] ?? proof),
      );
    expect(await ask()).to.equal('ModelMismatch');
    const other = await suite.register(SHAPE);
    expect(await attempt(registry, 'attach', [1, other.modelId])).to.equal('AttachmentMismatch');
    expect(await attempt(registry, 'attach', [1, model.modelId])).to.equal(undefined);
    expect(await ask()).to.equal('accepted');
    expect(await ask(id('x'))).to.equal('InputCommitmentMismatch');
    expect(await ask(undefined, '0x0000')).to.equal('OutputMismatch');
    const wrong = coder.encode([INFERENCE, 'bytes'], [{ ...made.inference, output: '0x0000' }, made.proof]);
    expect(await ask(undefined, '0x0000', wrong)).to.equal('ProofInvalid');
    const receipt = await (await face.verifyInference(1, inputCommitment, output, proof)).wait();
    expect(face.interface.parseLog(receipt.logs[0])?.name).to.equal('InferenceVerified');
    expect(await face.proofSystemOf(1)).to.equal(proofSystemId);
    expect(await face.registry()).to.equal(await registry.getAddress());

    const stranger = registry.connect(suite.signers[1]) as Contract;
    expect(await attempt(stranger, 'updateModel', [1, commitment])).to.equal('NotModelOwner');
    expect(await attempt(registry, 'updateModel', [1, { ...commitment, proofSystemId: '0x00000001' }])).to.equal(
      undefined,
    );
    expect(await ask()).to.equal('UnsupportedProofSystem');
    expect(await attempt(registry, 'updateModel', [1, commitment])).to.equal(undefined);
    expect(await ask()).to.equal('ModelMismatch');
    expect(await attempt(registry, 'deprecateModel', [1])).to.equal(undefined);
    expect(await ask()).to.equal('VerificationRefused_ModelDeprecated');
    expect(await refusalOf(registry.getModel(9))).to.equal('ModelNotFound');
  });

  it('ERC-8274: true, or a revert that says why', async () => {
    const face = await suite.deploy('Erc8274Verifier', await suite.verifier.getAddress());
    const metadata = coder.encode(['bytes32', INFERENCE], [model.modelId, made.inference]);
    const [inputHash, outputHash] = [keccak256(made.inference.input), keccak256(made.inference.output)];
    expect(await face.verify(inputHash, outputHash, metadata, made.proof)).to.equal(true);
    expect(await refusalOf(face.verify(outputHash, outputHash, metadata, made.proof))).to.equal('InputHashMismatch');
    expect(await refusalOf(face.verify(inputHash, inputHash, metadata, made.proof))).to.equal('OutputHashMismatch');
    const stolen = { ...made.inference, agent: suite.signers[3].address };
    const theirs = coder.encode(['bytes32', INFERENCE], [model.modelId, stolen]);
    expect(await refusalOf(face.verify(inputHash, outputHash, theirs, made.proof))).to.equal('ProofInvalid');
    expect(await face.proofSystem()).to.equal('zk/groth16-bn254');
    expect(await face.proofProfile()).to.equal(id('zkinfer/groth16-bn254/v1'));
  });

  it('ERC-8004: answers 100 for a proof, and nothing at all for a failed one', async () => {
    const registry = await suite.deploy('ValidationRegistry');
    const face = await suite.deploy('ZkmlValidator', await suite.verifier.getAddress(), await registry.getAddress());
    const salt = id('salt');
    const input = made.sides.input;
    const agent = suite.signers[2].address;
    const hash: string = await face.requestHashOf(model.modelId, keccak256(input), agent, salt);
    await (await registry.validationRequest(await face.getAddress(), hash)).wait();
    const answer = await makeInference(suite, model, { nonce: hash, agent, input });
    const args = [hash, salt, model.modelId, answer.inference, answer.proof, ''];
    const false_ = [hash, salt, model.modelId, { ...answer.inference, output: '0x0000' }, answer.proof, ''];
    expect(await attempt(face, 'respond', false_)).to.equal('ProofInvalid');
    expect((await registry.validationOf(hash)).response).to.equal(0n);
    expect(await attempt(face, 'respond', [hash, id('other'), ...args.slice(2)])).to.equal('RequestMismatch');
    expect(await attempt(face, 'respond', args)).to.equal(undefined);
    const { response, responseHash, tag } = await registry.validationOf(hash);
    expect([response, responseHash, tag]).to.deep.equal([100n, keccak256(answer.inference.output), 'zkml-groth16']);
  });

  it('ERC-7007: content proven for one token is refused for another', async () => {
    const face = await suite.deploy('AigcVerifier', await suite.verifier.getAddress(), model.modelId);
    const encode = (tokenId: bigint) =>
      coder.encode(
        ['address', 'uint256', 'uint256', 'bytes'],
        [made.inference.agent, tokenId, made.inference.commitment, made.proof],
      );
    const { input, output } = made.inference;
    expect(await face.verify(input, output, encode(5n))).to.equal(true);
    expect(await refusalOf(face.verify(input, output, encode(6n)))).to.equal('ProofInvalid');
    expect(await refusalOf(face.verify(input, '0x0000', encode(5n)))).to.equal('ProofInvalid');
    expect(await attempt(face, 'addAigcData', [6n, input, output, encode(5n)])).to.equal('TokenMismatch');
    expect(await attempt(face, 'addAigcData', [5n, input, output, encode(5n)])).to.equal(undefined);
    expect(await attempt(face, 'addAigcData', [5n, input, output, encode(5n)])).to.equal('ContentExists');
    expect(await face.contentHashOf(5n)).to.equal(keccak256(output));
  });
});
