import { EXIT } from '../../core/error.js';
import type { CommandSpec } from '../command.js';
import { describeTensors } from '../describe-tensors.js';
import { formatBytes, formatCount, formatDuration, formatTable } from '../format.js';

export const demoCommand: CommandSpec = {
  name: 'demo',
  summary: 'Take a sample model through everything, to a contract on a local chain',
  examples: ['zkinfer demo', 'zkinfer demo --model iris-mlp --out artifacts/iris'],
  configure: (command) =>
    command
      .option('--model <name>', 'sample model in examples/models', 'mnist-cnn')
      .option('-o, --out <folder>', 'keep the bundle here; it is removed where left out'),
  run: async (_args, options, reporter) => {
    const { runDemo } = await import('../../pipeline/run-demo.js');
    const report = await runDemo({
      model: options.model as string,
      outDir: options.out as string | undefined,
      onStep: (name) => reporter.step(`${name} …`),
    });
    const rows = report.steps.map(({ name, ms, result }) => [name, formatDuration(ms), result]);
    return {
      text: [
        ...formatTable([['step', 'time', 'result'], ...rows]),
        '',
        ...describeTensors('proved output', report.outputs),
        ...(report.label === null ? [] : [`  label in the test rows: ${report.label}`]),
        `${formatCount(report.constraints)} constraints, proof and signals ${formatBytes(report.calldataBytes)}, ${formatCount(report.gas.verify)} gas to verify, ${formatDuration(report.totalMs)} in all`,
        report.ok ? 'ok: the contract accepts the proof and refuses the changed output' : 'NOT OK: see the table',
      ],
      json: { ...report },
      exitCode: report.ok ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
