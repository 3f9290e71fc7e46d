import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadBullMq } from '../../src/serve/queue/bullmq.js';
import { parseQueueAddress } from '../../src/serve/queue/queue-address.js';
import { type QueueWorkerEvent, startQueueWorker } from '../../src/serve/queue/queue-worker.js';
import { RedisClient } from '../../src/serve/queue/redis-client.js';
import { encodeCommand, RedisError, ReplyReader } from '../../src/serve/queue/redis-protocol.js';
import { createProofService, type ProofService } from '../../src/serve/service.js';
import { useScratchFolder } from '../groth16/scratch.js';
import { Api } from './api.js';
import { irisBundle, irisRow } from './bundles.js';
import { hasRedis, type RedisServer, startRedis } from './redis.js';

async function failureOf(work: Promise<unknown>): Promise<{ code: string; kind: string; message: string }> {
  return work.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );
}

describe('the Redis client', () => {
  it('writes commands and reads replies, however they come in', () => {
    expect(encodeCommand(['SET', 'k', 'é', 7]).toString()).to.equal(
      '*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\né\r\n$1\r\n7\r\n',
    );
    const text = '+OK\r\n:-7\r\n$-1\r\n*-1\r\n$4\r\né\r\n\r\n*3\r\n:1\r\n*1\r\n$0\r\n\r\n-ERR inside\r\n-ERR no\r\n';
    const whole = new ReplyReader().read(Buffer.from(text));
    expect(whole.slice(0, 5)).to.deep.equal(['OK', -7, null, null, 'é\r\n']);
    const [one, nested, inside] = whole[5] as [number, string[], RedisError];
    expect([one, nested, inside.message]).to.deep.equal([1, [''], 'ERR inside']);
    expect(whole[6]).to.be.instanceOf(RedisError);
    const reader = new ReplyReader();
    const single = [...Buffer.from(text)].flatMap((byte) => reader.read(Buffer.from([byte])));
    expect(JSON.stringify(single)).to.equal(JSON.stringify(whole));
    expect(() => new ReplyReader().read(Buffer.from('HTTP/1.1 400\r\n'))).to.throw(RedisError);
  });

  it('reads addresses, and never quotes one that it refuses', () => {
    expect(parseQueueAddress('redis://127.0.0.1')).to.deep.include({ port: 6379, db: 0, isTls: false });
    expect(parseQueueAddress('rediss://u:p%40ss@[::1]:7/3')).to.deep.equal({
      host: '::1',
      port: 7,
      isTls: true,
      db: 3,
      username: 'u',
      password: 'p@ss',
    });
    for (const text of ['127.0.0.1:6379', 'http://h:s3cret@x', 'redis://:s3cret@h/x', 'redis://'])
      expect(() => parseQueueAddress(text))
        .to.throw()
        .with.property('message')
        .that.not.contains('s3cret');
  });
});

describe('BullMQ', () => {
  it('is asked for by name where it is not installed', async () => {
    const error = await failureOf(loadBullMq(() => Promise.reject(new Error('Cannot find package'))));
    expect(error).to.include({ code: 'QUEUE_PACKAGE_MISSING', kind: 'usage', hint: 'npm install bullmq@6' });
  });
});

