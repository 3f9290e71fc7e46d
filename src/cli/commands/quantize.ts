import { basename } from 'node:path';
import type { CommandSpec } from '../command.js';
import { addQuantizeOptions } from '../model-options.js';
import { describeQuantization, quantizeFromOptions } from '../quantize-step.js';

export const quantizeCommand: CommandSpec = {
  name: 'quantize',
  summary: 'Turn a float model into integers, and say how well they agree',
  examples: [
    'zkinfer quantize model.onnx --calibration rows.json --test test.json -o model.qmodel.json',
    'zkinfer quantize model.onnx --calibration rows.csv --bits 6 --json',
  ],
  configure: (command) =>
    addQuantizeOptions(command.argument('<model>', 'ONNX file')).option(
      '-o, --out <file>',
      'qmodel file to write; NAME.qmodel.json where left out',
    ),
  run: async ([given], options, reporter) => {
    const modelPath = given as string;
    const { writeQModel } = await import('../../bundle/qmodel-file.js');
    const { qmodel, report } = await quantizeFromOptions(modelPath, options, reporter);
    const out = (options.out as string | undefined) ?? `${basename(modelPath).replace(/\.onnx$/, '')}.qmodel.json`;
    await writeQModel(out, qmodel);
    return { text: [...describeQuantization(report), `written: ${out}`], json: { ...report, qmodel: out } };
  },
};
