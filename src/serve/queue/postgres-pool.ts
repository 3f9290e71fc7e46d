import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient, PoolConfig } from 'pg';

type Driver = typeof import('pg');
type Callback = (error: Error | undefined, client: PoolClient | undefined, done: PoolClient['release']) => void;

/** Connections to PostgreSQL, of which whoever asks for one while the server is away gets one when it is back. */
export interface PatientPool {
  readonly pool: Pool;
  /** Asks again where the connection was lost over the answer: for what may be done twice. */
  query(text: string, values: readonly unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
  /** Ends all; what waits for the server fails. */
  end(): Promise<void>;
}

const SHORTEST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;
const MAX_TRIES = 5;
const FAREWELL_MS = 1000;

/** Makes a pool that never gives up. For a server that has let us in once, so that no failure of it is for good. */
export function createPatientPool(pg: Driver, config: PoolConfig): PatientPool {
  const leaving = new AbortController();
  // One may be lost in the very packet that says that it is there, before whoever asked for it can listen.
  const lost = new WeakSet<PoolClient>();

  class Patient extends pg.Pool {
    /** While the server is away, one knocks for all. */
    private isBack: Promise<void> | undefined;

    override connect(): Promise<PoolClient>;
    override connect(callback: Callback): void;
    override connect(callback?: Callback): Promise<PoolClient> | undefined {
      const connected = this.connectPatiently();
      if (!callback) return connected;
      connected.then(
        (client) => callback(undefined, client, client.release),
        (error) => callback(error, undefined, () => {}),
      );
      return undefined;
    }

    private async connectPatiently(): Promise<PoolClient> {
      for (;;) {
        try {
          const client = await super.connect();
          if (!lost.has(client)) return client;
          client.release(true);
        } catch (error) {
          if (leaving.signal.aborted) throw error;
          this.isBack ??= this.knock().finally(() => {
            this.isBack = undefined;
          });
          await this.isBack;
        }
      }
    }

    private async knock(): Promise<void> {
      for (let delay = SHORTEST_DELAY_MS; !leaving.signal.aborted; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
        await pause(delay, undefined, { signal: leaving.signal }).catch(() => {});
        const client = await super.connect().catch(() => undefined);
        client?.release(lost.has(client));
        if (client) return;
      }
    }
  }

  const pool = new Patient(config);
  // Every queue listens to errors; each of them also reaches whoever asked.
  pool.setMaxListeners(0);
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => lost.add(client)));
  const isLoss = (error: unknown) => !(error instanceof pg.DatabaseError) || /^(57P|08)/.test(error.code ?? '');
  return {
    pool,
    query: async (text, values) => {
      for (let tries = 1; ; tries++) {
        try {
          return await pool.query(text, [...values]);
        } catch (error) {
          if (leaving.signal.aborted || !isLoss(error) || tries === MAX_TRIES) throw error;
        }
      }
    },
    end: async () => {
      if (leaving.signal.aborted) return;
      leaving.abort();
      await Promise.race([pool.end(), pause(FAREWELL_MS, undefined, { ref: false })]);
    },
  };
}
