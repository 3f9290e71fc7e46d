import { Contract, hexlify, type JsonRpcSigner, toBeHex, ZeroHash } from 'ethers';
import { encodeProof, toCalldata } from '../../../src/chain/calldata.js';
import {
  type Binding,
  boundSignals,
  listLimbs,
  packedSignals,
  type StatementKind,
  type StatementSides,
  writeCommitment,
} from '../../../src/chain/context.js';
import type { DevNode } from '../../../src/chain/dev-node/embedded.js';
import type { CompiledContract } from '../../../src/chain/solidity/compile.js';
import { compileSolidity } from '../../../src/chain/solidity/compile.js';
import { compileContracts, readSources } from '../../../src/chain/solidity/sources.js';
import { deployContract } from '../../../src/chain/standalone.js';
import { encodeKey } from '../../../src/chain/verification-key.js';
import { hashChain } from '../../../src/commitment/poseidon.js';
import { toField } from '../../../src/core/field.js';
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
  readonly contracts: Readonly<Record<string, CompiledContract>>;
  readonly verifier: Contract;
  /** Deploys another of the contracts. */
  deploy(name: string, ...args: unknown[]): Promise<Contract>;
  /** Registers a model of this shape under a hash of its own. */
  register(shape: StatementShape, trapdoor?: TrapdoorKey): Promise<RegisteredModel>;
}

/** The package's contracts and those that only tests need, compiled together. */
export async function compileWithTestContracts(): Promise<Record<string, CompiledContract>> {
  const own = await compileContracts({ cacheFolder: CACHE_FOLDER });
  const sources = await readSources('contracts');
  const extra = await readSources('test/contracts/solidity').catch(() => ({}));
  if (Object.keys(extra).length === 0) return own;
  const both = {
    ...sources,
    ...Object.fromEntries(Object.entries(extra).map(([path, text]) => [`test/${path}`, text])),
  };
  return compileSolidity(both, { cacheFolder: CACHE_FOLDER });
}

const keys = new Map<number, TrapdoorKey>();

/** One key for each number of signals, made once. */
export function trapdoorFor(signalCount: number): TrapdoorKey {
  const known = keys.get(signalCount) ?? createTrapdoorKey(signalCount);
  keys.set(signalCount, known);
  return known;
}

export function countSignals({ statement, inputLength, outputLength, inputCommitted }: StatementShape): number {
  if (statement === 'bound') return 3;
  return Math.ceil(outputLength / 31) + (inputCommitted ? 1 : Math.ceil(inputLength / 31)) + 1;
}

export async function deploySuite(kind: 'embedded' | 'anvil'): Promise<Deployment> {
  const contracts = await compileWithTestContracts();
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

/** Name of the contract's error, or of what the call gave instead. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    const value = await call;
    if (value && typeof (value as { wait?: unknown }).wait === 'function') {
      await (value as { wait(): Promise<unknown> }).wait();
    }
    return `accepted: ${String(value)}`;
  } catch (cause) {
    const { revert, message } = cause as { revert?: { name: string } | null; message: string };
    return revert?.name ?? message;
  }
}

export const NO_NONCE = ZeroHash;
