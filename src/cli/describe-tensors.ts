import type { StatedOutput } from '../verify/proof-file.js';
import { formatNumbers } from './format.js';

/** Lines that show named tensors in real units, and the class where one is known. */
export function describeTensors(side: string, tensors: Readonly<Record<string, StatedOutput>> = {}): string[] {
  return Object.entries(tensors).map(([name, { real, label }]) => {
    const suffix = label === undefined ? '' : ` = ${label}`;
    return `  ${side} ${name}: ${formatNumbers(real)}${suffix}`;
  });
}
