import type { AuditReport } from './report.js';

/** The report as lines for a terminal. */
export function formatReport(report: AuditReport): string {
  const { outputs, wires, inputs, declared, findings } = report;
  const lines = [
    report.proved ? 'proved sound: the inputs determine every output' : 'NOT proved sound',
    `  constraints  ${report.constraints}`,
    `  outputs      ${outputs.determined} of ${outputs.total} determined by the inputs`,
    `  wires        ${wires.determined} of ${wires.total} determined, ${wires.free} harmless hints, ${wires.undetermined} undetermined`,
    `  inputs       ${inputs.constrained} of ${inputs.total} constrained`,
  ];
  if (declared.total > 0) lines.push(`  ranges       ${declared.proved} of ${declared.total} declared ranges proved`);
  for (const { signal, range } of outputs.ranges.slice(0, 16)) {
    lines.push(`  ${signal} ${range ? `in [${range.min}, ${range.max}]` : 'has no derived range'}`);
  }
  if (outputs.ranges.length > 16) lines.push(`  … and ${outputs.ranges.length - 16} more outputs`);
  const kinds = new Set(report.assumptions);
  for (const assumption of [...kinds].slice(0, 8)) lines.push(`  given: ${assumption}`);
  if (kinds.size > 8) lines.push(`  given: ${kinds.size - 8} more ranges`);
  for (const { code, level, constraint, message } of findings) {
    lines.push(`${level} ${code}: ${message}${constraint === undefined ? '' : ` (constraint ${constraint})`}`);
  }
  if (report.omitted > 0) lines.push(`… and ${report.omitted} more findings`);
  return lines.join('\n');
}
