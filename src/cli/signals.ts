import { abandonPendingFiles } from '../bundle/atomic.js';
import { releaseHeldLocks } from '../bundle/lock.js';

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type Signal = keyof typeof CODES;

let held: ((signal: Signal) => void) | undefined;

/**
 * Ends work in order: the first signal calls back in place of ending the process, a second one ends it as ever.
 * @returns what gives signals their usual meaning again
 */
function holdSignals(onSignal: (signal: Signal) => void): () => void {
  held = onSignal;
  return () => {
    held = undefined;
  };
}

/** Waits for the first signal that asks the process to end. */
export async function waitForSignal(): Promise<string> {
  let release = (): void => {};
  // Signals alone would not keep the process alive.
  const alive = setInterval(() => {}, 1 << 30);
  try {
    return await new Promise<string>((resolve) => {
      release = holdSignals(resolve);
    });
  } finally {
    clearInterval(alive);
    release();
  }
}

/** On Ctrl-C or a request to end: removes what is half-written, gives up locks, exits with the shell's code for the signal. */
export function cleanUpOnSignals(): void {
  for (const signal of Object.keys(CODES) as Signal[]) {
    process.on(signal, () => {
      const onSignal = held;
      held = undefined;
      if (onSignal) return onSignal(signal);
      abandonPendingFiles();
      releaseHeldLocks();
      process.exit(CODES[signal]);
    });
  }
}
