import type { AddressInfo } from 'node:net';
import { ZkinferError } from '../core/error.js';
import type { ProverName } from '../groth16/prove.js';
import { Desk } from './desk.js';
import { checkTokens, isLoopback } from './http/access.js';
import { createHttpServer, type RequestNote } from './http/server.js';
import type { JobRecord } from './job.js';
import { JobBook } from './job-book.js';
import { openJobStore } from './job-store.js';
import { createLocalRunner } from './local-runner.js';
import { Metrics } from './metrics.js';
import { openModels, type ServedModels } from './model.js';
import { createQueueRunner } from './queue/queue-runner.js';
import type { Runner } from './runner.js';

export interface ProofServiceOptions {
  /** Bundle folders with keys. */
  readonly bundles: readonly string[];
  /** Folder where jobs are kept. */
  readonly store: string;
  /** 127.0.0.1 by default. Any other than a loopback address needs tokens, or `insecure`. */
  readonly host?: string;
  /** A free one by default. */
  readonly port?: number;
  /** Bearer tokens, any of which lets a caller in. */
  readonly tokens?: readonly string[];
  /** Serves a public address without tokens. */
  readonly insecure?: boolean;
  /** Proving threads; as many as cores and memory allow by default. */
  readonly workers?: number;
  readonly backend?: ProverName;
  /** The external program, for the backend `rapidsnark`; by default that name on PATH. */
  readonly binary?: string;
  /** `redis://HOST:PORT` or `postgres://USER@HOST/DATABASE`: has workers elsewhere prove, in place of threads here. */
  readonly queue?: string;
  /** Jobs that may wait, 1000 by default. */
  readonly maxQueue?: number;
  /** 8 MiB by default. */
  readonly maxBodyBytes?: number;
  /** Finished jobs that are kept, 10,000 by default. */
  readonly keep?: number;
  /** Never writes hidden inputs to disk; their jobs do not outlive the process. */
  readonly hiddenInMemory?: boolean;
  /** From the start of a proof to its end, ten minutes by default. */
  readonly deadlineMs?: number;
  /** A request that has not come in whole by then is dropped; 30 s by default. */
  readonly requestTimeoutMs?: number;
  readonly onJob?: (job: JobRecord) => void;
  readonly onRequest?: (request: RequestNote) => void;
  readonly onInternalError?: (error: unknown) => void;
  /** Hears what the server of the queue refuses, or that it is away: each thing once a minute. */
  readonly onTrouble?: (message: string) => void;
}

/** A service that listens. */
export interface ProofService {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly models: readonly string[];
  /** Takes no more jobs, lets those that run end within the time given (30 s), parks the others, and frees everything. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 30_000;

/**
 * Serves proofs over HTTP: jobs are taken, kept in a folder, proved in worker threads or on other machines, and verified before
 * they are given out. The API is described at `/openapi.json`.
 * @throws ZkinferError ADDRESS_OPEN (policy), ADDRESS_TAKEN, STORE_LOCKED, QUEUE_…, and those of `openBundle`
 */
export async function createProofService(options: ProofServiceOptions): Promise<ProofService> {
  const { host = '127.0.0.1', tokens = [] } = options;
  checkTokens(tokens);
  if (!isLoopback(host) && tokens.length === 0 && !options.insecure) throw addressOpen(host);
  const models = await openModels(options.bundles);
  const metrics = createMetrics();
  const cleanups: (() => Promise<void>)[] = [];
  const cleanUp = async () => {
    for (const one of cleanups.splice(0).reverse()) await one();
  };
  try {
    const store = await openJobStore(options.store, { hiddenInMemory: options.hiddenInMemory });
    cleanups.push(() => store.close());
    const runner = await createRunner(models, options);
    cleanups.push(() => runner.close());
    const { maxQueue = 1000, keep = 10_000, onJob, onInternalError } = options;
    const book = new JobBook({ store, keep, onJob });
    const desk = new Desk({ models, store, book, runner, metrics, maxQueue, onInternalError });
    let isClosing = false;
    const server = createHttpServer(
      { models, book, store, desk, runner, metrics, isClosing: () => isClosing },
      {
        tokens,
        maxBodyBytes: options.maxBodyBytes ?? 8 * 2 ** 20,
        requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
        // A page that had its name point here has no token.
        isLocal: isLoopback(host) && tokens.length === 0,
        onRequest: options.onRequest,
        onInternalError,
      },
    );
    await desk.recover();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(addressTaken(host, options.port, cause)));
      server.listen(options.port ?? 0, host, resolve);
    });
    const { port, address, family } = server.address() as AddressInfo;
    const closeAll = async (graceMs: number) => {
      isClosing = true;
      await desk.close(graceMs);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await cleanUp();
    };
    let closing: Promise<void> | undefined;
    return {
      url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
      models: [...models.keys()],
      close: (graceMs = DEFAULT_GRACE_MS) => {
        closing ??= closeAll(graceMs);
        return closing;
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function createRunner(models: ServedModels, options: ProofServiceOptions): Promise<Runner> {
  const { queue, workers, backend, binary, deadlineMs, onTrouble } = options;
  return queue === undefined
    ? createLocalRunner(models, { workers, backend, binary, deadlineMs })
    : createQueueRunner(models, { url: queue, onTrouble });
}

function createMetrics(): Metrics {
  const metrics = new Metrics();
  metrics.declare('zkinfer_jobs_finished_total', 'counter', 'Jobs that ended, by result.');
  metrics.declare('zkinfer_job_failures_total', 'counter', 'Jobs that failed, by the code of their error.');
  metrics.declare('zkinfer_http_requests_total', 'counter', 'Requests, by route and status.');
  metrics.declare('zkinfer_job_seconds', 'histogram', 'Seconds of witness and proof.');
  metrics.declare('zkinfer_job_wait_seconds', 'histogram', 'Seconds from submission to end.');
  return metrics;
}

function addressOpen(host: string): ZkinferError {
  return new ZkinferError({
    code: 'ADDRESS_OPEN',
    kind: 'policy',
    message: `${host} can be reached from other machines, and there is no token`,
    hint: 'give --token-file FILE, or --insecure where something in front of the service checks who calls',
  });
}

function addressTaken(host: string, port: number | undefined, cause: Error): ZkinferError {
  return new ZkinferError({
    code: 'ADDRESS_UNUSABLE',
    kind: 'resource',
    message: 'the service cannot listen there',
    facts: [`${host}:${port ?? 0}`, (cause as NodeJS.ErrnoException).code ?? cause.message],
    hint: 'choose another --port, or end what listens there',
    cause,
  });
}
