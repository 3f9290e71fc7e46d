import { printable } from '../core/format.js';

/** Markup that is safe to put into a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = Html | string | number | null | undefined | false | readonly Part[];

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as markup that shows it: nothing in it is a tag, an attribute's end or a control character. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => NAMED[character]);
}

function print(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(print).join('');
  if (typeof part === 'number' && !Number.isFinite(part)) throw new RangeError(`${part} in markup`);
  return escapeHtml(String(part));
}

/** Markup from a template. Whatever is filled in is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, i) => text + print(parts[i - 1]) + string));
}

/** A coordinate: two decimals are enough for a picture, and keep its bytes alike on every machine. */
export function px(value: number): number {
  return Math.round(value * 100) / 100;
}
