/** An element of a page as it stands in the text. */
export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const VOID = ['meta', 'br'];

/**
 * Reads markup that keeps to a strict form (every attribute in double quotes, every element closed) and nothing else: a page
 * in which anything broke out of its place does not come through.
 * @throws Error with the place
 */
export function readMarkup(page: string): { tags: Tag[]; text: string } {
  const tags: Tag[] = [];
  const open: string[] = [];
  let [at, text] = [page.indexOf('\n') + 1, ''];
  if (!page.startsWith('<!doctype html>\n')) throw new Error('no doctype');
  const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z-]+(?::[a-z]+)?="[^"<>]*")*)(\/?)>/y;
  while (at < page.length) {
    if (open.at(-1) === 'style') {
      const end = page.indexOf('</style>', at);
      at = end;
    }
    if (page[at] !== '<') {
      const end = page.indexOf('<', at);
      const piece = page.slice(at, end < 0 ? undefined : end);
      if (/[>"']/.test(piece.replaceAll(/["']/g, '')) || /&(?!(amp|lt|gt|quot|#39);)/.test(piece))
        throw new Error(`raw text at ${at}: ${piece.slice(0, 60)}`);
      text += piece;
      at += piece.length;
      continue;
    }
    TAG.lastIndex = at;
    const match = TAG.exec(page);
    if (match === null) throw new Error(`no tag at ${at}: ${page.slice(at, at + 80)}`);
    const [whole, closing, name, attributes, closed] = match;
    at += whole.length;
    if (closing) {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element at ${at}`);
      continue;
    }
    const pairs = Array.from(
      attributes.matchAll(/ ([a-zA-Z:-]+)="([^"]*)"/g),
      ([, key, value]) => [key, value] as const,
    );
    tags.push({ name, attributes: Object.fromEntries(pairs) });
    if (!closed && !VOID.includes(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`${open.join(' ')} are not closed`);
  return { tags, text };
}
