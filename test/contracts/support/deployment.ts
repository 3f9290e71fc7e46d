import { Contract, hexlify, Interface, type JsonRpcSigner, toBeHex } from 'ethers';
import { encodeProof, toCalldata } from '../../../src/chain/calldata.js';
import type { DevNode } from '../../../src/chain/dev-node/embedded.js';
import type { CompiledContract } from '../../../src/chain/solidity/compile.js';
import { compileSolidity } from '../../../src/chain/solidity/compile.js';
import { CONTRACTS_FOLDER, compileContracts, readSources } from '../../../src/chain/solidity/sources.js';
import { deployContract } from '../../../src/chain/standalone.js';
import { encodeKey } from '../../../src/chain/verification-key.js';
import {
  type Binding,
  boundSignals,
  listLimbs,
  packedSignals,
  type StatementKind,
  type StatementSides,
  writeCommitment,
} from '../../../src/commitment/context.js';
import { hashChain } from '../../../src/commitment/poseidon.js';
import { toField } from '../../../src/core/field.js';
import { nameSignals } from '../../../src/core/statement.js';
import { CACHE_FOLDER, startNode } from '../../chain/support/nodes.js';
import { createTrapdoorKey, type TrapdoorKey } from '../../chain/support/trapdoor.js';

export interface StatementShape {
  readonly statement: StatementKind;
  readonly inputLength: number;
  readonly outputLength: number;
  readonly inputCommitted: boolean;
}

/** A model registered under a key whose secrets are known, so that any statement can be proven. */
export interface RegisteredModel {
  readonly modelId: string;
  readonly shape: StatementShape;
  readonly trapdoor: TrapdoorKey;
  readonly gasUsed: bigint;
}

export interface InferenceArgs {
  readonly agent: string;
  readonly nonce: string;
  readonly input: string;
  readonly output: string;
  readonly commitment: bigint;
}

export interface MadeInference {
  readonly inference: InferenceArgs;
  readonly signals: bigint[];
  readonly sides: StatementSides;
  /** 256 bytes, `0x` when not asked for. */
  readonly proof: string;
}

export interface Deployment {
  readonly node: DevNode;
  readonly signers: readonly JsonRpcSigner[];
  readonly contracts: Record<string, CompiledContract>;
  readonly verifier: Contract;
  /** Deploys another of the contracts. */
  deploy(name: string, ...args: unknown[]): Promise<Contract>;
  /** Registers a model of this shape under a hash of its own. */
  register(shape: StatementShape, trapdoor?: TrapdoorKey): Promise<RegisteredModel>;
}

/** The package's contracts and those that only tests need. */
export async function compileWithTestContracts(): Promise<Record<string, CompiledContract>> {
  const own = await compileContracts({ cacheFolder: CACHE_FOLDER });
  const interfaces = Object.entries(await readSources(CONTRACTS_FOLDER)).filter(([path]) =>
    /^(interfaces|statement)\//.test(path),
  );
  const extra = Object.entries(await readSources('test/contracts/solidity'));
  const sources = Object.fromEntries([...interfaces, ...extra.map(([path, text]) => [`test/${path}`, text])]);
  return { ...(await compileSolidity(sources, { cacheFolder: CACHE_FOLDER })), ...own };
}

const keys = new Map<number, TrapdoorKey>();

/** One key for each number of signals, made once. */
export function trapdoorFor(signalCount: number): TrapdoorKey {
  const known = keys.get(signalCount) ?? createTrapdoorKey(signalCount);
  keys.set(signalCount, known);
  return known;
}

function countSignals({ statement, inputLength, outputLength, inputCommitted }: StatementShape): number {
  const visibility = inputCommitted ? 'committed' : 'public';
  return nameSignals(inputLength, outputLength, { form: statement, visibility }).length;
}

