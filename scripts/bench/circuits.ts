import { readFileSync } from 'node:fs';
import { createDevKey } from '../../src/groth16/dev-key.js';
import { openProvingKey, type ProvingKey } from '../../src/groth16/prove.js';
import { writeWtns } from '../../src/groth16/wtns-file.js';
import { mlCircuit } from '../../test/groth16/ml-circuit.js';

/** A circuit of quantized layers that almost fills a domain, with key and witness. */
export interface BenchCircuit {
  readonly power: number;
  readonly constraints: number;
  readonly wires: number;
  readonly key: ProvingKey;
  readonly wtns: Uint8Array;
}

export async function makeBenchCircuit(power: number): Promise<BenchCircuit> {
  const { r1cs, witness } = mlCircuit(2 ** power - 100);
  const { zkey } = await createDevKey(r1cs);
  return {
    power,
    constraints: r1cs.constraintCount,
    wires: r1cs.wireCount,
    key: await openProvingKey(zkey),
    wtns: writeWtns(witness),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** CPU and elapsed milliseconds of some work: all threads of the process, and programs that it ran and that ended. */
export async function measure(work: () => Promise<unknown>): Promise<{ cpuMs: number; ms: number }> {
  const [cpu, children, started] = [process.cpuUsage(), readChildrenMs(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000 + readChildrenMs() - children;
  return { cpuMs, ms: performance.now() - started };
}

/** One tick of the clock that Linux counts the CPU time of processes in. */
const TICK_MS = 10;

/** CPU time of the programs that this process ran; on Linux only. */
function readChildrenMs(): number {
  try {
    // The name of the program stands in parentheses and may hold anything; the two times are the 14th and 15th word behind it.
    const words = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return TICK_MS * (Number(words[13]) + Number(words[14]));
  } catch {
    return 0;
  }
}

/** What some work took in the median of all rounds, and how many times as fast as the first of its kind it was. */
export interface ComparedRun {
  readonly name: string;
  readonly ms: number;
  readonly cpuMs: number;
  readonly speedup: number;
}

/** Alternates between kinds of work, after a round to warm up. Rounds are compared one by one, so that drift of the machine drops out. */
export async function compareRuns(
  runs: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<ComparedRun[]> {
  const taken = new Map(Object.keys(runs).map((name) => [name, [] as { ms: number; cpuMs: number }[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const time = await measure(run);
      if (round >= 0) taken.get(name)?.push(time);
    }
  }
  const [base] = taken.values();
  return [...taken].map(([name, times]) => ({
    name,
    ms: median(times.map(({ ms }) => ms)),
    cpuMs: median(times.map(({ cpuMs }) => cpuMs)),
    speedup: median(times.map(({ ms }, round) => base[round].ms / ms)),
  }));
}

/** Peak memory of this process in bytes. The system's other figure begins with what the parent had, where a process was forked. */
export function readPeakBytes(): number {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Prints rows as a Markdown table. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const print = startTable(head);
  for (const row of rows) print(row);
}

/** Prints the head of a Markdown table. @returns what prints a row, as soon as it is measured */
export function startTable(head: readonly string[]): (row: readonly (string | number)[]) => void {
  const print = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
  print(head);
  print(head.map(() => '---'));
  return print;
}
