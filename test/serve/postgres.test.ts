import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import * as pg from 'pg';
import { openQueueHome } from '../../src/serve/queue/open-queue-home.js';
import { createPatientPool } from '../../src/serve/queue/postgres-pool.js';
import { startQueueWorker } from '../../src/serve/queue/queue-worker.js';
import { createProofService } from '../../src/serve/service.js';
import { useScratchFolder } from '../groth16/scratch.js';
import { Api } from './api.js';
import { irisBundle, irisRow } from './bundles.js';
import { hasPostgres, type PostgresServer, startPostgres } from './postgres.js';

const DOCS = new URL('../../docs/serve.md', import.meta.url);

/** A message of PostgreSQL's protocol. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

describe('a pool of connections to PostgreSQL', () => {
  it('hands out none that was lost in the packet that brought it', async () => {
    const [welcome, ready] = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
    const fatal = message('E', Buffer.from('SFATAL\0C57P02\0Mthe server is gone\0\0'));
    let connections = 0;
    const server = createServer((socket) => {
      const isFirst = connections++ === 0;
      socket.on('error', () => {});
      socket.once('data', () => {
        if (isFirst) socket.end(Buffer.concat([welcome, ready, fatal]));
        else socket.write(Buffer.concat([welcome, ready]));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const patient = createPatientPool(pg, { host: '127.0.0.1', port, user: 'u' });
    const client = await patient.pool.connect();
    expect(connections).to.equal(2);
    client.release();
    await patient.end();
    server.close();
  });
});

(hasPostgres ? describe : describe.skip)(
  `PostgreSQL under a queue${hasPostgres ? '' : ' (there is no PostgreSQL server)'}`,
  function () {
    this.timeout(60_000);
    const scratch = useScratchFolder();
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres();
    });
    after(() => server?.close());
    afterEach(() => server.clear());

    const codeOf = (url: string) =>
      openQueueHome(url, 1).then(
        (home) => home.leave().then(() => 'none'),
        (error) => `${error.code} ${error.kind}`,
      );

    it('gets its tables from whoever comes first, and from no two who come at once', async () => {
      const homes = await Promise.all([1, 2, 3, 4].map(() => openQueueHome(server.url, 1)));
      await Promise.all(homes.map((home) => home.leave()));
      const tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'zkinfer'";
      expect((await server.query(tables)).map((row) => row.table_name)).to.include.members(['job', 'zkinfer_result']);
      expect(await codeOf(server.url)).to.equal('none');
      await server.query('UPDATE zkinfer.migration SET min_client_version = 99');
      expect(await codeOf(server.url)).to.equal('QUEUE_SCHEMA artifact');
    });

    it('has a door for a Unix socket, and says which door is closed: database, TLS', async () => {
      expect(await codeOf(server.socketUrl)).to.equal('none');
      expect(await codeOf(server.url.replace(/postgres$/, 'nowhere'))).to.equal('QUEUE_DENIED policy');
      expect(await codeOf(`${server.url}?sslmode=require`)).to.equal('QUEUE_UNREACHABLE resource');
    });

    it('believes no certificate that nobody vouches for, unless it is told to', async function () {
      if (!(await server.useTls())) return this.skip();
      const error = await openQueueHome(`${server.url}?sslmode=require`, 1).then(
        () => expect.fail('it was believed'),
        (reason) => reason,
      );
      expect([error.code, error.facts[1]]).to.deep.equal(['QUEUE_UNREACHABLE', 'self-signed certificate']);
      const home = await openQueueHome(`${server.url}?sslmode=no-verify`, 1);
      await home.results.read('nothing');
      const tls = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'zkinfer'";
      expect(await server.query(tls)).to.deep.equal([{ ssl: true }]);
      await home.leave();
    });

    it('works for a user with the rights of the handbook, and with none less', async () => {
      await server.query("CREATE ROLE queue_user LOGIN PASSWORD 's3cret-of-user'");
      const url = `postgres://queue_user:s3cret-of-user@127.0.0.1:${server.port}/postgres`;
      expect(await codeOf(url)).to.equal('QUEUE_RIGHTS policy');
      await (await openQueueHome(server.url, 1)).leave();
      expect(await codeOf(url)).to.equal('QUEUE_RIGHTS policy');
      const lines = /```sql\n([^`]+)```/.exec(readFileSync(DOCS, 'utf8'))?.[1].trim().split('\n') ?? [];
      expect(lines.length).to.be.above(1);
      for (const line of lines) {
        expect(await codeOf(url), `without ${line}`).to.equal('QUEUE_RIGHTS policy');
        await server.query(line);
      }
      const troubles: string[] = [];
      const onTrouble = (message: string) => troubles.push(message);
      const bundles = [await irisBundle()];
      const service = await createProofService({ bundles, store: scratch.path('limited'), queue: url, onTrouble });
      const worker = await startQueueWorker({ bundles, queue: url, workers: 1 });
      try {
        const api = await Api.open(service.url);
        const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow() })).json;
        expect((await api.waitForJob(id)).state).to.equal('done');
        expect(troubles).to.deep.equal([]);
        await server.query('REVOKE SELECT ON zkinfer.zkinfer_result FROM queue_user');
        await api.post('/v1/models/public/jobs', { input: irisRow(1) });
        while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        expect(troubles[0]).to.equal('permission denied for table zkinfer_result');
      } finally {
        await Promise.all([service.close(0), worker.close()]);
      }
    });

    it('forgets a result after its day, and takes another then', async () => {
      const { results, leave } = await openQueueHome(server.url, 1);
      const report = (total: number) => ({ proof: {}, saturated: [], ms: { total } }) as never;
      expect([await results.write('a', report(1)), await results.write('a', report(2))]).to.deep.equal([true, false]);
      expect((await results.read('a'))?.ms.total).to.equal(1);
      await server.query("UPDATE zkinfer.zkinfer_result SET expires_at = now() - interval '1 second'");
      expect(await results.read('a')).to.equal(null);
      expect(await results.write('a', report(3))).to.equal(true);
      expect((await results.read('a'))?.ms.total).to.equal(3);
      await leave();
    });

    it('waits out a loss in the middle of an answer, and a server that is away', async () => {
      const { results, leave, isThere } = await openQueueHome(server.url, 1);
      const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'zkinfer'";
      const [wrote] = await Promise.all([results.write('b', { ms: {} } as never), server.query(end)]);
      expect(wrote).to.be.a('boolean');
      await server.kill();
      expect(await isThere()).to.equal(false);
      const read = results.read('b');
      await server.start();
      expect(await read).to.equal(null);
      expect(await isThere()).to.equal(true);
      await leave();
    });
  },
);
