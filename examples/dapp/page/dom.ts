/** The element with an id. @throws Error where the page has none */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

type Child = Node | string;

/** Makes an element; attributes that are `undefined` or false are left out. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** Tells readers of the screen. */
export function announce(text: string): void {
  find('live').textContent = text;
}

let settling: ReturnType<typeof setTimeout> | undefined;

/** Tells readers of the screen what changes all the time once it has settled. */
export function announceSettled(text: string): void {
  clearTimeout(settling);
  settling = setTimeout(() => announce(text), 700);
}

/** `0x1234…cdef` of a long hexadecimal. */
export function shorten(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex;
}

/** Code that shows a long hexadecimal short, and whole to whoever points at it or copies it. */
export function showHex(hex: string): HTMLElement {
  return make('code', { title: hex }, shorten(hex));
}

/** `620 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatCount(value: number | bigint): string {
  return value.toLocaleString('en');
}
