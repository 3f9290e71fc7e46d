import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { ZkinferError } from '../../core/error.js';
import { DEV_MNEMONIC, listDevAccounts } from './accounts.js';
import { createDevProvider, type DevNode, type DevNodeOptions } from './embedded.js';
import type { RpcRequest } from './rpc.js';
import { RpcError } from './rpc-error.js';

const START_TIMEOUT_MS = 15_000;

/** Path of anvil's binary, or undefined where its optional npm package is not installed. */
export function findAnvil(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
  } catch {
    return undefined;
  }
}

/**
 * Starts anvil (Osaka's rules) as a child process on the loopback interface.
 *
 * @param port 0 takes a free one
 * @throws ZkinferError `CHAIN_NO_ANVIL`, `CHAIN_NODE_FAILED`
 */
export async function startAnvil(options: DevNodeOptions & { readonly port?: number } = {}): Promise<DevNode> {
  const binary = findAnvil();
  if (!binary) {
    throw new ZkinferError({
      code: 'CHAIN_NO_ANVIL',
      kind: 'usage',
      message: 'anvil is not installed.',
      hint: 'Its npm package exists for Linux on x64; elsewhere use the embedded node.',
    });
  }
  const chainId = options.chainId ?? 31337;
  const port = options.port || (await findFreePort());
  const accounts = listDevAccounts(options.accounts ?? 10);
  const child = spawn(
    binary,
    [
      ...['--port', String(port), '--chain-id', String(chainId), '--accounts', String(accounts.length)],
      ...['--mnemonic', DEV_MNEMONIC, '--hardfork', 'osaka', '--host', '127.0.0.1', '--silent'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  // Also where the process is ended by a signal: no chain is left running behind it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const url = `http://127.0.0.1:${port}`;
  const request = createHttpRequest(url);
  await waitUntilReady(child, request);
  const provider = createDevProvider(request, chainId);
  return {
    kind: 'anvil',
    chainId,
    accounts,
    request,
    provider,
    listen: async () => url,
    close: async () => {
      provider.destroy();
      await stop(child);
    },
  };
}

/** EIP-1193 over an HTTP JSON-RPC address. */
function createHttpRequest(url: string): DevNode['request'] {
  let id = 0;
  return async ({ method, params = [] }: RpcRequest) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }),
    });
    const answer = (await response.json()) as {
      result?: unknown;
      error?: { code: number; message: string; data?: string };
    };
    if (answer.error) throw new RpcError(answer.error.code, answer.error.message, answer.error.data);
    return answer.result;
  };
}

async function waitUntilReady(child: ChildProcess, request: DevNode['request']): Promise<void> {
  const lines: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
  let failure: Error | undefined;
  child.once('error', (cause) => {
    failure = cause;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null && !failure) {
    try {
      await request({ method: 'eth_chainId' });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
  await stop(child);
  throw new ZkinferError({
    code: 'CHAIN_NODE_FAILED',
    kind: 'resource',
    message: 'anvil did not start.',
    facts: lines.join('').trim().split('\n').slice(0, 5),
    cause: failure,
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
