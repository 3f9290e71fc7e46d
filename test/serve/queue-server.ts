import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** The server of a queue of the test's own, on loopback, that keeps everything in a folder of its own. */
export interface QueueServer {
  /** Holds the password: for `--queue` by way of the environment. */
  readonly url: string;
  readonly password: string;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, with what it had kept. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Forgets every job and result. */
  clear(): Promise<void>;
  readResult(id: string): Promise<string | null>;
  /** Writes a result as whoever has the address might, in place of any other. */
  writeResult(id: string, text: string): Promise<void>;
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
