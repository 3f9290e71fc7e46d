import { type Command, InvalidArgumentError, Option } from 'commander';
import { collectDims, collectNames, wholeNumber } from './options.js';

/** What every command that reads a model can be told about it. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--dim <name=size>', 'size of a symbolic dimension (a batch is 1 by itself); repeatable', collectDims)
    .option('--outputs <names>', 'keep only these outputs, comma-separated', collectNames);
}

/** Options of quantization. */
export function addQuantizeOptions(command: Command): Command {
  return addModelOptions(command)
    .requiredOption('--calibration <rows>', 'rows of typical inputs: JSON, NDJSON, CSV, .npy or .npz')
    .option('--test <rows>', 'rows to measure accuracy on; the calibration rows where left out')
    .option(
      '--bits <n>',
      'bits of activations; the fewest that agree with the float model where left out',
      wholeNumber(2, 16),
    )
    .addOption(
      new Option(
        '--observer <name>',
        'how clipping ranges are chosen from the calibration rows; by measured error per tensor where left out',
      ).choices(['minmax', 'percentile', 'mse', 'auto']),
    )
    .addOption(
      new Option(
        '--target <goal>',
        'accuracy: the widths that agree with the float model; cost: the cheapest that keep it',
      )
        .choices(['accuracy', 'cost'])
        .default('accuracy')
        .conflicts('bits'),
    )
    .option(
      '--max-accuracy-loss <points>',
      'with --target cost: points of accuracy that may be given up (default 0.5)',
      points,
    )
    .option('--tradeoff <file>', 'with --target cost: write every point tried as JSON, and a plot beside it as SVG');
}

/** The model's part of parsed options. */
export function readModelOptions(options: Readonly<Record<string, unknown>>): {
  dims?: Record<string, number>;
  outputs?: string[];
} {
  return {
    dims: options.dim as Record<string, number> | undefined,
    outputs: options.outputs as string[] | undefined,
  };
}

/** The same, with sizes that a rows file states where the command line doesn't. */
export async function readModelOptionsWithRows(
  options: Readonly<Record<string, unknown>>,
  rowsPath: string | undefined,
): Promise<ReturnType<typeof readModelOptions>> {
  const read = readModelOptions(options);
  if (rowsPath === undefined) return read;
  const { peekDims } = await import('../rows/peek-dims.js');
  return { ...read, dims: { ...(await peekDims(rowsPath)), ...read.dims } };
}

/** A number of points of accuracy, 0 to 100. */
function points(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('give a number from 0 to 100.');
  return value;
}
