/**
 * A queue worker that says what it does, a line an event, and ends as by kill -9 when it begins the job named last.
 * Arguments: address of the queue, bundle folder, milliseconds of its lock, name of the job that kills it.
 */
import { startQueueWorker } from '../../src/serve/queue/queue-worker.js';

const [queue, bundle, lockMs, poison] = process.argv.slice(2);
await startQueueWorker({
  queue,
  bundles: [bundle],
  workers: 1,
  lockMs: Number(lockMs),
  onEvent: (event) => {
    process.stdout.write(`${JSON.stringify(event)}\n`);
    if (event.event === 'begun' && event.id === poison) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write('{"event":"ready"}\n');
