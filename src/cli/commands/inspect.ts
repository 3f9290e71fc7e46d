import { EXIT } from '../../core/error.js';
import { formatShape } from '../../core/tensor.js';
import type { InspectReport } from '../../pipeline/inspect-model.js';
import type { CommandSpec } from '../command.js';
import { formatCount, formatTable } from '../format.js';
import { addModelOptions, readModelOptions } from '../model-options.js';

type Described = { readonly name: string; readonly shape: readonly (number | string)[] | null };

function describePorts(side: string, ports: readonly Described[]): string[] {
  return ports.map(
    ({ name, shape }) => `${side} ${name}: ${shape === null ? 'unknown shape' : formatShape(shape as number[])}`,
  );
}

function describeLayers(report: InspectReport): string[] {
  if (report.layers.length === 0) return [];
  const cost = new Map<string, number>();
  for (const { layer, constraints } of report.estimate?.layers ?? [])
    cost.set(layer, (cost.get(layer) ?? 0) + constraints);
  const rows = report.layers.map(({ name, op, shape, macs, parameters }) => [
    name,
    op,
    formatShape(shape),
    macs,
    parameters,
    report.estimate === null ? '-' : (cost.get(name) ?? 0),
  ]);
  return ['', ...formatTable([['layer', 'op', 'shape', 'MACs', 'weights', '~constraints'], ...rows])];
}

function describeEstimate({ estimate }: InspectReport): string {
  if (estimate === null) return 'constraints: no estimate';
  const { constraints, domainPower, toNextPower } = estimate;
  return `constraints: about ${formatCount(constraints)} at 8 bits, domain 2^${domainPower}, room for ${formatCount(toNextPower)} more`;
}

function describeDiagnostics(report: InspectReport): string[] {
  return report.diagnostics.flatMap(({ severity, where, op, message, hint }) => [
    `${severity}: ${where}${op ? ` (${op})` : ''}: ${message}`,
    ...(hint ? [`  hint: ${hint}`] : []),
  ]);
}

export const inspectCommand: CommandSpec = {
  name: 'inspect',
  summary: 'Say what a model is made of, what it would cost, and everything that is not supported',
  examples: ['zkinfer inspect model.onnx', 'zkinfer inspect encoder.onnx --dim sequence=16 --json'],
  configure: (command) => addModelOptions(command.argument('<model>', 'ONNX file')),
  run: async ([path], options) => {
    const { inspectModel } = await import('../../pipeline/inspect-model.js');
    const report = await inspectModel(path as string, readModelOptions(options));
    const unsupported = report.diagnostics.filter(({ severity }) => severity === 'error').length;
    const ops = Object.entries(report.ops).map(([op, times]) => (times === 1 ? op : `${op}×${times}`));
    const opsets = Object.entries(report.opsets).map(([domain, version]) => `${domain} ${version}`);
    return {
      text: [
        `producer: ${report.producer || 'unknown'}, opset: ${opsets.join(', ')}`,
        ...describePorts('input', report.inputs as readonly Described[]),
        ...describePorts('output', report.outputs),
        `operators: ${ops.join(', ')}`,
        `parameters: ${formatCount(report.parameters)}, MACs: ${report.macs === null ? '-' : formatCount(report.macs)}`,
        describeEstimate(report),
        ...describeLayers(report),
        ...(report.diagnostics.length > 0 ? ['', ...describeDiagnostics(report)] : []),
        ...(unsupported > 0
          ? [`${unsupported} problem${unsupported === 1 ? '' : 's'}: this model can't be quantized as it is`]
          : []),
      ],
      json: { ...report, supported: unsupported === 0 },
      exitCode: unsupported === 0 ? EXIT.ok : EXIT.usage,
    };
  },
};
