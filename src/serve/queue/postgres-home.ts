import type { BackendFactory, QueueBase } from 'bullmq';
import type { Client, ClientConfig } from 'pg';
import { createPatientPool, type PatientPool } from './postgres-pool.js';
import { prepareSchema, RESULT_TABLE } from './postgres-schema.js';
import { type PostgresAddress, printPlace } from './queue-address.js';
import { KEEP_RESULT_SECONDS, NAMESPACE, type QueueHome, serverDenies, serverUnreachable } from './queue-home.js';
import { type Bullmq, loadQueuePackages } from './queue-packages.js';
import { createResultStore, type ResultTexts } from './result-store.js';

type Driver = typeof import('pg');

const CONNECT_MS = 10_000;
/** Connections beside those that listen, one for each queue. */
const MAX_ASKING = 8;
/** How long BullMQ pauses after a loss; five seconds by itself, for which a process that ends would wait. */
const PAUSE_MS = 1000;

/**
 * Connects to PostgreSQL, and makes its tables where they are missing. Later losses mend themselves.
 * @throws ZkinferError QUEUE_PACKAGE_MISSING, QUEUE_UNREACHABLE, QUEUE_DENIED, QUEUE_RIGHTS, QUEUE_SCHEMA
 */
export async function openPostgresHome(address: PostgresAddress, lanes: number): Promise<QueueHome> {
  const { bullmq, client: pg } = await loadQueuePackages('bullmq@6 pg@8', importDriver);
  const config = configOf(address);
  const client = await connectOnce(pg, config).catch((cause) => {
    throw refusal(address, cause);
  });
  try {
    await prepareSchema(bullmq, client);
  } finally {
    await client.end().catch(() => {});
  }
  const patient = createPatientPool(pg, { ...config, max: lanes + MAX_ASKING });
  return {
    title: 'PostgreSQL',
    bullmq: { ...bullmq, QueueEvents: shortenPause(bullmq.QueueEvents), Worker: shortenPause(bullmq.Worker) },
    options: { connection: {} },
    backend: createBackend(bullmq, patient),
    results: createResultStore(createTexts(patient)),
    isThere: shareWhileAsked(() =>
      connectOnce(pg, { ...config, connectionTimeoutMillis: PAUSE_MS }).then(
        (one) => one.end().then(() => true),
        () => false,
      ),
    ),
    leave: () => patient.end(),
  };
}

async function importDriver(): Promise<Driver> {
  // Its types are those of CommonJS, its module has a default as well.
  return import('pg');
}

function configOf({ host, port, user, password, database, tls }: PostgresAddress): ClientConfig {
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: tls === 'none' ? false : { rejectUnauthorized: tls === 'verified' },
    // BullMQ names its tables without a schema.
    options: `-c search_path=${NAMESPACE}`,
    application_name: 'zkinfer',
    connectionTimeoutMillis: CONNECT_MS,
    // One that listens would not notice otherwise that nobody is there any more.
    keepAlive: true,
    keepAliveInitialDelayMillis: CONNECT_MS,
  };
}

async function connectOnce(pg: Driver, config: ClientConfig): Promise<Client> {
  const client = new pg.Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** Codes of PostgreSQL for who may not come in, or not there: name, password, host, database. */
const DENIALS = /^(28|3D000|42501)/;

function refusal(address: PostgresAddress, cause: Error & { code?: string }) {
  const [where, reason] = [printPlace(address), cause.message || (cause.code ?? '')];
  // The driver itself stops where a password is asked for and there is none.
  if (DENIALS.test(cause.code ?? '') || /password must be a/.test(reason))
    return serverDenies('PostgreSQL', where, reason, cause);
  return serverUnreachable('PostgreSQL', where, reason, 'start the server, or check the address', cause);
}

/** Answers everybody who asks at the same time with one answer. */
function shareWhileAsked<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}

/** Has every queue work by the one pool, whose schema was seen to. */
function createBackend({ PostgresConnection, PostgresQueueBackend }: Bullmq, { pool }: PatientPool): BackendFactory {
  class Prepared extends PostgresConnection {
    override async waitUntilReady(): Promise<void> {}
  }
  return (name, options) => new PostgresQueueBackend(new Prepared(pool), name, { ...options, connection: pool });
}

// biome-ignore lint/suspicious/noExplicitAny: a class to be extended may take anything
function shortenPause<Base extends new (...args: any[]) => QueueBase>(base: Base): Base {
  return class extends base {
    protected override checkConnectionError<T>(ask: () => Promise<T>): Promise<T | undefined> {
      return super.checkConnectionError(ask, PAUSE_MS);
    }
  };
}

function createTexts({ query }: PatientPool): ResultTexts {
  return {
    read: async (id) => {
      const { rows } = await query(`SELECT report FROM ${RESULT_TABLE} WHERE id = $1 AND expires_at > now()`, [id]);
      return (rows as { report: string }[])[0]?.report ?? null;
    },
    add: async (id, text) => {
      await query(`DELETE FROM ${RESULT_TABLE} WHERE expires_at <= now()`, []);
      const insert = `INSERT INTO ${RESULT_TABLE} VALUES ($1, $2, now() + make_interval(secs => $3)) ON CONFLICT DO NOTHING`;
      return (await query(insert, [id, text, KEEP_RESULT_SECONDS])).rowCount === 1;
    },
    remove: async (id) => {
      await query(`DELETE FROM ${RESULT_TABLE} WHERE id = $1`, [id]);
    },
  };
}
