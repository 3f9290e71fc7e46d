import type { CompileReport } from '../pipeline/compile-bundle.js';
import type { SetupReport } from '../pipeline/setup-bundle.js';
import { formatBytes, formatCount, formatTable } from './format.js';
import type { Reporter } from './reporter.js';

/** Adds up the constraints of neighbours that serve one layer. */
function mergeLayers(layers: CompileReport['layers']): { name: string; kinds: string; constraints: number }[] {
  const merged: { name: string; kinds: string; constraints: number }[] = [];
  for (const { name, kind, constraints } of layers) {
    const last = merged.at(-1);
    if (last?.name === name) {
      last.constraints += constraints;
      if (!last.kinds.split(', ').includes(kind)) last.kinds += `, ${kind}`;
    } else merged.push({ name, kinds: kind, constraints });
  }
  return merged;
}

/** The table of what each layer costs. */
export function tabulateLayers(layers: CompileReport['layers']): string[] {
  const rows = mergeLayers(layers).map(({ name, kinds, constraints }) => [name, kinds, constraints]);
  return formatTable([['layer', 'made of', 'constraints'], ...rows]);
}

/** Lines that tell what a compiled bundle costs. */
export function describeCompilation(report: CompileReport): string[] {
  return [
    ...tabulateLayers(report.layers),
    '',
    `constraints: ${formatCount(report.constraints)}, wires: ${formatCount(report.wires)}, public signals: ${report.publicSignals.length}`,
    `soundness audit: ${report.audit === 'proved' ? 'proved' : 'SKIPPED'}`,
    `written: ${report.bundle}`,
  ];
}

/** Lines that tell what kind of keys a bundle has. */
export function describeSetup(report: SetupReport): string[] {
  return [
    `keys: ${report.profile}${report.profile === 'dev' ? ' (development: fit for tests, never for value)' : ''}`,
    `domain 2^${report.domainPower}, proving key ${formatBytes(report.provingKeyBytes)}`,
  ];
}

/** Progress of setup: a share where the stage knows one. */
export function reportShare(reporter: Reporter): (stage: string, share?: number) => void {
  let announced = '';
  return (stage, share) => {
    if (share !== undefined) reporter.progress(stage, Math.round(100 * share), 100);
    else if (stage !== announced) reporter.step(stage);
    announced = stage;
  };
}
