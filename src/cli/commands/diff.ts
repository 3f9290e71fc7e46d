import { stat } from 'node:fs/promises';
import { bundlePaths } from '../../bundle/paths.js';
import { EXIT, ZkinferError } from '../../core/error.js';
import type { DiffLine } from '../../pipeline/diff-row.js';
import type { CommandSpec } from '../command.js';
import { formatNumber, formatShare, formatTable } from '../format.js';
import { addModelOptions, readModelOptionsWithRows } from '../model-options.js';
import { wholeNumber } from '../options.js';

/** Relative error from which a value is marked: the first one is where to look. */
const DIVERGENCE = 0.05;

function mark(line: DiffLine, first: DiffLine | undefined): string {
  if ((line.witnessDifferences ?? 0) > 0) return `${line.witnessDifferences} witness values differ`;
  return line === first ? `← first beyond ${formatShare(DIVERGENCE)}` : '';
}

export const diffCommand: CommandSpec = {
  name: 'diff',
  summary: 'Compare float model, integer model and witness value by value on one row',
  examples: [
    'zkinfer diff artifacts/mnist --model model.onnx --input digit.json',
    'zkinfer diff mnist.qmodel.json --model model.onnx --input test.json --row 17',
  ],
  configure: (command) =>
    addModelOptions(command.argument('<bundle>', 'bundle folder or qmodel file'))
      .requiredOption('--model <file>', 'the ONNX file')
      .requiredOption('--input <file>', 'rows file')
      .option('--row <n>', 'which row of the file, from 0', wholeNumber(0, 2 ** 31), 0),
  run: async ([given], options) => {
    const [{ diffRow }, { loadModel, rowsSpecOf }, { readRows }] = await Promise.all([
      import('../../pipeline/diff-row.js'),
      import('../../pipeline/load-model.js'),
      import('../../rows/read-rows.js'),
    ]);
    const path = given as string;
    const modelPath = options.model as string;
    const load = await readModelOptionsWithRows(options, options.input as string);
    const { rows } = await readRows(options.input as string, rowsSpecOf((await loadModel(modelPath, load)).graph));
    const row = rows[options.row as number];
    if (row === undefined) {
      throw new ZkinferError({
        code: 'ROW_MISSING',
        kind: 'usage',
        message: `there is no row ${options.row}`,
        facts: [options.input as string, `it has rows 0 to ${rows.length - 1}`],
        hint: `rows are counted from 0: --row ${rows.length - 1} is the last`,
      });
    }
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    const report = await diffRow(modelPath, isFolder ? bundlePaths(path).qmodel : path, row, load);
    const first = report.lines.find((line) => line.relativeError > DIVERGENCE);
    const table = report.lines.map((line) => [
      line.name,
      line.elements,
      formatNumber(line.importError, 3),
      formatNumber(line.maxAbsError, 3),
      formatShare(line.relativeError),
      mark(line, first),
    ]);
    return {
      text: [
        ...formatTable([['value', 'elements', 'import error', 'integer error', 'of its spread', ''], ...table]),
        '',
        report.witnessEqual
          ? 'the witness equals the integer model everywhere'
          : 'the witness DIFFERS from the integer model',
        ...(report.worst === null ? [] : [`largest relative error: ${report.worst}`]),
      ],
      json: { ...report, firstDivergence: first?.name ?? null },
      exitCode: report.witnessEqual ? EXIT.ok : EXIT.checkFailed,
    };
  },
};
