/** What a lint says of one place. */
export interface Remark {
  readonly rule: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** circomspect's rule about `<--`: a line marked as a hint has said why already. */
const HINT_RULE = 'CS0005';

/**
 * Remarks that nothing in the text explains, and explanations that no remark needs. A remark is explained on its line, or in
 * the comment lines right above it: `// lint CS0008, T3002: why`; for a hint, `// hint: what` is enough.
 */
export function findUnexplained(
  remarks: readonly Remark[],
  texts: ReadonlyMap<string, string>,
): { readonly unexplained: Remark[]; readonly stale: string[] } {
  const used = new Set<string>();
  const unexplained = remarks.filter(({ rule, file, line }) => {
    const lines = (texts.get(file) ?? '').split('\n');
    if (rule === HINT_RULE && lines[line - 1]?.includes('// hint:')) return false;
    const at = explanationAt(lines, line - 1, rule);
    if (at >= 0) used.add(`${file}:${at + 1} ${rule}`);
    return at < 0;
  });
  const stale: string[] = [];
  for (const [file, text] of texts)
    text.split('\n').forEach((line, at) => {
      for (const rule of rulesOf(line)) {
        const place = `${file}:${at + 1} ${rule}`;
        if (!used.has(place)) stale.push(place);
      }
    });
  return { unexplained, stale };
}

function explanationAt(lines: readonly string[], line: number, rule: string): number {
  for (let at = line; at >= 0; at--) {
    if (at < line && !lines[at].trim().startsWith('//')) return -1;
    if (rulesOf(lines[at] ?? '').includes(rule)) return at;
  }
  return -1;
}

/** Rules that a line explains, each with a reason behind the colon. */
function rulesOf(line: string): string[] {
  const found = /\/\/ lint (\w+\d+(?:, \w+\d+)*): \S/.exec(line);
  return found ? found[1].split(', ') : [];
}