(hasRedis ? describe : describe.skip)(
  `a queue between machines${hasRedis ? '' : ' (there is no redis-server)'}`,
  function () {
    this.timeout(30_000);
    const scratch = useScratchFolder();
    let redis: RedisServer;
    let bundle: string;
    let stores = 0;
    const services: ProofService[] = [];
    const children: ChildProcess[] = [];
    before(async () => {
      bundle = await irisBundle();
      redis = await startRedis(scratch.path('redis'));
    });
    after(() => redis.close());
    afterEach(async () => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      await Promise.all(services.splice(0).map((service) => service.close(0)));
      const client = new RedisClient(parseQueueAddress(redis.url));
      await client.call('FLUSHALL');
      await client.quit();
    });

    async function serve(store = scratch.path(`store-${stores++}`)): Promise<Api> {
      const service = await createProofService({ bundles: [bundle], store, queue: redis.url });
      services.push(service);
      return Api.open(service.url);
    }

    function startProgram(poison: string): ChildProcess {
      const program = fileURLToPath(new URL('./worker-program.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', program, redis.url, bundle, '400', poison], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      children.push(child);
      return child;
    }

    it('speaks with Redis: scripts, transactions, pages of keys, and again after Redis was gone', async () => {
      const client = new RedisClient(parseQueueAddress(redis.url));
      const lost: Error[] = [];
      client.on('error', (error) => lost.push(error));
      client.defineCommand('twice', { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1]) * 2" });
      expect(await client.runCommand('twice', ['n', 3])).to.equal(6);
      expect(await client.runCommand('twice', [['n', 3]])).to.equal(12);
      const replies = await client
        .multi()
        .hset('h', { a: 1, b: 'x' })
        .hgetall('h')
        .runCommand('twice', ['n', 1])
        .exec();
      expect(replies).to.deep.equal([
        [null, 2],
        [null, { a: '1', b: 'x' }],
        [null, 14],
      ]);
      const failing = await client.pipeline().llen('h').llen('none').exec();
      expect(failing?.[0][0]).to.be.instanceOf(RedisError);
      expect(failing?.[1]).to.deep.equal([null, 0]);
      for (let i = 0; i < 30; i++) await client.set(`page:${i}`, i);
      const keys: string[] = [];
      for await (const page of client.scanStream({ match: 'page:*', count: 5 })) keys.push(...(page as string[]));
      expect(new Set(keys).size).to.equal(30);

      const blocked = client.duplicate();
      await blocked.connect();
      const under = blocked.bzpopmin('nothing', 30).then(
        () => 'answered',
        (error) => error.message,
      );
      await client.get('n');
      await redis.kill();
      while (client.status === 'ready') await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await under).to.equal('Connection is closed.');
      const waits = client.get('n');
      await redis.start();
      expect(await waits).to.equal('7');
      expect(await client.runCommand('twice', ['n', 0])).to.equal(14);
      blocked.disconnect();
      await client.quit();
      expect((await failureOf(client.get('n'))).message).to.equal('Connection is closed.');
    });

    it('has jobs proved by a worker, verifies them, and knows them when they come again', async () => {
      const events: QueueWorkerEvent[] = [];
      const api = await serve();
      const jobs = '/v1/models/public/jobs';
      const { id } = (await api.post(jobs, { input: irisRow() })).json;
      expect((await api.get(`/v1/jobs/${id}`)).json.state).to.equal('queued');
      expect((await api.get('/metrics')).text).to.contain('\nzkinfer_queue_depth 1\n');
      const worker = await startQueueWorker({
        queue: redis.url,
        bundles: [bundle],
        workers: 1,
        onEvent: (event) => events.push(event),
      });
      try {
        expect((await api.waitForJob(id)).state).to.equal('done');
        const proof = (await api.get(`/v1/jobs/${id}/proof`)).json;
        expect((await api.post('/v1/models/public/verify', { proof })).json.valid).to.equal(true);
        const wrong = (await api.post(jobs, { input: [500, 3.5, 1.4, 0.2], strict: true })).json;
        expect((await api.waitForJob(wrong.id)).error).to.include({ code: 'QUEUE_JOB_FAILED' });
        // Another service, with a store of its own, at the same queue.
        const other = await serve();
        const again = (await other.post(jobs, { input: irisRow() })).json;
        expect(again.id).to.equal(id);
        expect((await other.waitForJob(id)).state).to.equal('done');
        expect(events.filter(({ event }) => event === 'stored')).to.have.length(1);
      } finally {
        await worker.close();
      }
    });

    it('believes neither Redis nor workers: what is no proof of the job is not taken', async () => {
      const api = await serve();
      const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow(1) })).json;
      const other = (await api.post('/v1/models/public/jobs', { input: irisRow(2) })).json.id;
      const worker = await startQueueWorker({ queue: redis.url, bundles: [bundle], workers: 1 });
      await api.waitForJob(id);
      await api.waitForJob(other);
      await worker.close();
      // A valid proof, of the same bundle, under the name of another job.
      const client = new RedisClient(parseQueueAddress(redis.url));
      const forged = (await client.get(`zkinfer:result:${other}`)) as string;
      await client.set(`zkinfer:result:${id}`, forged);
      const fresh = await serve();
      await fresh.post('/v1/models/public/jobs', { input: irisRow(1) });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await fresh.get(`/v1/jobs/${id}`)).json.state).to.equal('queued');
      expect(await client.get(`zkinfer:result:${id}`)).to.equal(null);
      await client.quit();
    });

    it('S3 never holds a hidden input, nor does a worker take one', async () => {
      for (const visibility of ['private', 'committed'] as const) {
        const hidden = await irisBundle(visibility);
        const store = scratch.path(`store-${stores++}`);
        expect(await failureOf(createProofService({ bundles: [hidden], store, queue: redis.url }))).to.include({
          code: 'QUEUE_INPUT_HIDDEN',
          kind: 'policy',
        });
        expect((await failureOf(startQueueWorker({ queue: redis.url, bundles: [hidden] }))).code).to.equal(
          'QUEUE_INPUT_HIDDEN',
        );
      }
    });

    it('goes on without the service: what was proved meanwhile is there when it starts again', async () => {
      const store = scratch.path('absent');
      const first = await serve(store);
      const { id } = (await first.post('/v1/models/public/jobs', { input: irisRow(3) })).json;
      const dropped = (await first.post('/v1/models/public/jobs', { input: irisRow(4) })).json.id;
      expect((await first.ask('DELETE', `/v1/jobs/${dropped}`)).json.state).to.equal('cancelled');
      await services.pop()?.close(0);
      const events: QueueWorkerEvent[] = [];
      const onEvent = (event: QueueWorkerEvent) => events.push(event);
      const worker = await startQueueWorker({ queue: redis.url, bundles: [bundle], workers: 1, onEvent });
      while (!events.some(({ event }) => event === 'stored')) await new Promise((resolve) => setTimeout(resolve, 20));
      await worker.close();
      const again = await serve(store);
      expect((await again.waitForJob(id)).state).to.equal('done');
      expect(events.map((event) => event.id)).to.deep.equal([id, id]);
    });

    it('says when Redis cannot be reached', async () => {
      const error = await failureOf(startQueueWorker({ queue: 'redis://127.0.0.1:1', bundles: [bundle] }));
      expect(error).to.include({ code: 'QUEUE_UNREACHABLE', kind: 'resource' });
    });

    it('gives a job up that ends every worker that begins it, and no other job suffers', async () => {
      const api = await serve();
      const poison = (await api.post('/v1/models/public/jobs', { input: irisRow(1) })).json.id;
      const good = (await api.post('/v1/models/public/jobs', { input: irisRow(2) })).json.id;
      const workers = [1, 2, 3, 4].map(() => startProgram(poison));
      expect((await api.waitForJob(good)).state).to.equal('done');
      const failed = await api.waitForJob(poison);
      expect([failed.state, failed.error.code]).to.deep.equal(['failed', 'QUEUE_JOB_FAILED']);
      expect(workers.filter(({ signalCode }) => signalCode === 'SIGKILL')).to.have.length(3);
    });
  },
);
