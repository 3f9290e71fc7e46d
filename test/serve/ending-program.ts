/**
 * A service and a worker at one queue, which close when the standard input ends; then nothing keeps the process alive.
 * Arguments: address of the queue, bundle folder, folder of the service.
 */
import { startQueueWorker } from '../../src/serve/queue/queue-worker.js';
import { createProofService } from '../../src/serve/service.js';

const [queue, bundle, store] = process.argv.slice(2);
const service = await createProofService({ bundles: [bundle], store, queue });
const worker = await startQueueWorker({ queue, bundles: [bundle], workers: 1 });
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.on('end', async () => {
  // Where the server was killed, its loss is noticed meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await Promise.all([service.close(0), worker.close()]);
  process.stdout.write('closed\n');
});
