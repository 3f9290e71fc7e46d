/** An answer that says no, as JSON-RPC carries it: 3 is a revert (with its data), -32601 … -32000 the rest. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: string,
  ) {
    super(message);
    this.name = 'RpcError';
  }
}
