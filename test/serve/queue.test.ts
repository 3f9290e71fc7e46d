import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { PROOF_PHASES } from '../../src/groth16/progress.js';
import { holdsPassword, parseQueueAddress } from '../../src/serve/queue/queue-address.js';
import { loadQueuePackages } from '../../src/serve/queue/queue-packages.js';
import { type QueueWorkerEvent, startQueueWorker } from '../../src/serve/queue/queue-worker.js';
import { readQueuedProgress } from '../../src/serve/queue/queued-job.js';
import { createProofService, type ProofService } from '../../src/serve/service.js';
import { useScratchFolder } from '../groth16/scratch.js';
import { Api, readEvents } from './api.js';
import { irisBundle, irisRow } from './bundles.js';
import type { QueueServer } from './queue-server.js';
import { QUEUE_SERVERS } from './queue-servers.js';

async function failureOf(work: Promise<unknown>): Promise<{ code: string; kind: string; message: string }> {
  return work.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );
}

describe('a queue', () => {
  it('reads addresses, and never quotes one that it refuses', () => {
    expect(parseQueueAddress('redis://127.0.0.1')).to.deep.include({ kind: 'redis', port: 6379, db: 0, isTls: false });
    expect(parseQueueAddress('rediss://u:p%40ss@[::1]:7/3')).to.deep.equal({
      kind: 'redis',
      host: '::1',
      port: 7,
      isTls: true,
      db: 3,
      username: 'u',
      password: 'p@ss',
    });
    expect(parseQueueAddress('postgresql://u:p%40ss@db.example:7/jobs?sslmode=require')).to.deep.equal({
      kind: 'postgres',
      host: 'db.example',
      port: 7,
      tls: 'verified',
      user: 'u',
      password: 'p@ss',
      database: 'jobs',
    });
    const socket = { kind: 'postgres', host: '/run/postgresql', port: 5432, tls: 'none', user: 'u', database: 'jobs' };
    expect(parseQueueAddress('postgres://u@%2Frun%2Fpostgresql/jobs')).to.deep.equal(socket);
    expect(parseQueueAddress('postgres://u@local/jobs?host=/run/postgresql')).to.deep.equal(socket);
    for (const text of [
      '127.0.0.1:6379',
      'http://h:s3cret@x',
      'redis://:s3cret@h/x',
      'redis://',
      'postgres://',
      'postgres://u:s3cret%ff@h/x',
      'postgres://u:s3cret@h/x?sslmode=prefer',
      'postgres://u@h/x?password=s3cret',
      'postgres://u:s3cret@h/x/y',
    ])
      expect(() => parseQueueAddress(text))
        .to.throw()
        .with.property('message')
        .that.not.contains('s3cret');
  });

  it('knows an address with a password, however it is written', () => {
    for (const text of ['redis://:x@h', 'postgres://u:x@h/d', 'postgres://u@h/d?password=x', 'postgres://u:a/b@h/d'])
      expect(holdsPassword(text), text).to.equal(true);
    for (const text of ['redis://h:1', 'postgres://u@h:1/d', 'h:1']) expect(holdsPassword(text), text).to.equal(false);
  });

  it('takes from a worker how far it is, and nothing else', () => {
    expect(readQueuedProgress({ phase: 'H', fraction: 0.5 })).to.deep.equal({ phase: 'H', fraction: 0.5 });
    for (const data of [
      50,
      null,
      { phase: 'H' },
      { phase: 'X', fraction: 0 },
      { phase: 'H', fraction: 2, more: 'text' },
    ])
      expect(readQueuedProgress(data)).to.equal(null);
  });

  it('says what to install where its packages are not there', async () => {
    const load = loadQueuePackages('bullmq@6 pg@8', () => Promise.reject(new Error('Cannot find package')));
    const error = await failureOf(load);
    expect(error).to.include({ code: 'QUEUE_PACKAGE_MISSING', kind: 'usage', hint: 'npm install bullmq@6 pg@8' });
    expect(error.message).to.contain('bullmq and pg,');
  });
});

