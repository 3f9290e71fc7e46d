import type { QModel } from '../bundle/qmodel.js';
import type { LoadOptions } from '../pipeline/load-model.js';
import type { QuantizeReport } from '../pipeline/quantize-model.js';
import type { Observer } from '../quantize/options.js';
import type { TradeoffPoint } from '../quantize/tradeoff.js';
import type { Rows } from '../rows/rows.js';
import { formatCount, formatNumber, formatShare, formatTable, printable } from './format.js';
import { readModelOptionsWithRows } from './model-options.js';
import type { Reporter } from './reporter.js';
import { plotTradeoff } from './tradeoff-plot.js';

/** Rows of a model's input, from files. */
export async function readModelRows(modelPath: string, load: LoadOptions, paths: readonly string[]): Promise<Rows[]> {
  const [{ loadModel, rowsSpecOf }, { readRows }] = await Promise.all([
    import('../pipeline/load-model.js'),
    import('../rows/read-rows.js'),
  ]);
  const spec = rowsSpecOf((await loadModel(modelPath, load)).graph);
  return Promise.all(paths.map((path) => readRows(path, spec)));
}

/** Reads the rows that the options name and quantizes the model: the part that `quantize` and `build` share. */
export async function quantizeFromOptions(
  modelPath: string,
  options: Readonly<Record<string, unknown>>,
  reporter: Reporter,
): Promise<{ qmodel: QModel; report: QuantizeReport }> {
  const { quantizeModel } = await import('../pipeline/quantize-model.js');
  const load = await readModelOptionsWithRows(options, options.calibration as string);
  const paths = [options.calibration as string, ...(options.test === undefined ? [] : [options.test as string])];
  const [calibration, test] = await readModelRows(modelPath, load, paths);
  const done = await quantizeModel({
    modelPath,
    ...load,
    calibration,
    test,
    bits: options.bits as number | undefined,
    observer: options.observer as Observer | undefined,
    target: options.target as 'accuracy' | 'cost' | undefined,
    maxAccuracyLoss: options.maxAccuracyLoss as number | undefined,
    onProgress: (stage) => reporter.step(stage),
  });
  for (const warning of done.report.warnings) reporter.warn(warning);
  if (options.tradeoff !== undefined && done.report.tradeoff)
    await writeTradeoff(options.tradeoff as string, done.report);
  return done;
}

/** Writes the points of a trade-off as JSON, and their plot as SVG beside it. */
async function writeTradeoff(path: string, report: QuantizeReport): Promise<void> {
  const { writeFileAtomic } = await import('../bundle/atomic.js');
  const points = report.tradeoff ?? [];
  await writeFileAtomic(path, `${JSON.stringify(points, null, 2)}\n`);
  await writeFileAtomic(path.replace(/(\.json)?$/, '.svg'), plotTradeoff(points, report.constraints));
}

/** The points that no other point beats in both cost and loss. */
function describeTradeoff(points: readonly TradeoffPoint[], chosen: number): string[] {
  let least = Number.POSITIVE_INFINITY;
  const front = points.filter(({ loss }) => {
    const isBetter = loss < least;
    least = Math.min(least, loss);
    return isBetter;
  });
  const rows = front.map((point) => [
    point.constraints === chosen ? '→' : '',
    point.constraints,
    point.loss < 0.001 ? '0' : formatNumber(point.loss, 3),
    String(point.bits),
    String(point.weightNoise),
    Object.values(point.layerBits).join(' '),
  ]);
  return ['', ...formatTable([['', 'constraints', 'loss (points)', 'bits', 'weight noise', 'layer bits'], ...rows])];
}

/** Lines that tell how well the integer model does, and the same per layer. */
export function describeQuantization(report: QuantizeReport): string[] {
  const layers = report.layers.map((layer) => [
    layer.layer,
    layer.op,
    layer.elements,
    String(layer.bits),
    formatNumber(layer.maxAbsError, 3),
    formatShare(layer.saturated),
    layer.constraints,
  ]);
  const on = `${formatCount(report.rows)} ${report.measuredOn} rows`;
  return [
    ...formatTable([['layer', 'op', 'elements', 'bits', 'max error', 'saturated', 'constraints'], ...layers]),
    '',
    `${report.metric ?? 'score'}: float ${formatNumber(report.floatScore)}, integer ${formatNumber(report.integerScore)} (${on}, float by ${printable(report.reference)})`,
    `top-1 agreement: ${formatShare(report.top1Agreement)}`,
    `largest absolute error: ${formatNumber(report.maxAbsError)}`,
    `constraints (predicted): ${formatCount(report.constraints)}, domain 2^${report.domainPower}, room for ${formatCount(report.toNextPower)} more`,
    ...(report.tradeoff ? describeTradeoff(report.tradeoff, report.constraints) : []),
  ];
}
