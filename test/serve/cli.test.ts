import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lastJson, runWords } from '../cli/capture.js';
import { digestFolder, type Running, startCli } from '../robustness/process.js';
import { Api } from './api.js';
import { irisBundle, irisRow } from './bundles.js';

/** Events of a running command line, from its log of one object a line. */
function eventsOf(running: Running): { event: string; url?: string; id?: string; signal?: string }[] {
  return running
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

/** Waits for the address in the log. */
async function addressOf(running: Running): Promise<string> {
  for (let i = 0; i < 1000; i++) {
    const url = eventsOf(running).find(({ event }) => event === 'listening')?.url;
    if (url) return url;
    if (running.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing listens: ${running.output()}`);
}

describe('zkinfer serve', function () {
  this.timeout(40_000);
  let folder: string;
  let bundle: string;
  const started: Running[] = [];
  const start = (...words: string[]) => {
    const running = startCli(['serve', bundle, '--port', '0', '--workers', '1', '--json', ...words], {
      ZKINFER_TOKEN: '',
    });
    started.push(running);
    return running;
  };
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zkinfer-serve-cli-'));
    bundle = await irisBundle();
  });
  after(() => {
    for (const { child } of started) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('killed with -9 and started again, ends with one proof of every job and makes none of them twice', async () => {
    const store = join(folder, 'jobs');
    const first = start('--store', store);
    const api = await Api.open(await addressOf(first));
    const ids: string[] = [];
    for (let n = 0; n < 9; n++) ids.push((await api.post('/v1/models/public/jobs', { input: irisRow(n) })).json.id);
    await api.waitForJob(ids[1]);
    first.child.kill('SIGKILL');
    await first.ended;
    const left = readdirSync(join(store, 'inputs')).length;
    expect(left, 'the kill came too late').to.be.above(0);
    const made = await digestFolder(join(store, 'proofs'));
    expect(Object.keys(made)).to.include(`${ids[0]}.json`);

    const second = start('--store', store);
    const again = await Api.open(await addressOf(second));
    for (const id of ids) {
      const job = await again.waitForJob(id);
      expect([job.state, job.attempts <= 2]).to.deep.equal(['done', true]);
      const proof = (await again.get(`/v1/jobs/${id}/proof`)).json;
      expect((await again.post('/v1/models/public/verify', { proof })).json.valid).to.equal(true);
    }
    const after = await digestFolder(join(store, 'proofs'));
    expect(Object.keys(after).sort()).to.deep.equal(ids.map((id) => `${id}.json`).sort());
    for (const [name, digest] of Object.entries(made)) expect(after[name]).to.equal(digest);
    const begun = eventsOf(second).flatMap(({ event, id }) => (event === 'running' ? [`${id}.json`] : []));
    expect(new Set(begun).size).to.equal(begun.length);
    expect(begun.filter((name) => name in made)).to.deep.equal([]);

    second.child.kill('SIGTERM');
    const { code, output } = await second.ended;
    expect([code, JSON.parse(output.trimEnd().split('\n').at(-1) as string).signal]).to.deep.equal([0, 'SIGTERM']);
  });

  it('lets running jobs end on SIGTERM, and is gone when they have', async () => {
    const store = join(folder, 'terminated');
    const running = start('--store', store);
    const api = await Api.open(await addressOf(running));
    const { id } = (await api.post('/v1/models/public/jobs', { input: irisRow() })).json;
    running.child.kill('SIGTERM');
    expect((await running.ended).code).to.equal(0);
    expect(readdirSync(join(store, 'proofs'))).to.deep.equal([`${id}.json`]);
    expect(readdirSync(join(store, 'inputs'))).to.deep.equal([]);
  });

  it('takes tokens from files and the environment alone, and refuses what would give secrets away', async () => {
    const tokens = join(folder, 'tokens');
    writeFileSync(tokens, '# nobody yet\n', { mode: 0o600 });
    const words = ['serve', bundle, '--port', '0', '--store', join(folder, 'refused'), '--json'];
    const codeOf = async (...more: string[]) => {
      const ran = await runWords(...words, ...more);
      return [ran.code, (lastJson(ran).error as { code: string }).code];
    };
    expect(await codeOf('--token-file', tokens)).to.deep.equal([2, 'TOKEN_MISSING']);
    expect(await codeOf('--token-file', join(folder, 'none'))).to.deep.equal([2, 'FILE_UNUSABLE']);
    writeFileSync(tokens, 'short\n');
    expect(await codeOf('--token-file', tokens)).to.deep.equal([2, 'TOKEN_WEAK']);
    expect(await codeOf('--host', '0.0.0.0')).to.deep.equal([5, 'ADDRESS_OPEN']);
    for (const address of [
      'redis://:s3cret@127.0.0.1:1',
      'postgres://u:s3cret@h/d',
      'postgres://u@h/d?password=s3cret',
    ]) {
      const secret = await runWords(...words, '--debug', '--queue', address);
      expect(secret.code).to.equal(5);
      expect(secret.stdout + secret.stderr).to.not.contain('s3cret');
    }
    expect((await runWords('worker', '--bundle', bundle, '--json')).code).to.equal(2);
    expect((await runWords('serve', bundle, '--max-queue', '0')).code).to.equal(2);
  });
});
