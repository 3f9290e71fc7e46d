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

/** Prints rows as a Markdown table. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'));
}
