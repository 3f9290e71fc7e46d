import { bytesToHex } from '@ethereumjs/util';
import { BASE_FEE_WEI, type MinedBlock, type MinedTransaction } from './dev-chain.js';
import { type Hex, toQuantity } from './hex.js';

const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;
const ZERO_WORD = `0x${'00'.repeat(32)}`;

/** A block as eth_getBlockByNumber shows it. */
export function formatBlock(mined: MinedBlock, withTransactions: boolean): Record<string, unknown> {
  const { header } = mined.block;
  const gasUsed = mined.transactions.reduce((sum, { result }) => sum + result.totalGasSpent, 0n);
  return {
    number: toQuantity(header.number),
    hash: mined.hash,
    parentHash: bytesToHex(header.parentHash),
    timestamp: toQuantity(header.timestamp),
    nonce: '0x0000000000000000',
    difficulty: '0x0',
    mixHash: ZERO_WORD,
    gasLimit: toQuantity(header.gasLimit),
    gasUsed: toQuantity(gasUsed),
    baseFeePerGas: toQuantity(BASE_FEE_WEI),
    miner: ZERO_ADDRESS,
    extraData: '0x',
    stateRoot: bytesToHex(header.stateRoot),
    receiptsRoot: bytesToHex(header.receiptTrie),
    logsBloom: bytesToHex(header.logsBloom),
    transactions: mined.transactions.map((entry) => (withTransactions ? formatTransaction(entry, mined) : entry.hash)),
    uncles: [],
  };
}

/** A transaction as eth_getTransactionByHash shows it. */
export function formatTransaction({ tx, hash }: MinedTransaction, mined: MinedBlock): Record<string, unknown> {
  const fees = tx as { maxFeePerGas?: bigint; maxPriorityFeePerGas?: bigint };
  return {
    hash,
    type: toQuantity(tx.type),
    chainId: toQuantity(tx.common.chainId()),
    nonce: toQuantity(tx.nonce),
    blockHash: mined.hash,
    blockNumber: toQuantity(mined.block.header.number),
    transactionIndex: '0x0',
    from: tx.getSenderAddress().toString(),
    to: tx.to?.toString() ?? null,
    value: toQuantity(tx.value),
    gas: toQuantity(tx.gasLimit),
    gasPrice: toQuantity(effectiveGasPrice(tx)),
    ...(fees.maxFeePerGas === undefined
      ? {}
      : {
          maxFeePerGas: toQuantity(fees.maxFeePerGas),
          maxPriorityFeePerGas: toQuantity(fees.maxPriorityFeePerGas ?? 0n),
          accessList: [],
        }),
    input: bytesToHex(tx.data),
    v: toQuantity(tx.v ?? 0n),
    r: toQuantity(tx.r ?? 0n),
    s: toQuantity(tx.s ?? 0n),
  };
}

/** A receipt as eth_getTransactionReceipt shows it. */
export function formatReceipt(
  { tx, hash, result, logs }: MinedTransaction,
  mined: MinedBlock,
): Record<string, unknown> {
  const created = result.createdAddress?.toString() as Hex | undefined;
  return {
    transactionHash: hash,
    transactionIndex: '0x0',
    blockHash: mined.hash,
    blockNumber: toQuantity(mined.block.header.number),
    from: tx.getSenderAddress().toString(),
    to: tx.to?.toString() ?? null,
    contractAddress: created ?? null,
    gasUsed: toQuantity(result.totalGasSpent),
    cumulativeGasUsed: toQuantity(result.totalGasSpent),
    effectiveGasPrice: toQuantity(effectiveGasPrice(tx)),
    logs,
    logsBloom: bytesToHex(result.bloom.bitvector),
    status: result.execResult.exceptionError ? '0x0' : '0x1',
    type: toQuantity(tx.type),
  };
}

function effectiveGasPrice(tx: MinedTransaction['tx']): bigint {
  const fees = tx as { gasPrice?: bigint; maxFeePerGas?: bigint; maxPriorityFeePerGas?: bigint };
  if (fees.maxFeePerGas === undefined) return fees.gasPrice ?? BASE_FEE_WEI;
  const wanted = BASE_FEE_WEI + (fees.maxPriorityFeePerGas ?? 0n);
  return wanted < fees.maxFeePerGas ? wanted : fees.maxFeePerGas;
}
