import { formatCount, printable } from '../core/format.js';

export {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatNumbers,
  formatShare,
  printable,
} from '../core/format.js';

/** Columns of text, left-aligned; those that hold only numbers are right-aligned. The first row is the header. */
export function formatTable(rows: readonly (readonly (string | number | null | undefined)[])[]): string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : printable(cell ?? ''))),
  );
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const numeric = cells[0].map((_, column) =>
    cells.slice(1).every((row) => /^[-+]?[\d,.]*(e[-+]\d+)?( ?(%|ms|s|B|KiB|MiB|GiB))?$/.test(row[column])),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], widths.map((width) => '─'.repeat(width)).join('  '), ...lines.slice(1)];
}
