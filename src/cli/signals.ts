import { abandonPendingFiles } from '../bundle/atomic.js';
import { releaseHeldLocks } from '../bundle/lock.js';

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** On Ctrl-C or a request to end: removes what is half-written, gives up locks, exits with the shell's code for the signal. */
export function cleanUpOnSignals(): void {
  for (const signal of Object.keys(CODES) as (keyof typeof CODES)[]) {
    process.on(signal, () => {
      abandonPendingFiles();
      releaseHeldLocks();
      process.exit(CODES[signal]);
    });
  }
}
