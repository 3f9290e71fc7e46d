import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IRedisClient, IRedisTransaction } from 'bullmq';
import { RedisError, type Reply } from './redis-protocol.js';
import { type RedisAddress, RedisSocket } from './redis-socket.js';

type Word = string | number | Uint8Array;
type Command = readonly Word[];

interface Script {
  readonly lua: string;
  readonly sha: string;
  readonly keyCount: number;
}

/** Arguments of a script: BullMQ gives them as a list or as one array, and nothing stands for an empty text. */
function scriptWords(args: readonly unknown[]): Word[] {
  const list = (args.length === 1 && Array.isArray(args[0]) ? args[0] : args) as unknown[];
  return list.map((arg) => (arg === undefined || arg === null ? '' : arg instanceof Uint8Array ? arg : String(arg)));
}

function pairsToRecord(reply: Reply): Record<string, string> {
  const pairs = (reply ?? []) as string[];
  return Object.fromEntries(
    Array.from({ length: pairs.length >> 1 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]] as const),
  );
}

const recordToWords = (data: Readonly<Record<string, string | number>>): Word[] => Object.entries(data).flat();

/**
 * A client of one Redis server as BullMQ wants it, over TCP or TLS. It knows the commands that BullMQ uses, and no clusters.
 */
export class RedisClient extends RedisSocket implements IRedisClient {
  readonly isCluster = false;
  readonly options: Record<string, unknown>;
  private readonly scripts: Map<string, Script>;

  constructor(address: RedisAddress, scripts: ReadonlyMap<string, Script> = new Map()) {
    super(address);
    this.options = { maxRetriesPerRequest: null };
    this.scripts = new Map(scripts);
    // Whether the first attempt fails shows in the events; later ones follow by themselves.
    this.connect().catch(() => {});
  }

  duplicate(options: Partial<RedisAddress> = {}): RedisClient {
    return new RedisClient({ ...this.address, connectionName: options.connectionName }, this.scripts);
  }

  async quit(): Promise<string> {
    if (this.status === 'ready') await this.call('QUIT').catch(() => null);
    this.disconnect();
    return 'OK';
  }

  /** Sends one command. @throws RedisError, or an Error where the connection is lost meanwhile */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of a reply follows from the command, which the callers below know
  call(...words: Word[]): Promise<any> {
    return this.send([words])[0];
  }

  defineCommand(name: string, { lua, numberOfKeys }: { numberOfKeys: number; lua: string }): void {
    this.scripts.set(name, { lua, keyCount: numberOfKeys, sha: createHash('sha1').update(lua).digest('hex') });
  }

  findScript(name: string): Script {
    const script = this.scripts.get(name);
    if (!script) throw new RangeError(`there is no script ${name}`);
    return script;
  }

