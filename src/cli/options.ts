import { InvalidArgumentError } from 'commander';
import { parseContext } from '../verify/proof-file.js';

/** A parser of an option that is a whole number in a range. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`a whole number from ${min} to ${max} is needed.`);
    return value;
  };
}

/** A parser of an option that is a number in a range. */
export function realNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`a number from ${min} to ${max} is needed.`);
    return value;
  };
}

/** Collects `NAME=VALUE`, each VALUE a natural number: sizes of named dimensions. */
export function collectDims(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const match = /^(.+)=(\d+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('NAME=SIZE is needed, such as sequence=16.');
  return { ...before, [match[1]]: Number(match[2]) };
}

/** Collects names from repeated or comma-separated use of an option. */
export function collectNames(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').filter((name) => name !== '')];
}

/** A parser of a context: a decimal or `0x` number below the order of the scalar field. */
export function contextNumber(text: string): string {
  try {
    return String(parseContext(text));
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}
