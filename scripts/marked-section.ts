/**
 * Text between `<!-- begin:NAME -->` and `<!-- end:NAME -->` belongs to a script; everything around it to people.
 * The markers stand on lines of their own.
 */
export function replaceSection(text: string, name: string, body: string): string {
  const { start, end } = findSection(text, name);
  return `${text.slice(0, start)}\n${body.trim()}\n${text.slice(end)}`;
}

/** What stands between the markers, trimmed. */
export function readSection(text: string, name: string): string {
  const { start, end } = findSection(text, name);
  return text.slice(start, end).trim();
}

function findSection(text: string, name: string): { start: number; end: number } {
  const begin = `<!-- begin:${name} -->`;
  const at = text.indexOf(begin);
  const end = text.indexOf(`<!-- end:${name} -->`, at);
  if (at < 0 || end < 0) throw new Error(`no section "${name}": expected ${begin} and its end marker`);
  return { start: at + begin.length, end };
}

/** A Markdown table; cells are escaped so that a `|` stays a character. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
