import type { Contract, ContractRunner, TransactionReceipt } from 'ethers';
import { explaining } from './errors.js';

/** A transaction that is on the chain. */
export interface Mined {
  readonly transactionHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
}

export interface SendOptions {
  /** Blocks to wait for, the one it is in included. Default 1. */
  readonly confirmations?: number;
  /** Wei to send along. */
  readonly value?: bigint;
}

/**
 * Sends a call as a transaction and waits for it. The gas limit is the estimate and a fifth more: a verification that
 * runs out of gas reverts, and the estimate is made one block earlier.
 *
 * @throws ContractRefusal before anything is sent when the contract would refuse; ZkinferError `CHAIN_…`
 */
export function sendCall(
  contract: Contract,
  method: string,
  args: readonly unknown[],
  { confirmations = 1, value = 0n }: SendOptions = {},
): Promise<Mined & { readonly receipt: TransactionReceipt }> {
  return explaining(async () => {
    const call = contract.getFunction(method);
    const estimate = await call.estimateGas(...args, { value });
    const sent = await call.send(...args, { value, gasLimit: (estimate * 6n) / 5n });
    const receipt = await sent.wait(confirmations);
    if (!receipt) throw new Error(`the transaction ${sent.hash} has no receipt`);
    return { receipt, transactionHash: receipt.hash, blockNumber: receipt.blockNumber, gasUsed: receipt.gasUsed };
  });
}

/** Asks a contract; nothing is sent. */
export function askCall<T>(contract: Contract, method: string, args: readonly unknown[]): Promise<T> {
  return explaining(() => contract.getFunction(method).staticCall(...args) as Promise<T>);
}

/** The chain that a signer or provider is connected to. */
export async function readChainId(runner: ContractRunner): Promise<bigint> {
  const network = await explaining(async () => runner.provider?.getNetwork());
  if (!network) throw new TypeError('the signer is not connected to a provider');
  return network.chainId;
}

/** Arguments of an event in a receipt. */
export function findEvent(contract: Contract, receipt: TransactionReceipt, name: string): Record<string, unknown> {
  for (const log of receipt.logs) {
    const parsed = contract.interface.parseLog(log);
    if (parsed?.name === name) return parsed.args.toObject();
  }
  throw new Error(`the transaction ${receipt.hash} has no event ${name}`);
}
