import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluateGraph } from '../../src/graph/evaluate.js';
import { loadModel } from '../../src/pipeline/load-model.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/mnist-cnn');

/** A grey image, row-major, values 0 to 255, and its class. */
export interface Digit {
  readonly pixels: Float64Array;
  readonly label: number;
}

interface RowsFile {
  readonly inputs: { readonly image: { readonly rows: readonly (readonly number[])[] } };
  readonly labels?: readonly number[];
}

/** The 300 digits of the mnist-cnn sample, 28 pixels a side; the 100 without labels are labelled by the sample's model. */
export async function readDigits(): Promise<{ train: Digit[]; test: Digit[] }> {
  const read = (name: string) => JSON.parse(readFileSync(join(SAMPLE, name), 'utf8')) as RowsFile;
  const { graph } = await loadModel(join(SAMPLE, 'model.onnx'));
  const labelOf = (pixels: Float64Array) => {
    const logits = evaluateGraph(graph, { image: pixels }).get(graph.outputs[0].value) as Float64Array;
    return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
  };
  const digitsOf = ({ inputs, labels }: RowsFile) =>
    inputs.image.rows.map((row, i) => {
      const pixels = Float64Array.from(row);
      return { pixels, label: labels ? labels[i] : labelOf(pixels) };
    });
  const tested = digitsOf(read('test.json'));
  return { train: [...digitsOf(read('calibration.json')), ...tested.slice(0, 100)], test: tested.slice(100) };
}

/** The image moved by a few pixels, and averaged to `side` pixels where that is half. */
export function shiftDigit(pixels: Float64Array, side: number, right: number, down: number): Float64Array {
  const moved = (row: number, column: number) => {
    const [r, c] = [row - down, column - right];
    return r < 0 || c < 0 || r >= 28 || c >= 28 ? 0 : pixels[r * 28 + c];
  };
  const step = 28 / side;
  return Float64Array.from({ length: side * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side) * step, (i % side) * step];
    let sum = 0;
    for (let r = 0; r < step; r++) for (let c = 0; c < step; c++) sum += moved(row + r, column + c);
    return Math.round(sum / step ** 2);
  });
}
