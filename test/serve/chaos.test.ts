import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { QueueWorkerEvent } from '../../src/serve/queue/queue-worker.js';
import { createProofService, type ProofService } from '../../src/serve/service.js';
import { type Running, startCli } from '../robustness/process.js';
import { Api } from './api.js';
import { irisBundle, irisRow } from './bundles.js';
import type { QueueServer } from './queue-server.js';
import { QUEUE_SERVERS } from './queue-servers.js';

/** The whole acceptance run kills 16 workers: `npm run chaos:queue`. */
const KILLS = Number(process.env.ZKINFER_QUEUE_KILLS ?? 1);
const FEWEST_JOBS = 8;
const JOB_EVERY_MS = 60;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function eventsOf(running: Running): QueueWorkerEvent[] {
  return running
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

for (const { title, program, isHere, start } of QUEUE_SERVERS)
  (isHere ? describe : describe.skip)(
    `chaos with a queue on ${title}${isHere ? '' : ` (there is no ${program})`}`,
    function () {
      this.timeout(60_000 + KILLS * 30_000);
      let folder: string;
      let server: QueueServer;
      let service: ProofService;
      const workers: Running[] = [];
      before(async () => {
        folder = mkdtempSync(join(tmpdir(), 'zkinfer-queue-chaos-'));
        server = await start();
        const store = join(folder, 'jobs');
        service = await createProofService({ bundles: [await irisBundle()], store, queue: server.url });
      });
      after(async () => {
        for (const { child } of workers) child.kill('SIGKILL');
        await service?.close(0);
        await server?.close();
        rmSync(folder, { recursive: true, force: true });
      });

      it(`${KILLS} kills of a worker in the middle of a proof, and one of its server: nothing is lost, nothing is stored twice`, async () => {
        const bundle = await irisBundle();
        const startWorker = async (): Promise<Running> => {
          const words = ['worker', '--bundle', bundle, '--workers', '1', '--lock', '1', '--json'];
          const running = startCli(words, { ZKINFER_QUEUE: server.url });
          workers.push(running);
          // One that cannot reach its server when it starts says so and ends.
          while (!running.output().includes('taking jobs')) await pause(JOB_EVERY_MS);
          return running;
        };
        const api = await Api.open(service.url);
        const ids: string[] = [];
        const hit = new Set<string>();
        let [kills, isServerKilled] = [0, false];
        const survivor = await startWorker();
        let victim = await startWorker();
        while (kills < KILLS || !isServerKilled || ids.length < FEWEST_JOBS) {
          ids.push((await api.post('/v1/models/public/jobs', { input: irisRow(ids.length) })).json.id);
          await pause(JOB_EVERY_MS);
          const events = eventsOf(victim);
          const last = events.at(-1);
          // A job that chance hits again and again would rightly be taken for what ends the workers.
          if (kills < KILLS && last?.event === 'begun' && !hit.has(last.id)) {
            victim.child.kill('SIGKILL');
            hit.add(last.id);
            kills++;
            victim = await startWorker();
          }
          if (!isServerKilled && 2 * kills >= KILLS && events.length > 1) {
            isServerKilled = true;
            await server.kill();
            await pause(300);
            expect((await api.get('/readyz')).status).to.equal(503);
            await server.start();
          }
        }
        for (const id of ids) {
          const job = await api.waitForJob(id);
          expect(job.state, JSON.stringify(job.error)).to.equal('done');
        }
        const proof = (await api.get(`/v1/jobs/${ids[0]}/proof`)).json;
        expect((await api.post('/v1/models/public/verify', { proof })).json.valid).to.equal(true);
        const stored = workers.flatMap((worker) =>
          eventsOf(worker).flatMap(({ event, id }) => (event === 'stored' ? [id] : [])),
        );
        expect(new Set(stored).size).to.equal(stored.length);
        expect(kills).to.equal(KILLS);
        for (const { output } of workers) expect(output()).to.not.contain(server.password);
        survivor.child.kill('SIGTERM');
        expect((await survivor.ended).code).to.equal(0);
        expect(new Set(ids).size).to.equal(ids.length);
      });
    },
  );
