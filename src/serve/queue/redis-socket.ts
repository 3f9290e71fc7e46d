import { EventEmitter } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { encodeCommand, RedisError, type Reply, ReplyReader } from './redis-protocol.js';

/** Where a Redis server is, and how it lets one in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  /** Name of the connection in `CLIENT LIST`. */
  readonly connectionName?: string;
}

type Words = readonly (string | number | Uint8Array)[];

interface Pending {
  readonly words: Words;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const FIRST_DELAY_MS = 50;
const LAST_DELAY_MS = 2000;
const CONNECT_TIMEOUT_MS = 10_000;
/** The message that BullMQ takes for a lost connection. */
const CLOSED = 'Connection is closed.';

/**
 * A connection that opens again whenever it is lost. Commands given meanwhile wait for it; those that were under way fail, for
 * nobody knows whether they were carried out.
 *
 * Events: `ready`, `close` (lost, or ended), `end` (for good), `error`.
 */
export class RedisSocket extends EventEmitter {
  status = 'wait';
  private socket: Socket | undefined;
  private waiting: Pending[] = [];
  private sent: Pending[] = [];
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(readonly address: RedisAddress) {
    super();
  }

  /** Opens the connection. @returns once it is ready; rejects where the first attempt fails, and goes on trying */
  connect(): Promise<void> {
    if (this.status === 'ready') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const clear = () => {
        for (const [event, listener] of listeners) this.off(event, listener);
      };
      const listeners: [string, (error?: Error) => void][] = [
        ['ready', () => [clear(), resolve()]],
        ['failure', (error) => [clear(), reject(error)]],
        ['end', () => [clear(), reject(new Error(CLOSED))]],
      ];
      for (const [event, listener] of listeners) this.on(event, listener);
      if (this.status === 'wait' || this.status === 'end') this.open();
    });
  }

  private open(): void {
    this.status = 'connecting';
    const { host, port, isTls } = this.address;
    const socket = isTls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
    this.socket = socket;
    const reader = new ReplyReader();
    let problem: Error | undefined;
    socket.setNoDelay(true).setKeepAlive(true, 10_000);
    const timeout = setTimeout(() => socket.destroy(new Error('Redis does not answer')), CONNECT_TIMEOUT_MS);
    socket.on(isTls ? 'secureConnect' : 'connect', () => {
      this.greet(socket).then(
        () => {
          clearTimeout(timeout);
          this.becomeReady(socket);
        },
        (error) => socket.destroy(error),
      );
    });
    socket.on('data', (chunk) => {
      try {
        for (const reply of reader.read(chunk)) this.settle(reply);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', (error) => {
      problem = error;
    });
    socket.on('close', () => {
      clearTimeout(timeout);
      if (this.socket === socket) this.lose(problem ?? new Error(CLOSED));
    });
  }

  /** What a connection begins with. */
  private async greet(socket: Socket): Promise<void> {
    const { username, password, db, connectionName } = this.address;
    if (password !== undefined) await this.write(socket, ['AUTH', ...(username ? [username] : []), password]);
    if (db > 0) await this.write(socket, ['SELECT', db]);
    if (connectionName) await this.write(socket, ['CLIENT', 'SETNAME', connectionName]);
    await this.write(socket, ['PING']);
  }

  private becomeReady(socket: Socket): void {
    if (this.socket !== socket) return;
    this.status = 'ready';
    this.failures = 0;
    for (const pending of this.waiting.splice(0)) this.transmit(socket, pending);
    this.emit('ready');
  }

  private lose(error: Error): void {
    this.socket = undefined;
    const isOver = this.status === 'end';
    for (const pending of this.sent.splice(0)) pending.reject(new Error(CLOSED));
    this.emit('close');
    if (isOver) return;
    if (error.message !== CLOSED && this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('failure', error);
    this.status = 'reconnecting';
    const delay = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures++);
    this.timer = setTimeout(() => this.open(), delay);
  }

  private settle(reply: Reply): void {
    const pending = this.sent.shift();
    if (reply instanceof RedisError) pending?.reject(reply);
    else pending?.resolve(reply);
  }

  private transmit(socket: Socket, pending: Pending): void {
    this.sent.push(pending);
    socket.write(encodeCommand(pending.words));
  }

  private write(socket: Socket, words: Words): Promise<Reply> {
    return new Promise((resolve, reject) => this.transmit(socket, { words, resolve, reject }));
  }

  /** Sends commands in one piece. @returns their replies, in order; each rejects by itself */
  send(commands: readonly Words[]): Promise<Reply>[] {
    return commands.map(
      (words) =>
        new Promise((resolve, reject) => {
          const pending = { words, resolve, reject };
          if (this.status === 'end') reject(new Error(CLOSED));
          else if (this.status === 'ready' && this.socket) this.transmit(this.socket, pending);
          else this.waiting.push(pending);
        }),
    );
  }

  /** Closes for good, or at once opens anew. */
  disconnect(reconnect = false): void {
    clearTimeout(this.timer);
    const { socket } = this;
    if (reconnect) {
      if (socket) socket.destroy();
      else this.open();
      return;
    }
    if (this.status === 'end') return;
    this.status = 'end';
    for (const pending of [...this.sent.splice(0), ...this.waiting.splice(0)]) pending.reject(new Error(CLOSED));
    if (socket) socket.once('close', () => this.emit('end')).destroy();
    else {
      this.emit('close');
      this.emit('end');
    }
  }
}