  async runCommand(name: string, args: unknown[]): Promise<unknown> {
    const { lua, sha, keyCount } = this.findScript(name);
    const words = scriptWords(args);
    try {
      return await this.call('EVALSHA', sha, keyCount, ...words);
    } catch (error) {
      if (!(error instanceof RedisError) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.call('EVAL', lua, keyCount, ...words);
    }
  }

  multi(): IRedisTransaction {
    return new RedisTransaction(this, true);
  }

  pipeline(): IRedisTransaction {
    return new RedisTransaction(this, false);
  }

  hgetall = async (key: string) => pairsToRecord(await this.call('HGETALL', key));
  hget = (key: string, field: string) => this.call('HGET', key, field);
  hmget = (key: string, ...fields: string[]) => this.call('HMGET', key, ...fields);
  hset = (key: string, data: Record<string, string | number>) => this.call('HSET', key, ...recordToWords(data));
  hdel = (key: string, ...fields: string[]) => this.call('HDEL', key, ...fields);
  hexists = (key: string, field: string) => this.call('HEXISTS', key, field);
  get = (key: string) => this.call('GET', key);
  del = (...keys: string[]) => (keys.length === 0 ? Promise.resolve(0) : this.call('DEL', ...keys));
  zcard = (key: string) => this.call('ZCARD', key);
  zscore = (key: string, member: string) => this.call('ZSCORE', key, member);
  lrange = (key: string, start: number, end: number) => this.call('LRANGE', key, start, end);
  llen = (key: string) => this.call('LLEN', key);
  ltrim = (key: string, start: number, end: number) => this.call('LTRIM', key, start, end);
  lpos = (key: string, value: string) => this.call('LPOS', key, value);
  smembers = (key: string) => this.call('SMEMBERS', key);
  bzpopmin = (key: string, timeout: number) => this.call('BZPOPMIN', key, timeout);
  info = () => this.call('INFO');
  clientSetName = (name: string) => this.call('CLIENT', 'SETNAME', name);
  clientList = () => this.call('CLIENT', 'LIST');
  clientInfo = () => this.call('CLIENT', 'INFO');

  set(key: string, value: string | number, { PX, EX }: { PX?: number; EX?: number } = {}): Promise<string | null> {
    const expiry = PX !== undefined ? ['PX', PX] : EX !== undefined ? ['EX', EX] : [];
    return this.call('SET', key, value, ...expiry);
  }

  zrange(key: string, start: number, end: number, options: { WITHSCORES?: boolean } = {}): Promise<string[]> {
    return this.call('ZRANGE', key, start, end, ...(options.WITHSCORES ? ['WITHSCORES'] : []));
  }

  zrevrange(key: string, start: number, end: number, options: { WITHSCORES?: boolean } = {}): Promise<string[]> {
    return this.call('ZREVRANGE', key, start, end, ...(options.WITHSCORES ? ['WITHSCORES'] : []));
  }

  xadd(
    key: string,
    id: string,
    fields: Record<string, string | number>,
    { MAXLEN, approximate }: { MAXLEN?: number; approximate?: boolean } = {},
  ): Promise<string> {
    const trim = MAXLEN === undefined ? [] : ['MAXLEN', ...(approximate === false ? [] : ['~']), MAXLEN];
    return this.call('XADD', key, ...trim, id, ...recordToWords(fields));
  }

  xread(
    streams: { key: string; id: string }[],
    { BLOCK, COUNT }: { BLOCK?: number; COUNT?: number } = {},
  ): Promise<unknown> {
    const options = [
      ...(BLOCK === undefined ? [] : ['BLOCK', BLOCK]),
      ...(COUNT === undefined ? [] : ['COUNT', COUNT]),
    ];
    return this.call('XREAD', ...options, 'STREAMS', ...streams.map(({ key }) => key), ...streams.map(({ id }) => id));
  }

  xtrim(
    key: string,
    strategy: 'MAXLEN',
    threshold: number,
    { approximate }: { approximate?: boolean } = {},
  ): Promise<number> {
    return this.call('XTRIM', key, strategy, ...(approximate === false ? [] : ['~']), threshold);
  }

  scan(cursor: string | number, { MATCH, COUNT }: { MATCH?: string; COUNT?: number }): Promise<[string, string[]]> {
    const options = [
      ...(MATCH === undefined ? [] : ['MATCH', MATCH]),
      ...(COUNT === undefined ? [] : ['COUNT', COUNT]),
    ];
    return this.call('SCAN', cursor, ...options);
  }

  scanStream({ match, count }: { match: string; count?: number }): Readable {
    const scan = this.scan.bind(this);
    async function* pages() {
      let cursor = '0';
      do {
        const [next, keys] = await scan(cursor, { MATCH: match, COUNT: count });
        if (keys.length > 0) yield keys;
        cursor = next;
      } while (cursor !== '0');
    }
    return Readable.from(pages(), { objectMode: true });
  }
}

/** Commands that are sent together: all or none with MULTI, or just in one go. */
class RedisTransaction implements IRedisTransaction {
  private readonly commands: Command[] = [];
  private readonly readers: ((reply: Reply) => unknown)[] = [];

  constructor(
    private readonly client: RedisClient,
    private readonly isAtomic: boolean,
  ) {}

  private add(command: Command, read: (reply: Reply) => unknown = (reply) => reply): this {
    this.commands.push(command);
    this.readers.push(read);
    return this;
  }

  hgetall = (key: string) => this.add(['HGETALL', key], pairsToRecord);
  hset = (key: string, data: Record<string, string | number>) => this.add(['HSET', key, ...recordToWords(data)]);
  smembers = (key: string) => this.add(['SMEMBERS', key]);
  zrange = (key: string, start: number, end: number) => this.add(['ZRANGE', key, start, end]);
  lrange = (key: string, start: number, end: number) => this.add(['LRANGE', key, start, end]);
  llen = (key: string) => this.add(['LLEN', key]);
  del = (...keys: string[]) => this.add(['DEL', ...keys]);
  hscan = (key: string, cursor: string | number, { COUNT }: { COUNT?: number } = {}) =>
    this.add(['HSCAN', key, cursor, ...(COUNT === undefined ? [] : ['COUNT', COUNT])]);
  sscan = (key: string, cursor: string | number, { COUNT }: { COUNT?: number } = {}) =>
    this.add(['SSCAN', key, cursor, ...(COUNT === undefined ? [] : ['COUNT', COUNT])]);

  runCommand(name: string, args: unknown[]): this {
    const { lua, keyCount } = this.client.findScript(name);
    // Not by digest: inside MULTI nobody could answer that the server does not know it.
    return this.add(['EVAL', lua, keyCount, ...scriptWords(args)]);
  }

  // biome-ignore lint/suspicious/noExplicitAny: as BullMQ declares it
  async exec(): Promise<[Error | null, any][] | null> {
    if (this.commands.length === 0) return [];
    if (!this.isAtomic) {
      const settled = await Promise.allSettled(this.client.send(this.commands));
      return settled.map((one, i) => this.readOne(one.status === 'fulfilled' ? one.value : one.reason, i));
    }
    const replies = this.client.send([['MULTI'], ...this.commands, ['EXEC']]);
    // What is wrong with a command shows in the last reply.
    for (const reply of replies.slice(0, -1)) reply.catch(() => {});
    const results = (await replies.at(-1)) as Reply[] | null;
    return results === null ? null : results.map((one, i) => this.readOne(one, i));
  }

  private readOne(reply: Reply | Error, i: number): [Error | null, unknown] {
    return reply instanceof Error ? [reply, null] : [null, this.readers[i](reply)];
  }
}
