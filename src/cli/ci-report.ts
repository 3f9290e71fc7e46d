import { appendFile } from 'node:fs/promises';
import { formatTable, printable } from './format.js';

/** One verdict as reports of continuous integration show it. */
export interface Check {
  readonly name: string;
  readonly path: string;
  readonly line?: number;
  readonly valid: boolean;
  readonly reason: string;
}

function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return printable(text).replace(/[&<>"]/g, (character) => named[character]);
}

/** Checks as a JUnit report. @param seconds how long they took together */
export function renderJunit(suite: string, checks: readonly Check[], seconds: number): string {
  const failures = checks.filter(({ valid }) => !valid).length;
  const each = (seconds / Math.max(1, checks.length)).toFixed(4);
  const cases = checks.map(({ name, valid, reason }) => {
    const open = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${each}"`;
    return valid ? `${open}/>` : `${open}>\n      <failure message="${escapeXml(reason)}"/>\n    </testcase>`;
  });
  const counts = `tests="${checks.length}" failures="${failures}" errors="0" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(suite)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function escapeCommand(text: string): string {
  return printable(text).replace(/%/g, '%25').replace(/:/g, '%3A').replace(/,/g, '%2C');
}

/** Failed checks as annotations of GitHub Actions, one a line. */
export function renderAnnotations(checks: readonly Check[]): string[] {
  return checks
    .filter(({ valid }) => !valid)
    .map(({ path, line, reason }) => {
      const place = `file=${escapeCommand(path)}${line === undefined ? '' : `,line=${line}`}`;
      return `::error ${place},title=proof not valid::${printable(reason).replace(/%/g, '%25')}`;
    });
}

/** A fence that no line between ends: file names may hold backticks, too. */
function fenceFor(lines: readonly string[]): string {
  const longest =
    lines
      .join('\n')
      .match(/`+/g)
      ?.reduce((most, run) => Math.max(most, run.length), 0) ?? 0;
  return '`'.repeat(Math.max(3, longest + 1));
}

/** Adds a summary in Markdown to the page of a GitHub Actions run. */
export async function appendSummary(
  path: string,
  title: string,
  lines: readonly string[],
  checks: readonly Check[],
): Promise<void> {
  const failed = checks.filter(({ valid }) => !valid).slice(0, 50);
  const rows = formatTable([['proof', 'reason'], ...failed.map(({ name, reason }) => [name, reason])]);
  const fence = fenceFor(rows);
  const table = failed.length === 0 ? [] : ['', fence, ...rows, fence];
  await appendFile(path, `### ${printable(title)}\n\n${lines.map(printable).join('\n')}\n${table.join('\n')}\n`);
}