for (const { title, program, isHere, start } of QUEUE_SERVERS)
  (isHere ? describe : describe.skip)(`a queue on ${title}${isHere ? '' : ` (there is no ${program})`}`, function () {
    this.timeout(120_000);
    const scratch = useScratchFolder();
    let server: QueueServer;
    let bundle: string;
    let stores = 0;
    const services: ProofService[] = [];
    const children: ChildProcess[] = [];
    before(async () => {
      bundle = await irisBundle();
      server = await start();
    });
    after(() => server?.close());
    afterEach(async () => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      await Promise.all(services.splice(0).map((service) => service.close(0)));
      await server.clear();
    });

    async function serve(store = scratch.path(`store-${stores++}`)): Promise<Api> {
      const service = await createProofService({ bundles: [bundle], store, queue: server.url });
      services.push(service);
      return Api.open(service.url);
    }

    function startProgram(poison: string): ChildProcess {
      const program = fileURLToPath(new URL('./worker-program.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', program, server.url, bundle, '400', poison], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      children.push(child);
      return child;
    }

    it('takes jobs while its server is away, has them proved when it is back, and ends either way', async () => {
      const api = await serve();
      await server.kill();
      const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow(5) })).json;
      while ((await api.get('/readyz')).status !== 503) await new Promise((resolve) => setTimeout(resolve, 10));
      expect((await api.get(`/v1/jobs/${id}`)).json.state).to.equal('queued');
      await server.start();
      const worker = await startQueueWorker({ queue: server.url, bundles: [bundle], workers: 1 });
      expect((await api.waitForJob(id)).state).to.equal('done');
      await server.kill();
      while ((await api.get('/readyz')).status !== 503) await new Promise((resolve) => setTimeout(resolve, 10));
      await api.post('/v1/models/public/jobs', { input: irisRow(6) });
      const started = performance.now();
      await Promise.all([worker.close(), services.pop()?.close(0)]);
      expect(performance.now() - started).to.be.below(3000);
      await server.start();
    });

    it('has jobs proved by a worker, verifies them, and knows them when they come again', async () => {
      const events: QueueWorkerEvent[] = [];
      const api = await serve();
      const jobs = '/v1/models/public/jobs';
      const { id } = (await api.post(jobs, { input: irisRow() })).json;
      expect((await api.get(`/v1/jobs/${id}`)).json.state).to.equal('queued');
      expect((await api.get('/metrics')).text).to.contain('\nzkinfer_queue_depth 1\n');
      const worker = await startQueueWorker({
        queue: server.url,
        bundles: [bundle],
        workers: 1,
        // Its first proof takes long enough to be seen at work.
        backend: 'snarkjs',
        onEvent: (event) => events.push(event),
      });
      try {
        const seen = (await readEvents(`${api.url}/v1/jobs/${id}/events`)).map(({ data }) => JSON.parse(data));
        expect(seen.at(-1).state).to.equal('done');
        expect(seen.filter(({ progress }) => PROOF_PHASES.includes(progress?.phase))).to.not.deep.equal([]);
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

    it('believes neither its server nor workers: what is no proof of the job is not taken', async () => {
      const api = await serve();
      const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow(1) })).json;
      const other = (await api.post('/v1/models/public/jobs', { input: irisRow(2) })).json.id;
      const worker = await startQueueWorker({ queue: server.url, bundles: [bundle], workers: 1 });
      await api.waitForJob(id);
      await api.waitForJob(other);
      await worker.close();
      // A valid proof, of the same bundle, under the name of another job.
      const forged = (await server.readResult(other)) as string;
      await server.writeResult(id, forged);
      const fresh = await serve();
      await fresh.post('/v1/models/public/jobs', { input: irisRow(1) });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await fresh.get(`/v1/jobs/${id}`)).json.state).to.equal('queued');
      expect(await server.readResult(id)).to.equal(null);
      // Nor does what is no result at all keep one from being stored.
      await server.writeResult(id, 'null');
      const honest = await startQueueWorker({ queue: server.url, bundles: [bundle], workers: 1 });
      expect((await fresh.waitForJob(id)).state).to.equal('done');
      await honest.close();
    });

    it('S3 never holds a hidden input, nor does a worker take one', async () => {
      for (const visibility of ['private', 'committed'] as const) {
        const hidden = await irisBundle(visibility);
        const store = scratch.path(`store-${stores++}`);
        expect(await failureOf(createProofService({ bundles: [hidden], store, queue: server.url }))).to.include({
          code: 'QUEUE_INPUT_HIDDEN',
          kind: 'policy',
        });
        expect((await failureOf(startQueueWorker({ queue: server.url, bundles: [hidden] }))).code).to.equal(
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
      const worker = await startQueueWorker({ queue: server.url, bundles: [bundle], workers: 1, onEvent });
      while (!events.some(({ event }) => event === 'stored')) await new Promise((resolve) => setTimeout(resolve, 20));
      await worker.close();
      const again = await serve(store);
      expect((await again.waitForJob(id)).state).to.equal('done');
      expect(events.map((event) => event.id)).to.deep.equal([id, id]);
    });

    it('says when its server cannot be reached, or lets nobody in, and never tells the password', async () => {
      const start = (queue: string) => failureOf(startQueueWorker({ queue, bundles: [bundle] }));
      const away = await start(`${server.url.split('//')[0]}//user:${server.password}@127.0.0.1:1`);
      expect(away).to.include({ code: 'QUEUE_UNREACHABLE', kind: 'resource' });
      const wrong = server.password.replace('s3cret', 'wr0ng');
      const denied = await start(server.url.replace(server.password, wrong));
      expect(denied).to.include({ code: 'QUEUE_DENIED', kind: 'policy' });
      const nobody = await start(server.url.replace(/\/\/.*@/, '//'));
      expect(nobody.code).to.equal('QUEUE_DENIED');
      for (const error of [away, denied, nobody])
        expect(inspect(error, { depth: 9 })).to.not.match(new RegExp(`${server.password}|${wrong}`));
    });

    it('lets a process end by itself, with its server there or away', async () => {
      for (const isThere of [true, false]) {
        const program = fileURLToPath(new URL('./ending-program.ts', import.meta.url));
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', program, server.url, bundle, scratch.path('ending')],
          {
            stdio: ['pipe', 'pipe', 'ignore'],
          },
        );
        children.push(child);
        await once(child.stdout, 'data');
        if (!isThere) await server.kill();
        try {
          child.stdin.end();
          const [text] = await once(child.stdout, 'data');
          const closed = performance.now();
          expect(String(text)).to.equal('closed\n');
          expect((await once(child, 'exit'))[0]).to.equal(0);
          // Within 1 s on a machine that does nothing else; BullMQ alone would make it 5 with PostgreSQL and 10 with Redis.
          expect(performance.now() - closed).to.be.below(4000);
        } finally {
          if (!isThere) await server.start();
        }
      }
    });

    it('gives a job up that ends every worker that begins it, and no other job suffers', async () => {
      const api = await serve();
      const poison = (await api.post('/v1/models/public/jobs', { input: irisRow(1) })).json.id;
      const good = (await api.post('/v1/models/public/jobs', { input: irisRow(2) })).json.id;
      const workers = [1, 2, 3, 4].map(() => startProgram(poison));
      expect((await api.waitForJob(good, 60_000)).state).to.equal('done');
      const failed = await api.waitForJob(poison, 60_000);
      expect([failed.state, failed.error.code]).to.deep.equal(['failed', 'QUEUE_JOB_FAILED']);
      expect(workers.filter(({ signalCode }) => signalCode === 'SIGKILL')).to.have.length(3);
    });
  });
