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

/** CPU and elapsed milliseconds of some work, all threads of the process counted. */
export async function measure(work: () => Promise<unknown>): Promise<{ cpuMs: number; ms: number }> {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, ms: performance.now() - started };
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
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'));
}
