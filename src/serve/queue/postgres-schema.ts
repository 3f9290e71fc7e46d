import type { Client } from 'pg';
import { ZkinferError } from '../../core/error.js';
import { NAMESPACE } from './queue-home.js';
import type { Bullmq } from './queue-packages.js';

/** The table of results, beside those of BullMQ. */
export const RESULT_TABLE = `${NAMESPACE}.zkinfer_result`;

/** Held while the table is made, so that two who start at once do not both make it; any number that is ours. */
const LOCK = 0x7a6b_696e;

/** Rights that are asked for by every job: on tables all four, on the numbers that they draw. */
const MISSING_RIGHTS = `
  SELECT count(*)::int AS missing FROM pg_class AS one
   WHERE relnamespace = '${NAMESPACE}'::regnamespace
     AND CASE relkind
           WHEN 'r' THEN relname NOT LIKE 'relay%' AND relname <> 'migration' AND NOT (
             has_table_privilege(one.oid, 'SELECT') AND has_table_privilege(one.oid, 'INSERT')
             AND has_table_privilege(one.oid, 'UPDATE') AND has_table_privilege(one.oid, 'DELETE'))
           WHEN 'S' THEN relname NOT LIKE 'relay%' AND NOT has_sequence_privilege(one.oid, 'USAGE')
           ELSE false END`;

/**
 * Makes the schema `zkinfer` with the tables of BullMQ and that of results where they are missing, or older than this BullMQ.
 * Nothing is asked of the database that is there already: after the first time, rights to use the tables are enough.
 * @throws ZkinferError QUEUE_RIGHTS (policy), QUEUE_SCHEMA (artifact); what the connection fails with is passed on
 */
export async function prepareSchema(bullmq: Bullmq, client: Client): Promise<void> {
  try {
    const version = await bullmq.assertSchemaCompatibility(client, NAMESPACE).catch((error) => {
      if (error instanceof bullmq.SchemaMigrationRequiredError) return 0;
      throw error;
    });
    if (version < bullmq.LATEST_SCHEMA_VERSION) await bullmq.runMigrations(client, NAMESPACE);
    const { rows } = await client.query('SELECT to_regclass($1) IS NULL AS is_missing', [RESULT_TABLE]);
    if (rows[0].is_missing) await makeResultTable(client);
    const [{ missing }] = (await client.query(MISSING_RIGHTS)).rows;
    if (missing > 0) throw rightsMissing(`on ${missing} tables and sequences of the schema ${NAMESPACE}`);
  } catch (cause) {
    if (cause instanceof ZkinferError) throw cause;
    const { code, message } = cause as Error & { code?: string };
    if (code === '42501') throw rightsMissing(message, cause);
    const { SchemaVersionMismatchError, UnsupportedPostgresVersionError } = bullmq;
    if (cause instanceof SchemaVersionMismatchError) throw schemaWrong('the tables are of a newer BullMQ', cause);
    if (cause instanceof UnsupportedPostgresVersionError) throw schemaWrong('PostgreSQL is too old', cause);
    throw cause;
  }
}

async function makeResultTable(client: Client): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${RESULT_TABLE} (id text PRIMARY KEY, report text NOT NULL, expires_at timestamptz NOT NULL)`,
    );
    await client.query(`CREATE INDEX IF NOT EXISTS zkinfer_result_expires_at ON ${RESULT_TABLE} (expires_at)`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

function rightsMissing(fact: string, cause?: unknown): ZkinferError {
  return new ZkinferError({
    code: 'QUEUE_RIGHTS',
    kind: 'policy',
    message: 'the user of the queue lacks rights in PostgreSQL',
    facts: [fact],
    hint: `start once as a user who may create the schema ${NAMESPACE}, and grant its tables and sequences: docs/serve.md has the lines`,
    cause,
  });
}

function schemaWrong(message: string, cause: Error): ZkinferError {
  return new ZkinferError({
    code: 'QUEUE_SCHEMA',
    kind: 'artifact',
    message,
    facts: [cause.message],
    hint: 'let all services and workers have the same zkinfer and bullmq, and PostgreSQL 13 or newer',
    cause,
  });
}