export async function deploySuite(kind: 'embedded' | 'anvil'): Promise<Deployment> {
  const contracts = await compileWithTestContracts();
  const entries = Object.values(contracts).flatMap(({ abi }) => abi.filter(({ type }) => type === 'error'));
  errors = new Interface([...new Set(entries.map((entry) => JSON.stringify(entry)))].map((text) => JSON.parse(text)));
  const node = await startNode(kind);
  const signers = await Promise.all([0, 1, 2, 3, 4].map((index) => node.provider.getSigner(index)));
  const deploy = async (name: string, ...args: unknown[]) => {
    const { address } = await deployContract(signers[0], contracts[name], args);
    return new Contract(address, contracts[name].abi as never, signers[0]);
  };
  const verifier = await deploy('InferenceVerifier');
  let registered = 0;
  return {
    node,
    signers,
    contracts,
    verifier,
    deploy,
    register: async (shape, trapdoor = trapdoorFor(countSignals(shape))) => {
      const spec = {
        modelHash: toBeHex(++registered, 32),
        inputLength: shape.inputLength,
        outputLength: shape.outputLength,
        statement: shape.statement === 'bound' ? 1 : 0,
        inputCommitted: shape.inputCommitted,
      };
      const key = encodeKey(trapdoor.key);
      const modelId: string = await verifier.registerModel.staticCall(key, spec, 'uri');
      const receipt = await (await verifier.registerModel(key, spec, 'uri')).wait();
      return { modelId, shape, trapdoor, gasUsed: receipt.gasUsed };
    },
  };
}

/** An inference of `model` with a valid proof, made from the key's secrets. */
export async function makeInference(
  suite: Deployment,
  { modelId, shape, trapdoor }: RegisteredModel,
  options: {
    readonly nonce: bigint | string;
    readonly agent?: string;
    readonly input?: Uint8Array;
    readonly bytes?: Iterator<number>;
    readonly prove?: boolean;
    readonly contract?: string;
  },
): Promise<MadeInference> {
  let next = 7;
  const draw = (): number => {
    next = (next * 31 + 11) % 256;
    return options.bytes?.next().value ?? next;
  };
  const takeBytes = (length: number) => Uint8Array.from({ length }, draw);
  const sides: StatementSides = {
    inputCommitted: shape.inputCommitted,
    input:
      options.input ??
      (shape.inputCommitted ? writeCommitment(toField(BigInt(hexlify(takeBytes(32))))) : takeBytes(shape.inputLength)),
    output: takeBytes(shape.outputLength),
  };
  const binding: Binding = {
    chainId: suite.node.chainId,
    contract: options.contract ?? (await suite.verifier.getAddress()),
    modelId,
    agent: options.agent ?? suite.signers[1].address,
    nonce: typeof options.nonce === 'string' ? options.nonce : toBeHex(options.nonce, 32),
  };
  const commitment = shape.statement === 'bound' ? await hashChain(listLimbs(sides)) : 0n;
  const signals =
    shape.statement === 'bound' ? boundSignals(binding, sides, commitment) : packedSignals(binding, sides);
  const proof =
    options.prove === false ? '0x' : encodeProof(toCalldata(trapdoor.simulate(signals, 3n), signals.map(String)));
  return {
    inference: {
      agent: binding.agent,
      nonce: binding.nonce,
      input: hexlify(sides.input),
      output: hexlify(sides.output),
      commitment,
    },
    signals,
    sides,
    proof,
  };
}

/**
 * Asks first and sends then, with gas enough.
 *
 * @returns name of the contract's error, or undefined when it went through
 */
export async function attempt(
  contract: Contract,
  method: string,
  args: readonly unknown[],
  overrides: { readonly value?: bigint } = {},
): Promise<string | undefined> {
  try {
    await contract.getFunction(method).staticCall(...args, overrides);
  } catch (cause) {
    return nameRefusal(cause);
  }
  const sent = await contract.getFunction(method).send(...args, { ...overrides, gasLimit: 3_000_000n });
  await sent.wait();
  return undefined;
}

/** Name of the error with which a call is refused; `accepted` when it isn't. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  return call.then(() => 'accepted', nameRefusal);
}

/** The errors of all contracts: a contract passes on those of the contracts that it calls. */
let errors = new Interface([]);

function nameRefusal(cause: unknown): string {
  const { data, message } = cause as { data?: string | null; message: string };
  return (data && errors.parseError(data)?.name) || message;
}

/** Moves a chain's clock and mines a block. */
export async function passTime(node: DevNode, seconds: number): Promise<void> {
  await node.request({ method: 'evm_increaseTime', params: [seconds] });
  await node.request({ method: 'evm_mine' });
}

/** Time of the last block, seconds. */
export async function readClock(node: DevNode): Promise<number> {
  return (await node.provider.getBlock('latest'))?.timestamp ?? 0;
}
