import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { readManifest } from '../../src/bundle/manifest-file.js';
import { bundlePaths } from '../../src/bundle/paths.js';
import { findProblems } from '../../src/serve/http/json-schema.js';
import { createProofService, type ProofService, type ProofServiceOptions } from '../../src/serve/service.js';
import { verifyInference } from '../../src/verify/verify-inference.js';
import { useScratchFolder } from '../groth16/scratch.js';
import { npy } from '../rows/numpy-files.js';
import { Api, readEvents } from './api.js';
import { irisBundle, irisRow } from './bundles.js';

const TOKEN = 'a-token-of-enough-length';
const scratch = useScratchFolder();
const services: ProofService[] = [];
let stores = 0;

async function serve(options: Partial<ProofServiceOptions> = {}): Promise<ProofService> {
  const store = options.store ?? scratch.path(`store-${stores++}`);
  const service = await createProofService({ bundles: [await irisBundle()], workers: 1, ...options, store });
  services.push(service);
  return service;
}

async function failureOf(work: Promise<unknown>): Promise<{ code: string; kind: string }> {
  return work.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );
}

/** A request for whatever host, which fetch would not send. */
function askAs(host: string, url: string, method: string, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method, headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', reject).end();
  });
}

describe('the proof service', function () {
  this.timeout(30_000);
  before(() => irisBundle());
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close(5000)));
  });

  it('answers every operation with every status that its OpenAPI document promises, and with no other', async () => {
    const service = await serve({ tokens: ['another-token-of-length', TOKEN], maxQueue: 2, maxBodyBytes: 4096 });
    const api = await Api.open(service.url, TOKEN);
    expect(api.description.openapi).to.match(/^3\.1\./);
    const jobs = '/v1/models/public/jobs';
    const unguarded = await serve();

    // Eight at once on one worker that has yet to start: some find the queue full.
    const many = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        api.post(jobs, { input: irisRow(n) }, { headers: { 'idempotency-key': `${n}` } }),
      ),
    );
    const refused = many.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).to.be.at.least(1);
    const first = many.findIndex(({ status }) => status === 202);
    const { id } = many[first].json;
    expect(many[first].headers.get('location')).to.equal(`/v1/jobs/${id}`);
    expect((await api.get(`/v1/jobs/${many.findLast(({ status }) => status === 202)?.json.id}/proof`)).status).to.equal(
      409,
    );
    const last = many.findLast(({ status }) => status === 202)?.json.id;
    expect((await api.ask('DELETE', `/v1/jobs/${last}`)).json.state).to.equal('cancelled');
    expect((await api.ask('DELETE', `/v1/jobs/${last}`)).status).to.equal(409);
    expect(
      (await api.post(jobs, { input: irisRow(50) }, { headers: { 'idempotency-key': `${first}` } })).status,
    ).to.equal(409);
    expect((await api.post(jobs, { input: irisRow(first) })).status).to.equal(200);

    const done = await api.waitForJob(id);
    expect([done.state, done.attempts]).to.deep.equal(['done', 1]);
    const proof = (await api.get(`/v1/jobs/${id}/proof`)).json;
    expect((await api.post('/v1/models/public/verify', { proof, context: '0x0' })).json.valid).to.equal(true);
    expect((await api.post('/v1/models/public/verify', { proof, context: '1' })).json.valid).to.equal(false);
    const changed = { ...proof, publicSignals: ['1', '2'] };
    expect((await api.post('/v1/models/public/verify', { proof: changed })).json.valid).to.equal(false);
    expect((await api.get('/v1/jobs?state=done&limit=1')).json.jobs).to.have.length(1);
    for (const path of [
      '/openapi.json',
      '/healthz',
      '/readyz',
      '/metrics',
      '/v1/models',
      '/v1/models/public',
      `/v1/jobs/${id}/events`,
    ])
      expect((await api.get(path)).status, path).to.equal(200);

    for (const path of [jobs, '/v1/models/public/verify']) {
      expect((await api.post(path, { frobnicate: true })).status).to.equal(400);
      expect((await api.ask('POST', path, { rawBody: '{"input": 1, "input": 2}' })).status).to.equal(400);
      expect((await api.ask('POST', path, { rawBody: '{' })).status).to.equal(400);
      expect((await api.post(path, { input: 'x'.repeat(5000) })).status).to.equal(413);
      expect((await api.post(path, {}, { headers: { 'content-type': 'text/plain' } })).status).to.equal(415);
    }
    expect((await api.get('/v1/jobs?limit=0')).status).to.equal(400);
    expect((await api.get('/v1/jobs?colour=red')).status).to.equal(400);

    const operations = Object.entries(api.description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );
    for (const { path, method, operation } of operations) {
      const isSubmission = operation.operationId === 'submitJob';
      const body = operation.requestBody ? (isSubmission ? { input: irisRow() } : { proof: null }) : undefined;
      const unknown = path.replace(/\{(\w+)\}/, 'unknown');
      if (unknown !== path) expect((await api.ask(method, unknown, { body })).status, unknown).to.equal(404);
      if (operation.security.length > 0) {
        expect((await api.ask(method, unknown, { token: '', body })).status, unknown).to.equal(401);
        expect((await api.ask(method, unknown, { token: `${TOKEN}x`, body })).status, unknown).to.equal(401);
      }
      const elsewhere = await askAs('rebound.example', unguarded.url, method, unknown);
      expect(elsewhere.status, unknown).to.equal(403);
      const headers = new Headers({ 'content-type': 'application/json' });
      api.check(method, unknown, { ...elsewhere, headers, json: undefined });
    }
    expect((await api.get('/nothing')).status).to.equal(404);
    expect((await api.ask('PUT', '/v1/jobs')).status).to.equal(405);

    // A job that has just begun keeps the service from ending at once.
    await api.post(jobs, { input: irisRow(60) });
    const closing = service.close(10_000);
    expect((await api.get('/readyz')).status).to.equal(503);
    expect((await api.post(jobs, { input: irisRow(61) })).status).to.equal(503);
    await closing;
    expect([...api.seen].sort()).to.deep.equal(api.listPromised().sort());
  });

  it('takes a row in any layout, and sees that it is the same job', async () => {
    const api = await Api.open((await serve()).url);
    const row = irisRow();
    const bodies = [
      { input: row },
      { input: [row] },
      { input: { measurements: [row] } },
      { row: { format: 'json', data: JSON.stringify([row]) } },
      { row: { format: 'json', data: JSON.stringify([{ measurements: row, label: 1 }]) } },
      { row: { format: 'ndjson', data: `${JSON.stringify(row)}\n\n` } },
      { row: { format: 'csv', data: `a;b;c;d\n${row.join(';')}\n` } },
      {
        row: { format: 'npy', data: npy('<f8', [1, 4], Buffer.from(Float64Array.from(row).buffer)).toString('base64') },
      },
      { input: row, context: '0x00', strict: false },
    ];
    const answers = [];
    for (const body of bodies) answers.push(await api.post('/v1/models/public/jobs', body));
    expect(answers.map(({ status }) => status)).to.deep.equal([202, ...bodies.slice(1).map(() => 200)]);
    expect(new Set(answers.map(({ json }) => json.id)).size).to.equal(1);
    const others = [
      { input: irisRow(1) },
      { input: row, context: '1' },
      { input: row, strict: true },
      { input: row, binding: { agent: `0x${'ab'.repeat(20)}` } },
    ];
    const ids = new Set([answers[0].json.id]);
    for (const body of others) ids.add((await api.post('/v1/models/public/jobs', body)).json.id);
    expect(ids.size).to.equal(5);
    for (const id of ids) expect((await api.waitForJob(id)).state).to.equal('done');
    for (const body of [
      {},
      { input: row, row: { format: 'csv', data: '' } },
      { input: [1, 2] },
      { input: ['5.1', 3.5, 1.4, 0.2] },
      { row: { format: 'csv', data: `${row.join()}\n${row.join()}` } },
      { row: { format: 'npz', data: 'AAAA' } },
      { input: row, context: '1', binding: {} },
      { input: row, context: '-1' },
      { input: row, salt: '7' },
      { input: row, binding: { agent: '0x12' } },
    ]) {
      const { status, text } = await api.post('/v1/models/public/jobs', body);
      expect(status, `${JSON.stringify(body)} ${text}`).to.equal(400);
    }
  });

  it('takes one job where the same is submitted many times at once, and once a key', async () => {
    const api = await Api.open((await serve()).url);
    const jobs = '/v1/models/public/jobs';
    const headers = { 'idempotency-key': 'mine' };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.post(jobs, { input: irisRow() }, { headers })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 200, 202]);
    expect((await api.get('/v1/jobs')).json.jobs).to.have.length(1);
    expect((await api.post(jobs, { input: irisRow(1) }, { headers })).status).to.equal(409);
    const named = await Promise.all(
      [1, 2].map((n) => api.post(jobs, { input: irisRow(n) }, { headers: { 'idempotency-key': 'new' } })),
    );
    expect(named.map(({ status }) => status).sort()).to.deep.equal([202, 409]);
  });

  it('fails a job that cannot be proved with the reason, and takes it anew when it is submitted again', async () => {
    const api = await Api.open((await serve()).url);
    const body = { input: [500, 3.5, 1.4, 0.2], strict: true };
    const { json } = await api.post('/v1/models/public/jobs', body);
    const failed = await api.waitForJob(json.id);
    expect([failed.state, failed.error.code]).to.deep.equal(['failed', 'INPUT_OUT_OF_RANGE']);
    expect((await api.get(`/v1/jobs/${json.id}/proof`)).status).to.equal(409);
    expect((await api.post('/v1/models/public/jobs', body)).status).to.equal(202);
    const saturated = await api.post('/v1/models/public/jobs', { ...body, strict: false });
    expect((await api.waitForJob(saturated.json.id)).saturated[0]).to.include({ input: 'measurements', elements: 1 });
  });

  it('streams every state of a job as server-sent events, and ends with the last', async () => {
    const { url } = await serve();
    const api = await Api.open(url);
    const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow() })).json;
    const events = await readEvents(`${url}/v1/jobs/${id}/events`);
    expect(new Set(events.map(({ event }) => event))).to.deep.equal(new Set(['job']));
    const states = events.map(({ data }) => JSON.parse(data).state);
    expect(states.slice(-2)).to.deep.equal(['running', 'done']);
  });

  it('tells how far a proof is while it runs, and only then', async () => {
    // The first proof of this backend takes long enough to be seen at work.
    const { url } = await serve({ backend: 'snarkjs' });
    const api = await Api.open(url);
    const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow(70) })).json;
    const jobs = (await readEvents(`${url}/v1/jobs/${id}/events`)).map(({ data }) => JSON.parse(data));
    for (const job of jobs)
      expect(
        findProblems(job, api.description.components.schemas.Job, api.description.components.schemas),
      ).to.deep.equal([]);
    const seen = jobs.filter(({ progress }) => progress !== undefined);
    expect(seen.length).to.be.above(0);
    expect(new Set(seen.map(({ state }) => state))).to.deep.equal(new Set(['running']));
    const fractions = seen.map(({ progress }) => progress.fraction);
    expect(fractions).to.deep.equal([...fractions].sort((a, b) => a - b));
    expect(jobs.at(-1)).to.include({ state: 'done' });
  });

  it('stops a job that waits and one that runs, at once', async () => {
    const api = await Api.open((await serve()).url);
    const [running, waiting] = [
      (await api.post('/v1/models/public/jobs', { input: irisRow(1) })).json.id,
      (await api.post('/v1/models/public/jobs', { input: irisRow(2) })).json.id,
    ];
    const started = performance.now();
    for (const id of [waiting, running])
      expect((await api.ask('DELETE', `/v1/jobs/${id}`)).json.state).to.equal('cancelled');
    expect(performance.now() - started).to.be.below(1000);
    const next = (await api.post('/v1/models/public/jobs', { input: irisRow(1) })).json.id;
    expect(next).to.equal(running);
    expect((await api.waitForJob(next)).state).to.equal('done');
    expect((await api.get(`/v1/jobs/${waiting}`)).json.state).to.equal('cancelled');
  });

  it('parks what it has not finished when it ends, and goes on at the next start; finished jobs stay readable', async () => {
    const store = scratch.path('restarted');
    const before = await serve({ store });
    const api = await Api.open(before.url);
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) ids.push((await api.post('/v1/models/public/jobs', { input: irisRow(n) })).json.id);
    await api.waitForJob(ids[0]);
    const proof = (await api.get(`/v1/jobs/${ids[0]}/proof`)).text;
    expect((await failureOf(serve({ store }))).code).to.equal('STORE_LOCKED');
    await before.close(0);
    const again = await Api.open((await serve({ store })).url);
    expect((await again.get(`/v1/jobs/${ids[0]}/proof`)).text).to.equal(proof);
    for (const id of ids) expect((await again.waitForJob(id)).state).to.equal('done');
    expect(await readdir(join(store, 'inputs'))).to.deep.equal([]);
    expect((await readdir(join(store, 'proofs'))).sort()).to.deep.equal(ids.map((id) => `${id}.json`).sort());
    const listed = (await again.get('/v1/jobs')).json.jobs.map(({ id }: { id: string }) => id);
    expect(listed).to.deep.equal(ids.toReversed());
  });

  it('gives a job up that ended the service three times, and takes no damaged store for an empty one', async () => {
    const store = scratch.path('fatal');
    const before = await serve({ store });
    const { id } = (await (await Api.open(before.url)).post('/v1/models/public/jobs', { input: irisRow(8) })).json;
    await before.close(0);
    const path = join(store, 'jobs', `${id}.json`);
    const record = JSON.parse(await readFile(path, 'utf8'));
    expect(record).to.include({ state: 'queued', attempts: 0 });
    // What kill -9 leaves, for the third time.
    await writeFile(path, JSON.stringify({ ...record, state: 'running', attempts: 3 }));
    const after = await serve({ store });
    const api = await Api.open(after.url);
    expect((await api.get(`/v1/jobs/${id}`)).json).to.nested.include({ state: 'failed', 'error.code': 'JOB_FATAL' });
    await after.close();
    await writeFile(path, '{');
    expect(await failureOf(serve({ store }))).to.include({ code: 'STORE_DAMAGED', kind: 'artifact' });
  });

  it('forgets hidden inputs that it was told not to write, and says so after a restart', async () => {
    const [store, bundles] = [scratch.path('forgetful'), [await irisBundle('private')]];
    const before = await serve({ store, bundles, hiddenInMemory: true });
    const { id } = (await (await Api.open(before.url)).post('/v1/models/private/jobs', { input: irisRow(7) })).json;
    await before.close(0);
    const api = await Api.open((await serve({ store, bundles, hiddenInMemory: true })).url);
    expect((await api.get(`/v1/jobs/${id}`)).json.error.code).to.equal('INPUT_GONE');
    expect((await api.post('/v1/models/private/jobs', { input: irisRow(7) })).json.id).to.equal(id);
    expect((await api.waitForJob(id)).state).to.equal('done');
  });

  it('keeps the newest finished jobs, as many as it was told', async () => {
    const store = scratch.path('few');
    const service = await serve({ store, keep: 2 });
    const api = await Api.open(service.url);
    for (let n = 0; n < 4; n++) {
      const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow(n) })).json;
      await api.waitForJob(id);
    }
    expect((await api.get('/v1/jobs')).json.jobs).to.have.length(2);
    await service.close();
    expect(await readdir(join(store, 'proofs'))).to.have.length(2);
  });

  it('measures in the text format of Prometheus: depth, durations, results and memory', async () => {
    const api = await Api.open((await serve()).url);
    await api.waitForJob((await api.post('/v1/models/public/jobs', { input: irisRow() })).json.id);
    const { text } = await api.get('/metrics');
    const line = /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-zA-Z_]+="[^"\n]*"(,[a-zA-Z_]+="[^"\n]*")*\})? [0-9.e+-]+)$/;
    for (const one of text.trimEnd().split('\n')) expect(one).to.match(line);
    const seriesOf = (series: string) =>
      Number(
        text
          .split('\n')
          .find((one) => one.startsWith(`${series} `))
          ?.split(' ')[1],
      );
    expect(seriesOf('zkinfer_queue_depth')).to.equal(0);
    expect(seriesOf('zkinfer_jobs_finished_total{model="public",result="done"}')).to.equal(1);
    expect(seriesOf('zkinfer_job_seconds_count{model="public"}')).to.equal(1);
    expect(seriesOf('zkinfer_job_seconds_bucket{model="public",le="+Inf"}')).to.equal(1);
    expect(seriesOf('zkinfer_job_seconds_sum{model="public"}')).to.be.within(0.001, 20);
    expect(seriesOf('zkinfer_memory_bytes{kind="rss"}')).to.be.above(1e7);
  });

  it('drops a request that does not come in whole in time', async () => {
    const { url } = await serve({ requestTimeoutMs: 300 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const head =
      'POST /v1/models/public/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"in';
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text)).on('error', reject);
      socket.write(head);
    });
    expect(answer).to.match(/^HTTP\/1\.1 408 /);
  });

  it('outlives requests that are none', async () => {
    const { url } = await serve();
    const ask = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(text));
        let answer = '';
        socket.on('data', (chunk) => {
          answer += chunk;
        });
        socket.on('error', () => {}).on('close', () => resolve(answer.split('\r\n', 1)[0]));
      });
    const line = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
    for (const path of ['//', 'http://[', '/v1/jobs/%E0%A4%A', '/v1/jobs/__proto__', '/v1/models/constructor', '*'])
      expect(await ask(line(path)), path).to.equal('HTTP/1.1 404 Not Found');
    expect(await ask('nonsense\r\n\r\n')).to.equal('HTTP/1.1 400 Bad Request');
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
  });

  it('refuses to be open by mistake, weak tokens, and two models of one name', async () => {
    const bundle = await irisBundle();
    expect(await failureOf(serve({ host: '0.0.0.0' }))).to.include({ code: 'ADDRESS_OPEN', kind: 'policy' });
    expect((await failureOf(serve({ tokens: ['short'] }))).code).to.equal('TOKEN_WEAK');
    expect((await failureOf(serve({ bundles: [bundle, bundle] }))).code).to.equal('MODEL_TWICE');
    const open = await serve({ host: '0.0.0.0', insecure: true });
    // Not for this machine alone, so that any name may lead here.
    expect(
      (await askAs('proofs.example', open.url.replace('0.0.0.0', '127.0.0.1'), 'GET', '/healthz')).status,
    ).to.equal(200);
  });

  it('S3 keeps a hidden input for its prover alone, and only as long as it is needed', async () => {
    const marker = 5.271828182;
    for (const [visibility, hiddenInMemory] of [
      ['private', false],
      ['committed', true],
    ] as const) {
      const store = scratch.path(`hidden-${visibility}`);
      const dir = await irisBundle(visibility);
      const seen: string[] = [];
      const note = (...parts: unknown[]) => seen.push(JSON.stringify(parts));
      const service = await serve({
        store,
        bundles: [dir],
        hiddenInMemory,
        onJob: note,
        onRequest: note,
        onInternalError: note,
      });
      const api = await Api.open(service.url);
      const jobs = `/v1/models/${visibility}/jobs`;
      const salt = visibility === 'committed' ? { salt: '271828182845904523536' } : {};
      // One job runs, the other waits with its input in the store.
      await api.post(jobs, { input: irisRow(), ...salt });
      const { id } = (await api.post(jobs, { input: [marker, 3.5, 1.4, 0.2], ...salt })).json;
      const path = join(store, 'inputs', `${id}.json`);
      if (hiddenInMemory) expect(await readdir(join(store, 'inputs'))).to.deep.equal([]);
      else expect((await stat(path)).mode & 0o777).to.equal(0o600);
      expect((await api.waitForJob(id)).state).to.equal('done');
      const proof = JSON.parse((await api.get(`/v1/jobs/${id}/proof`)).text);
      const key = JSON.parse(await readFile(bundlePaths(dir).verificationKey, 'utf8'));
      expect((await verifyInference(proof, await readManifest(dir), key)).valid).to.equal(true);
      seen.push((await api.post(jobs, { input: [marker, 'x', 1, 2], ...salt })).text);
      for (const path of ['/metrics', '/v1/jobs', `/v1/jobs/${id}`]) seen.push((await api.get(path)).text);
      await service.close();
      for (const entry of await readdir(store, { recursive: true, withFileTypes: true }))
        if (entry.isFile()) seen.push(entry.name, await readFile(join(entry.parentPath, entry.name), 'utf8'));
      expect(await readdir(join(store, 'inputs'))).to.deep.equal([]);
      for (const secret of [String(marker), '271828182845904523536'])
        for (const text of seen) expect(text.includes(secret), `${secret} in ${text.slice(0, 200)}`).to.equal(false);
    }
  });
});
