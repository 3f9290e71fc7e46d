import { type Block, createBlock } from '@ethereumjs/block';
import { type Common, createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import { createFeeMarket1559Tx, createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx';
import { type Address, bytesToHex, createAccount, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, type RunTxResult, runTx, type VM } from '@ethereumjs/vm';
import { type Hex, readAddress, readBigInt, readHex, toQuantity } from './hex.js';
import { RpcError } from './rpc-error.js';

/** The fields of eth_call, eth_estimateGas and eth_sendTransaction that the node reads. */
export interface CallRequest {
  readonly from?: string;
  readonly to?: string | null;
  readonly data?: string;
  readonly input?: string;
  readonly value?: string;
  readonly gas?: string;
  readonly nonce?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
}

export interface LogEntry {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  readonly transactionIndex: Hex;
  readonly logIndex: Hex;
  readonly removed: false;
}

/** One block, which holds one transaction or none. */
export interface MinedBlock {
  readonly block: Block;
  readonly hash: Hex;
  readonly transactions: readonly MinedTransaction[];
}

export interface MinedTransaction {
  readonly tx: TypedTransaction;
  readonly hash: Hex;
  readonly result: RunTxResult;
  readonly logs: readonly LogEntry[];
}

/** Gas limit of one transaction on chains with Osaka's rules (EIP-7825). */
const TX_GAS_LIMIT = 16_777_216n;
const BLOCK_GAS_LIMIT = 60_000_000n;
const NO_ONE: Hex = `0x${'00'.repeat(20)}`;

/** Price of a unit of gas in a block, wei; constant. */
export const BASE_FEE_WEI = 1_000_000_000n;

/**
 * A chain of one process: each transaction is mined at once, in a block of its own, under Osaka's rules.
 * Calls must not overlap; the RPC layer queues them.
 */
export class DevChain {
  readonly blocks: MinedBlock[] = [];
  readonly transactions = new Map<Hex, { mined: MinedTransaction; blockNumber: bigint }>();
  private clockOffsetSeconds = 0n;
  private nextTimestamp: bigint | undefined;

  private constructor(
    readonly chainId: number,
    private readonly common: Common,
    private readonly vm: VM,
  ) {}

  static async create(chainId: number): Promise<DevChain> {
    const common = createCustomCommon({ chainId, name: 'zkinfer-dev' }, Mainnet, { hardfork: Hardfork.Osaka });
    const chain = new DevChain(chainId, common, await createVM({ common }));
    chain.append(chain.draftBlock(), []);
    return chain;
  }

  get head(): MinedBlock {
    return this.blocks[this.blocks.length - 1];
  }

  async getBalance(address: Hex): Promise<bigint> {
    return (await this.vm.stateManager.getAccount(createAddressFromString(address)))?.balance ?? 0n;
  }

  async getNonce(address: Hex): Promise<bigint> {
    return (await this.vm.stateManager.getAccount(createAddressFromString(address)))?.nonce ?? 0n;
  }

  async getCode(address: Hex): Promise<Hex> {
    return bytesToHex(await this.vm.stateManager.getCode(createAddressFromString(address)));
  }

  async getStorage(address: Hex, slot: bigint): Promise<Hex> {
    const key = hexToBytes(`0x${slot.toString(16).padStart(64, '0')}`);
    const value = await this.vm.stateManager.getStorage(createAddressFromString(address), key);
    return `0x${bytesToHex(value).slice(2).padStart(64, '0')}`;
  }

  async setBalance(address: Hex, balance: bigint): Promise<void> {
    const nonce = await this.getNonce(address);
    await this.vm.stateManager.putAccount(createAddressFromString(address), createAccount({ nonce, balance }));
  }

  /** Moves the clock: the next block is at least that much later than the last one. */
  increaseTime(seconds: bigint): void {
    const ahead = this.head.block.header.timestamp - this.readClock();
    this.clockOffsetSeconds += seconds + (ahead > 0n ? ahead : 0n);
  }

  /** Time of the next block, seconds. @throws RpcError when it isn't after the last block's */
  setNextTimestamp(timestamp: bigint): void {
    if (timestamp <= this.head.block.header.timestamp) throw new RpcError(-32602, 'the timestamp is not in the future');
    this.nextTimestamp = timestamp;
    this.clockOffsetSeconds = timestamp - BigInt(Math.floor(Date.now() / 1000));
  }

  /** Adds an empty block. */
  mineEmpty(): void {
    this.append(this.draftBlock(), []);
  }

  /** Runs a request on the latest state and forgets it. @returns the answer; @throws RpcError 3 with the revert's data */
  async call(request: CallRequest): Promise<Hex> {
    const result = await this.runAndForget(request, readBigInt(request.gas, TX_GAS_LIMIT));
    throwIfReverted(result);
    return bytesToHex(result.execResult.returnValue);
  }

  /**
   * The least gas limit found with which the request succeeds. What a run used is not enough when code keeps a part
   * back (63/64) or looks at the gas that is left, so the answer is always a limit that was run.
   */
  async estimateGas(request: CallRequest): Promise<bigint> {
    const cap = min(readBigInt(request.gas, TX_GAS_LIMIT), TX_GAS_LIMIT);
    const full = await this.runAndForget(request, cap);
    throwIfReverted(full);
    let low = full.totalGasSpent - 1n;
    let high = cap;
    for (const guess of [full.totalGasSpent, ((full.totalGasSpent + full.gasRefund + 2_300n) * 64n) / 63n]) {
      if (guess <= low || guess >= high) continue;
      if (await this.succeeds(request, guess)) high = guess;
      else low = guess;
    }
    while (high - low > 1n + high / 64n) {
      const middle = (high + low) / 2n;
      if (await this.succeeds(request, middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  /** Signs for `privateKey` and mines. */
  async sendTransaction(request: CallRequest, privateKey: string): Promise<Hex> {
    const nonce = readBigInt(request.nonce, await this.getNonce(readAddress(request.from)));
    const gasLimit = request.gas === undefined ? await this.estimateGas(request) : readBigInt(request.gas);
    const tx = this.draftTransaction(request, gasLimit, nonce).sign(hexToBytes(readHex(privateKey)));
    return this.mine(tx);
  }

  /** Mines a signed transaction. */
  async sendRawTransaction(raw: Hex): Promise<Hex> {
    let tx: TypedTransaction;
    try {
      tx = createTxFromRLP(hexToBytes(raw), { common: this.common });
    } catch (cause) {
      throw new RpcError(-32000, `the transaction is not readable: ${messageOf(cause)}`);
    }
    return this.mine(tx);
  }

  private async mine(tx: TypedTransaction): Promise<Hex> {
    const hash = bytesToHex(tx.hash());
    const block = this.draftBlock();
    const sender = tx.getSenderAddress().toString() as Hex;
    const expected = await this.getNonce(sender);
    if (tx.nonce < expected) throw new RpcError(-32000, `nonce too low: next nonce ${expected}, tx nonce ${tx.nonce}`);
    if (tx.nonce > expected) throw new RpcError(-32000, `nonce too high: next nonce ${expected}, tx nonce ${tx.nonce}`);
    let result: RunTxResult;
    try {
      result = await runTx(this.vm, { tx, block, skipHardForkValidation: true });
    } catch (cause) {
      const text = messageOf(cause);
      throw new RpcError(
        -32000,
        text.includes('balance') ? `insufficient funds for gas * price + value: ${text}` : text,
      );
    }
    this.append(block, [{ tx, hash, result }]);
    return hash;
  }

  private append(block: Block, ran: readonly Omit<MinedTransaction, 'logs'>[]): void {
    const hash = bytesToHex(block.hash());
    const blockNumber = block.header.number;
    const transactions = ran.map((entry) => ({ ...entry, logs: readLogs(entry, toQuantity(blockNumber), hash) }));
    for (const mined of transactions) this.transactions.set(mined.hash, { mined, blockNumber });
    this.blocks.push({ block, hash, transactions });
    this.nextTimestamp = undefined;
  }

  private readClock(): bigint {
    return BigInt(Math.floor(Date.now() / 1000)) + this.clockOffsetSeconds;
  }

  private draftBlock(): Block {
    const parent = this.blocks.length > 0 ? this.head : undefined;
    const now = this.readClock();
    const earliest = parent ? parent.block.header.timestamp + 1n : 0n;
    return createBlock(
      {
        header: {
          number: BigInt(this.blocks.length),
          parentHash: parent ? hexToBytes(parent.hash) : undefined,
          timestamp: this.nextTimestamp ?? (now > earliest ? now : earliest),
          gasLimit: BLOCK_GAS_LIMIT,
          baseFeePerGas: BASE_FEE_WEI,
        },
      },
      { common: this.common, skipConsensusFormatValidation: true },
    );
  }

  private draftTransaction(request: CallRequest, gasLimit: bigint, nonce: bigint) {
    const maxFeePerGas = readBigInt(request.maxFeePerGas, BASE_FEE_WEI * 2n);
    return createFeeMarket1559Tx(
      {
        chainId: this.chainId,
        to: request.to ? readAddress(request.to) : undefined,
        data: readHex(request.data ?? request.input ?? '0x'),
        value: readBigInt(request.value, 0n),
        gasLimit,
        nonce,
        maxFeePerGas,
        maxPriorityFeePerGas: min(readBigInt(request.maxPriorityFeePerGas, 0n), maxFeePerGas),
      },
      { common: this.common, freeze: false },
    );
  }

  private async runAndForget(request: CallRequest, gasLimit: bigint): Promise<RunTxResult> {
    const from = createAddressFromString(request.from ? readAddress(request.from) : NO_ONE);
    const tx = asSentBy(this.draftTransaction(request, min(gasLimit, TX_GAS_LIMIT), 0n), from);
    const block = this.draftBlock();
    await this.vm.stateManager.checkpoint();
    try {
      return await runTx(this.vm, { tx, block, skipNonce: true, skipBalance: true, skipHardForkValidation: true });
    } catch (cause) {
      throw new RpcError(-32000, messageOf(cause));
    } finally {
      await this.vm.stateManager.revert();
    }
  }

  private async succeeds(request: CallRequest, gasLimit: bigint): Promise<boolean> {
    try {
      return (await this.runAndForget(request, gasLimit)).execResult.exceptionError === undefined;
    } catch {
      return false; // below the intrinsic cost
    }
  }
}

/** An unsigned transaction that runs as if `from` had signed it: for calls and estimates only. */
function asSentBy<T extends TypedTransaction>(tx: T, from: Address): T {
  tx.getSenderAddress = () => from;
  return tx;
}

function readLogs(entry: Omit<MinedTransaction, 'logs'>, blockNumber: Hex, blockHash: Hex): LogEntry[] {
  return (entry.result.execResult.logs ?? []).map(([address, topics, data], index) => ({
    address: bytesToHex(address),
    topics: topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(data),
    blockNumber,
    blockHash,
    transactionHash: entry.hash,
    transactionIndex: '0x0',
    logIndex: toQuantity(index),
    removed: false,
  }));
}

function throwIfReverted(result: RunTxResult): void {
  const failure = result.execResult.exceptionError;
  if (!failure) return;
  const reason = String(failure.error);
  if (reason === 'revert') throw new RpcError(3, 'execution reverted', bytesToHex(result.execResult.returnValue));
  throw new RpcError(-32000, reason);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
