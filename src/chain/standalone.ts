import { Contract, ContractFactory, type ContractRunner, type Signer } from 'ethers';
import { ZkinferError } from '../core/error.js';
import type { ProofCalldata } from './calldata.js';
import { CODE_SIZE_LIMIT, type CompiledContract } from './compiled-contract.js';

export interface DeployedContract {
  readonly address: string;
  readonly transactionHash: string;
  readonly gasUsed: bigint;
}

/** The verdict of a contract, with the name of its error where it refused. */
export interface OnChainVerdict {
  readonly valid: boolean;
  /** Name and arguments of the contract's error, or the node's message. */
  readonly reason?: string;
}

/**
 * Deploys a contract made by `compileSolidity` and waits until it is mined.
 *
 * @throws ZkinferError `CHAIN_TOO_LARGE` before anything is sent, `CHAIN_DEPLOY_FAILED`
 */
export async function deployContract(
  signer: Signer,
  compiled: CompiledContract,
  args: readonly unknown[] = [],
  confirmations = 1,
): Promise<DeployedContract> {
  if (compiled.codeSizeBytes > CODE_SIZE_LIMIT) {
    throw new ZkinferError({
      code: 'CHAIN_TOO_LARGE',
      kind: 'usage',
      message: `The contract has ${compiled.codeSizeBytes} bytes of code; a chain accepts ${CODE_SIZE_LIMIT}.`,
      hint: 'Compile the model with the bound statement: it always has three public signals.',
    });
  }
  const factory = new ContractFactory(compiled.abi as never, compiled.bytecode, signer);
  try {
    const contract = await factory.deploy(...args);
    const receipt = await contract.deploymentTransaction()?.wait(confirmations);
    if (!receipt?.contractAddress) throw new Error('no receipt');
    return { address: receipt.contractAddress, transactionHash: receipt.hash, gasUsed: receipt.gasUsed };
  } catch (cause) {
    throw new ZkinferError({
      code: 'CHAIN_DEPLOY_FAILED',
      kind: 'checkFailed',
      message: `${compiled.contractName} was not deployed.`,
      facts: [describeFailure(cause, compiled)],
      cause,
    });
  }
}

/**
 * Asks a standalone verifier about a proof, as a call: no transaction, no cost. A refusal is an answer, not an error;
 * a node that does not answer is an error.
 */
export async function verifyOnChain(
  runner: ContractRunner,
  address: string,
  compiled: CompiledContract,
  { a, b, c, signals }: ProofCalldata,
): Promise<OnChainVerdict> {
  const contract = new Contract(address, compiled.abi as never, runner);
  try {
    const valid: unknown = await contract.getFunction('verifyProof').staticCall(a, b, c, signals);
    return valid === true ? { valid } : { valid: false, reason: 'the contract answered false' };
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code !== 'CALL_EXCEPTION' && code !== 'INVALID_ARGUMENT') throw cause;
    return { valid: false, reason: describeFailure(cause, compiled) };
  }
}

/** Gas of `verifyProof` as a transaction of its own, as the node estimates it. */
export function estimateVerifyGas(
  runner: ContractRunner,
  address: string,
  compiled: CompiledContract,
  { a, b, c, signals }: ProofCalldata,
): Promise<bigint> {
  const contract = new Contract(address, compiled.abi as never, runner);
  return contract.getFunction('verifyProof').estimateGas(a, b, c, signals);
}

function describeFailure(cause: unknown, compiled: CompiledContract): string {
  const { data, revert, shortMessage, message } = cause as {
    data?: string;
    revert?: { name: string; args: readonly unknown[] };
    shortMessage?: string;
    message?: string;
  };
  if (revert) return `${revert.name}(${revert.args.map(String).join(', ')})`;
  if (typeof data === 'string' && data.length >= 10) {
    const decoded = new Contract(
      '0x0000000000000000000000000000000000000001',
      compiled.abi as never,
    ).interface.parseError(data);
    if (decoded) return `${decoded.name}(${decoded.args.map(String).join(', ')})`;
  }
  return shortMessage ?? message ?? String(cause);
}
