import { describeMachine, formatMs, formatRun, runZkinfer } from './run-zkinfer.js';

/** Runs `zkinfer demo` and records what it prints and how long it took. */
export async function renderDemo(): Promise<string> {
  const run = await runZkinfer(['demo']);
  return `${formatRun(['demo'], run)}\n\nTook ${formatMs(run.ms)} on ${describeMachine()}.`;
}
