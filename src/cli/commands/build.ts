import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { withScratchFolder } from '../../bundle/atomic.js';
import type { CommandSpec } from '../command.js';
import { addCompileOptions, readCompileOptions } from '../compile-options.js';
import { describeCompilation, describeSetup, reportShare } from '../compile-step.js';
import { addQuantizeOptions } from '../model-options.js';
import { describeQuantization, quantizeFromOptions } from '../quantize-step.js';

export const buildCommand: CommandSpec = {
  name: 'build',
  summary: 'quantize, compile and setup in one',
  examples: [
    'zkinfer build model.onnx --calibration rows.json -o artifacts/model',
    'zkinfer build model.onnx --calibration rows.json --test test.json --ptau pot16.ptau -o artifacts/model',
  ],
  configure: (command) =>
    addCompileOptions(
      addQuantizeOptions(command.argument('<model>', 'ONNX file')).option(
        '-o, --out <folder>',
        'bundle folder to write; artifacts/NAME where left out',
      ),
    ).option('--ptau <file>', 'see setup'),
  run: async ([given], options, reporter) => {
    const modelPath = given as string;
    const [{ writeQModel }, { compileBundle }, { setupBundle }] = await Promise.all([
      import('../../bundle/qmodel-file.js'),
      import('../../pipeline/compile-bundle.js'),
      import('../../pipeline/setup-bundle.js'),
    ]);
    const outDir = (options.out as string | undefined) ?? join('artifacts', basename(modelPath).replace(/\.onnx$/, ''));
    const quantized = await quantizeFromOptions(modelPath, options, reporter);
    return withScratchFolder(tmpdir(), async (scratch) => {
      const qmodelPath = join(scratch, 'model.qmodel.json');
      await writeQModel(qmodelPath, quantized.qmodel);
      const compiled = await compileBundle({
        qmodelPath,
        outDir,
        ...readCompileOptions(options),
        onProgress: (stage) => reporter.step(stage),
      });
      const setup = await setupBundle({
        dir: outDir,
        ptauPath: options.ptau as string | undefined,
        onProgress: reportShare(reporter),
      });
      return {
        text: [
          ...describeQuantization(quantized.report),
          '',
          ...describeCompilation(compiled),
          ...describeSetup(setup),
          `next: zkinfer prove ${outDir} --input input.json -o proof.json`,
        ],
        json: { bundle: outDir, quantize: quantized.report, compile: compiled, setup },
      };
    });
  },
};
