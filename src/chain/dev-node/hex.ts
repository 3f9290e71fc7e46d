import { RpcError } from './rpc-error.js';

export type Hex = `0x${string}`;

/** A quantity as JSON-RPC writes it: no leading zeros. */
export function toQuantity(value: bigint | number): Hex {
  return `0x${BigInt(value).toString(16)}`;
}

/** Reads a quantity or data field of a request. @throws RpcError -32602 */
export function readBigInt(value: unknown, fallback?: bigint): bigint {
  if (value === undefined || value === null) {
    if (fallback !== undefined) return fallback;
    throw new RpcError(-32602, 'a quantity is missing');
  }
  try {
    return BigInt(value as string);
  } catch {
    throw new RpcError(-32602, `not a quantity: ${String(value)}`);
  }
}

/** Reads bytes of a request. @throws RpcError -32602 */
export function readHex(value: unknown): Hex {
  if (typeof value !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(value)) {
    throw new RpcError(-32602, `not hexadecimal data: ${String(value).slice(0, 80)}`);
  }
  return value as Hex;
}

/** Reads an address of a request. @throws RpcError -32602 */
export function readAddress(value: unknown): Hex {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) {
    throw new RpcError(-32602, `not an address: ${String(value).slice(0, 80)}`);
  }
  return value.toLowerCase() as Hex;
}
