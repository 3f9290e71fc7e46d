/** `12345` as `12,345`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A duration as people say it: `840 ms`, `3.2 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Bytes in powers of 1024: `812 B`, `3.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A share as a percentage; `-` where there is none. */
export function formatShare(share: number | null | undefined): string {
  return share === null || share === undefined ? '-' : `${(100 * share).toFixed(2)} %`;
}

/** A number with at most `digits` significant digits; `-` where there is none. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  return value === null || value === undefined ? '-' : String(Number(value.toPrecision(digits)));
}

/** The first few numbers of a list. */
export function formatNumbers(values: readonly number[], most = 10): string {
  const shown = values.slice(0, most).map((value) => formatNumber(value));
  return `[${shown.join(', ')}${values.length > most ? `, … ${values.length - most} more` : ''}]`;
}

/** Text without control characters: names from a model must not move the cursor or forge lines. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
