import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RpcRequest } from './rpc.js';
import { RpcError } from './rpc-error.js';

const MAX_BODY_BYTES = 8_000_000;

export interface HttpEndpoint {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly server: Server;
}

/**
 * Serves JSON-RPC over HTTP on the loopback interface, with CORS open so that a local page can use it.
 *
 * @param port 0 takes a free one
 * @throws Error when the port is taken
 */
export function serveHttp(request: (request: RpcRequest) => Promise<unknown>, port: number): Promise<HttpEndpoint> {
  const server = createServer(async (incoming, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    if (incoming.method === 'OPTIONS') return response.end();
    response.setHeader('content-type', 'application/json');
    try {
      response.end(JSON.stringify(await answerBody(await readBody(incoming), request)));
    } catch (cause) {
      response.statusCode = 400;
      response.end(JSON.stringify(failure(null, new RpcError(-32700, String(cause)))));
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server });
    });
  });
}

interface JsonRpcCall extends RpcRequest {
  readonly id: unknown;
}

async function answerBody(body: string, request: (request: RpcRequest) => Promise<unknown>): Promise<unknown> {
  const parsed = JSON.parse(body) as JsonRpcCall | JsonRpcCall[];
  const answerOne = async (call: JsonRpcCall) => {
    try {
      return { jsonrpc: '2.0', id: call.id, result: await request(call) };
    } catch (cause) {
      return failure(call?.id, cause);
    }
  };
  return Array.isArray(parsed) ? Promise.all(parsed.map(answerOne)) : answerOne(parsed);
}

function failure(id: unknown, cause: unknown) {
  const error =
    cause instanceof RpcError
      ? { code: cause.code, message: cause.message, data: cause.data }
      : { code: -32603, message: cause instanceof Error ? cause.message : String(cause) };
  return { jsonrpc: '2.0', id: id ?? null, error };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RpcError(-32700, 'the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
