import { applyLinear, type LinearMap } from '../../src/graph/linear-map.js';

/** A layer of a network in training: a linear map, and whether ReLU follows. Maps without weights (pooling) stay as they are. */
export interface TrainedLayer {
  readonly map: LinearMap;
  readonly relu: boolean;
  readonly fixed: boolean;
}

export interface Sample {
  readonly x: Float64Array;
  readonly label: number;
}

/** Activations of every layer, the input first. */
export function runLayers(layers: readonly TrainedLayer[], x: Float64Array): Float64Array[] {
  const values = [x];
  for (const { map, relu } of layers) {
    const y = applyLinear(map, values[values.length - 1]);
    values.push(relu ? y.map((value) => Math.max(0, value)) : y);
  }
  return values;
}

/** Stochastic gradient descent on the cross entropy of the last layer, one sample at a time; weights change in place. */
export function trainLayers(
  layers: readonly TrainedLayer[],
  draw: (step: number) => Sample,
  { steps, rate }: { readonly steps: number; readonly rate: number },
): void {
  for (let step = 0; step < steps; step++) {
    const { x, label } = draw(step);
    const values = runLayers(layers, x);
    const scores = values[values.length - 1];
    const top = scores.reduce((a, b) => Math.max(a, b));
    const powers = scores.map((score) => Math.exp(score - top));
    const total = powers.reduce((a, b) => a + b);
    let gradient: Float64Array = powers.map((power, i) => power / total - (i === label ? 1 : 0));
    const speed = rate * (1 - step / steps);
    for (let at = layers.length - 1; at >= 0; at--)
      gradient = descend(layers[at], values[at], values[at + 1], gradient, speed);
  }
}

/** One layer's step; returns the gradient of its input. */
function descend(
  { map, relu, fixed }: TrainedLayer,
  x: Float64Array,
  y: Float64Array,
  gradient: Float64Array,
  rate: number,
): Float64Array {
  const below = new Float64Array(x.length);
  const slopes = map.kernels.map((kernel) => new Float64Array(kernel.length));
  const biases = new Float64Array(map.kernels.length);
  for (let row = 0; row < gradient.length; row++) {
    const own = relu && y[row] <= 0 ? 0 : gradient[row];
    if (own === 0) continue;
    const window = map.windows[map.rowWindow[row]];
    const kernel = map.kernels[map.rowKernel[row]];
    const slope = slopes[map.rowKernel[row]];
    biases[map.rowKernel[row]] += own;
    for (let t = 0; t < window.length; t++) {
      if (window[t] < 0) continue;
      below[window[t]] += own * kernel[t];
      slope[t] += own * x[window[t]];
    }
  }
  if (fixed) return below;
  map.kernels.forEach((kernel, k) => {
    for (let t = 0; t < kernel.length; t++) kernel[t] -= rate * slopes[k][t];
  });
  for (let row = 0; row < map.bias.length; row++) map.bias[row] -= rate * biases[map.rowKernel[row]];
  return below;
}
