import type { CommandSpec } from '../command.js';
import { collectNames, wholeNumber } from '../options.js';
import { readProver } from '../prover-option.js';
import { addServiceOptions, createLog, readQueueOption } from '../service-options.js';
import { waitForSignal } from '../signals.js';
import { usage } from '../usage.js';

export const workerCommand: CommandSpec = {
  name: 'worker',
  summary: 'Prove jobs from a queue that `serve --queue` fills, on this or any other machine',
  examples: [
    'zkinfer worker --queue redis://127.0.0.1:6379 --bundle artifacts/iris --workers 4',
    'zkinfer worker --queue postgres://zkinfer@127.0.0.1/jobs --bundle artifacts/iris',
  ],
  configure: (command) =>
    addServiceOptions(
      command.requiredOption('--bundle <folder>', 'bundle to prove; may be repeated', collectNames),
    ).option(
      '--lock <seconds>',
      'how long a worker that says nothing keeps its job before another takes it',
      wholeNumber(1, 3600),
      60,
    ),
  run: async (_args, options, reporter) => {
    const queue = readQueueOption(options);
    if (queue === undefined) throw usage('a worker needs --queue');
    const { startQueueWorker } = await import('../../serve/queue/queue-worker.js');
    const log = createLog(reporter, options.json === true);
    const counts: Record<string, number> = {};
    const worker = await startQueueWorker({
      queue,
      bundles: options.bundle as string[],
      workers: options.workers as number | undefined,
      ...(await readProver(options, reporter)),
      lockMs: 1000 * (options.lock as number),
      deadlineMs: 1000 * (options.deadline as number),
      onEvent: (event) => {
        counts[event.event] = (counts[event.event] ?? 0) + 1;
        log({ ...event });
      },
      onTrouble: (reason) => log({ event: 'trouble', reason }),
    });
    log({ event: 'taking jobs', models: worker.models, workers: worker.workers });
    const signal = await waitForSignal();
    log({ event: 'ending', signal });
    await worker.close();
    const { stored = 0, failed = 0 } = counts;
    return { text: [`stopped; ${stored} proofs stored, ${failed} failed`], json: { signal, ...counts } };
  },
};
