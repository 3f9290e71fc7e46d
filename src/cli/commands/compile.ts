import { Option } from 'commander';
import type { CommandSpec } from '../command.js';
import { addCompileOptions, readCompileOptions } from '../compile-options.js';
import { describeCompilation } from '../compile-step.js';
import { wholeNumber } from '../options.js';

export const compileCommand: CommandSpec = {
  name: 'compile',
  summary: 'Compile an integer model into a circuit',
  examples: [
    'zkinfer compile mnist.qmodel.json -o artifacts/mnist',
    'zkinfer compile mnist.qmodel.json -o artifacts/mnist --engine direct',
    'zkinfer compile mnist.qmodel.json -o artifacts/mnist --input committed --output label --statement bound',
    'zkinfer compile mnist.qmodel.json -o artifacts/mnist-architecture --weights private',
  ],
  configure: (command) =>
    addCompileOptions(
      command
        .argument('<qmodel>', 'file that quantize wrote')
        .requiredOption('-o, --out <folder>', 'bundle folder to write'),
    )
      .addOption(
        new Option('--weights <kind>', 'constants of the circuit, or private: one setup for all models of a shape')
          .choices(['constants', 'private'])
          .default('constants'),
      )
      .option('--room <bits>', 'private weights: bits for models with larger sums', wholeNumber(0, 16), 1),
  run: async ([qmodelPath], options, reporter) => {
    const { compileBundle } = await import('../../pipeline/compile-bundle.js');
    const report = await compileBundle({
      qmodelPath: qmodelPath as string,
      outDir: options.out as string,
      ...readCompileOptions(options),
      weights: options.weights as 'constants' | 'private',
      room: options.room as number,
      onProgress: (stage) => reporter.step(stage),
    });
    return { text: describeCompilation(report), json: { ...report } };
  },
};
