import type { CommandSpec } from '../command.js';
import { addCompileOptions, addWeightsOptions, readCompileOptions } from '../compile-options.js';
import { describeCompilation } from '../compile-step.js';

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
    addWeightsOptions(
      addCompileOptions(
        command
          .argument('<qmodel>', 'file that quantize wrote')
          .requiredOption('-o, --out <folder>', 'bundle folder to write'),
      ),
    ),
  run: async ([qmodelPath], options, reporter) => {
    const { compileBundle } = await import('../../pipeline/compile-bundle.js');
    const report = await compileBundle({
      qmodelPath: qmodelPath as string,
      outDir: options.out as string,
      ...readCompileOptions(options),
      onProgress: (stage) => reporter.step(stage),
    });
    return { text: describeCompilation(report), json: { ...report } };
  },
};
