import { EXIT } from '../../core/error.js';
import type { CommandSpec } from '../command.js';
import { formatTable } from '../format.js';
import { addModelOptions, readModelOptionsWithRows } from '../model-options.js';
import { usage } from '../usage.js';

export const checkCommand: CommandSpec = {
  name: 'check',
  summary: 'Rebuild a bundle and compare every digest: is this key really for this model?',
  examples: [
    'zkinfer check artifacts/mnist',
    'zkinfer check artifacts/mnist --model model.onnx --calibration rows.json',
  ],
  configure: (command) =>
    addModelOptions(command.argument('<bundle>', 'bundle folder'))
      .option('--model <file>', 'ONNX file that the bundle should come from')
      .option('--calibration <rows>', 'rows that it was quantized with'),
  run: async ([dir], options, reporter) => {
    const [{ checkBundle }, { loadModel, rowsSpecOf }, { readRows }] = await Promise.all([
      import('../../pipeline/check-bundle.js'),
      import('../../pipeline/load-model.js'),
      import('../../rows/read-rows.js'),
    ]);
    const modelPath = options.model as string | undefined;
    const calibrationPath = options.calibration as string | undefined;
    if ((modelPath === undefined) !== (calibrationPath === undefined)) {
      throw usage(
        '--model and --calibration go together',
        'give both to compare the integer model with the ONNX file, or neither',
      );
    }
    const load = await readModelOptionsWithRows(options, calibrationPath);
    const calibration =
      modelPath === undefined || calibrationPath === undefined
        ? undefined
        : await readRows(calibrationPath, rowsSpecOf((await loadModel(modelPath, load)).graph));
    const report = await checkBundle({
      dir: dir as string,
      modelPath,
      calibration,
      ...load,
      onProgress: (stage) => reporter.step(stage),
    });
    const different = report.lines.filter(({ verdict }) => verdict === 'differs');
    return {
      text: [
        ...formatTable([
          ['part', 'verdict', 'why'],
          ...report.lines.map(({ what, verdict, why }) => [what, verdict, why ?? '']),
        ]),
        ...different.flatMap(({ what, expected, given }) => [
          `${what}:`,
          `  in the bundle ${expected}`,
          `  rebuilt       ${given}`,
        ]),
        '',
        report.valid
          ? 'the bundle is what it says'
          : 'NOT the same: the bundle was not built from this, or with other tools',
      ],
      json: { ...report },
      exitCode: report.valid ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
