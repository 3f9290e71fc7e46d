import type { CommandSpec } from '../command.js';
import { wholeNumber } from '../options.js';
import { readProver } from '../prover-option.js';
import { addServiceOptions, createLog, readQueueOption, readTokens } from '../service-options.js';
import { waitForSignal } from '../signals.js';

export const serveCommand: CommandSpec = {
  name: 'serve',
  summary: 'Serve proofs over HTTP: submit inputs, watch, fetch and verify proofs',
  examples: [
    'zkinfer serve artifacts/iris artifacts/mnist --port 8080 --store jobs',
    'zkinfer serve artifacts/iris --host 0.0.0.0 --token-file tokens.txt',
    'zkinfer serve artifacts/iris --queue redis://127.0.0.1:6379',
    'zkinfer serve artifacts/iris --queue postgres://zkinfer@127.0.0.1/jobs',
  ],
  configure: (command) =>
    addServiceOptions(
      command
        .argument('<bundles...>', 'bundle folders with keys')
        .option('--port <n>', 'port; 0 takes a free one', wholeNumber(0, 65_535), 8080)
        .option('--host <address>', 'address to listen on; others than loopback need tokens', '127.0.0.1')
        .option('--store <folder>', 'where jobs are kept over restarts', 'zkinfer-jobs'),
    )
      .option('--token-file <file>', 'bearer tokens that let callers in, one a line; or ZKINFER_TOKEN with one')
      .option('--insecure', 'serve other machines without tokens')
      .option('--max-queue <n>', 'jobs that may wait', wholeNumber(1, 1_000_000), 1000)
      .option('--max-body <bytes>', 'size of a request', wholeNumber(1024, 2 ** 30), 8 * 2 ** 20)
      .option('--keep <n>', 'finished jobs that are kept, the newest', wholeNumber(0, 10_000_000), 10_000)
      .option('--hidden-in-memory', 'never write private and committed inputs to disk: their jobs end with the process')
      .option(
        '--grace <seconds>',
        'for running jobs at the end; what is not done by then waits for the next start',
        wholeNumber(0, 3600),
        30,
      )
      .addHelpText(
        'after',
        `
From another terminal:
  curl localhost:8080/v1/models
  curl localhost:8080/v1/models/iris/jobs -H 'content-type: application/json' -d '{"input": [5.1, 3.5, 1.4, 0.2]}'
  curl -N localhost:8080/v1/jobs/ID/events
  curl localhost:8080/v1/jobs/ID/proof -o proof.json
  curl localhost:8080/openapi.json`,
      ),
  run: async ([bundles], options, reporter) => {
    const { createProofService } = await import('../../serve/service.js');
    const log = createLog(reporter, options.json === true);
    const queue = readQueueOption(options);
    const service = await createProofService({
      bundles: bundles as string[],
      store: options.store as string,
      host: options.host as string,
      port: options.port as number,
      tokens: await readTokens(options.tokenFile as string | undefined, reporter),
      insecure: options.insecure === true,
      workers: options.workers as number | undefined,
      ...(await readProver(options, reporter)),
      queue,
      maxQueue: options.maxQueue as number,
      maxBodyBytes: options.maxBody as number,
      keep: options.keep as number,
      hiddenInMemory: options.hiddenInMemory === true,
      deadlineMs: 1000 * (options.deadline as number),
      onJob: ({ id, model, state, attempts, ms, error }) =>
        log({ event: state, model, id, attempts, ms, code: error?.code }),
      onRequest: (request) => log({ event: 'request', ...request }),
      onTrouble: (reason) => log({ event: 'trouble', reason }),
      onInternalError: (error) => {
        const text = error instanceof Error ? (options.debug ? error.stack : error.message) : String(error);
        reporter.warn(`internal error: ${text}`);
      },
    });
    log({ event: 'listening', url: service.url, models: service.models, queue: queue !== undefined });
    const signal = await waitForSignal();
    log({ event: 'ending', signal, grace: options.grace });
    await service.close(1000 * (options.grace as number));
    return { text: ['stopped; jobs that wait go on at the next start'], json: { url: service.url, signal } };
  },
};
