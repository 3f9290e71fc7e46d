import { EXIT } from '../../core/error.js';
import { formatShape } from '../../core/tensor.js';
import type { InspectReport } from '../../pipeline/inspect-model.js';
import type { CircuitReport } from '../../pipeline/inspect-qmodel.js';
import type { CommandSpec } from '../command.js';
import { addStatementOptions, addWeightsOptions, readCircuitOptions } from '../compile-options.js';
import { tabulateLayers } from '../compile-step.js';
import { formatCount, formatTable, printable } from '../format.js';
import { addModelOptions, readModelOptionsWithRows } from '../model-options.js';
import { readModelRows } from '../quantize-step.js';

type Described = { readonly name: string; readonly shape: readonly (number | string)[] | null };

function describePorts(side: string, ports: readonly Described[]): string[] {
  return ports.map(
    ({ name, shape }) => `${side} ${name}: ${shape === null ? 'unknown shape' : formatShape(shape as number[])}`,
  );
}

function describeDomain({ domainPower, toNextPower }: { domainPower: number; toNextPower: number }): string {
  return `domain 2^${domainPower}, room for ${formatCount(toNextPower)} more`;
}

function describeLayers(report: InspectReport): string[] {
  if (report.layers.length === 0) return [];
  const cost = new Map<string, number>();
  for (const { layer, constraints } of report.estimate?.layers ?? [])
    cost.set(layer, (cost.get(layer) ?? 0) + constraints);
  const rows = report.layers.map(({ name, op, shape, macs, parameters }) => {
    const constraints = report.estimate === null ? '-' : (cost.get(name) ?? 0);
    cost.delete(name);
    return [name, op, formatShape(shape), macs, parameters, constraints];
  });
  const rest = [...cost].map(([name, constraints]) => [name, '', '', '', '', constraints]);
  const head = report.estimate?.rows === 'calibration' ? 'constraints' : '~constraints';
  return ['', ...formatTable([['layer', 'op', 'shape', 'MACs', 'weights', head], ...rows, ...rest])];
}

function describeEstimate({ estimate }: InspectReport): string {
  if (estimate === null) return 'constraints: no estimate';
  const { constraints, rows } = estimate;
  const count = rows === 'calibration' ? formatCount(constraints) : `about ${formatCount(constraints)} at 8 bits`;
  return `constraints: ${count}, ${describeDomain(estimate)}`;
}

function describeCircuit(report: CircuitReport): string[] {
  const { source, statement, weights, overflow, keys, constraints, wires } = report;
  return [
    printable(`model: ${source.name}, ${source.digest}`),
    ...describePorts('input', statement.inputs),
    ...describePorts('output', statement.outputs),
    `statement: ${statement.form}, ${statement.visibility} input, ${formatCount(statement.publicSignals.length)} public signals; overflow: ${overflow}; weights: ${weights}`,
    `constraints: ${formatCount(constraints)}, wires: ${formatCount(wires)}, ${describeDomain(report)}`,
    ...(keys === null ? [] : [`keys: ${keys}`]),
    '',
    ...tabulateLayers(report.layers.map(({ layer, ...rest }) => ({ name: layer, ...rest }))),
  ];
}

function describeDiagnostics(report: InspectReport): string[] {
  return report.diagnostics.flatMap(({ severity, where, op, message, hint }) => [
    `${severity}: ${where}${op ? ` (${op})` : ''}: ${message}`,
    ...(hint ? [`  hint: ${hint}`] : []),
  ]);
}

export const inspectCommand: CommandSpec = {
  name: 'inspect',
  summary: 'Say what a model is made of, what it costs, and everything that is not supported',
  examples: [
    'zkinfer inspect model.onnx',
    'zkinfer inspect model.onnx --calibration rows.json --statement bound',
    'zkinfer inspect encoder.onnx --dim sequence=16 --json',
    'zkinfer inspect model.qmodel.json --output label --input private',
    'zkinfer inspect artifacts/model',
  ],
  configure: (command) =>
    addWeightsOptions(
      addStatementOptions(
        addModelOptions(
          command.argument('<model>', 'ONNX file, file that quantize wrote, or bundle (as it was compiled)'),
        ).option(
          '--calibration <rows>',
          'rows of typical inputs: the cost is then no estimate but what quantize gives',
        ),
      ),
    ),
  run: async ([given], options, reporter) => {
    const path = given as string;
    const { holdsQModel, inspectQModel } = await import('../../pipeline/inspect-qmodel.js');
    const circuit = readCircuitOptions(options);
    if (await holdsQModel(path)) {
      const report = await inspectQModel(path, circuit);
      return { text: describeCircuit(report), json: { ...report } };
    }
    const { inspectModel } = await import('../../pipeline/inspect-model.js');
    const rowsPath = options.calibration as string | undefined;
    const load = await readModelOptionsWithRows(options, rowsPath);
    const [calibration] = rowsPath === undefined ? [] : await readModelRows(path, load, [rowsPath]);
    const onProgress = (stage: string) => reporter.step(stage);
    const report = await inspectModel(path, { ...load, calibration, circuit, onProgress });
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
