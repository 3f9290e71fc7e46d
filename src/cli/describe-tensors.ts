import type { StatedOutput } from '../verify/proof-file.js';
import { formatNumbers, printable } from './format.js';

/** Lines that show named tensors in real units, and the class where one is known. */
export function describeTensors(side: string, tensors: Readonly<Record<string, StatedOutput>> = {}): string[] {
  return Object.entries(tensors).map(([name, { real, label, cut }]) => {
    const suffix = label === undefined ? '' : ` = ${label}`;
    const before = cut === undefined ? '' : ` (before ${cut})`;
    return printable(`  ${side} ${name}${before}: ${formatNumbers(real)}${suffix}`);
  });
}
