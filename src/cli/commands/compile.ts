import { Option } from 'commander';
import type { CommandSpec } from '../command.js';
import { describeCompilation } from '../compile-step.js';

export const compileCommand: CommandSpec = {
  name: 'compile',
  summary: 'Compile an integer model into a circuit',
  examples: [
    'zkinfer compile mnist.qmodel.json -o artifacts/mnist',
    'zkinfer compile mnist.qmodel.json -o artifacts/mnist --engine direct',
  ],
  configure: (command) =>
    command
      .argument('<qmodel>', 'file that quantize wrote')
      .requiredOption('-o, --out <folder>', 'bundle folder to write')
      .addOption(
        new Option('--engine <name>', 'circom compiles the text and checks it against our own constraints')
          .choices(['circom', 'direct'])
          .default('circom'),
      )
      .option('--no-audit', 'leave the soundness audit out'),
  run: async ([qmodelPath], options, reporter) => {
    const { compileBundle } = await import('../../pipeline/compile-bundle.js');
    const report = await compileBundle({
      qmodelPath: qmodelPath as string,
      outDir: options.out as string,
      engine: options.engine as 'circom' | 'direct',
      audit: options.audit as boolean,
      onProgress: (stage) => reporter.step(stage),
    });
    return { text: describeCompilation(report), json: { ...report } };
  },
};
