import { call, constant, RELU, type ScalarFunction, X } from '../scalar.js';
import type { RuleContext } from './rule.js';

const negative = call('min', X, constant(0));
const positive = call('max', X, constant(0));

/** Activations of RNN, GRU and LSTM with the defaults of alpha and beta. */
const ACTIVATIONS: Readonly<
  Record<string, { alpha?: number; beta?: number; make: (alpha: number, beta: number) => ScalarFunction }>
> = {
  relu: { make: () => RELU },
  tanh: { make: () => call('tanh', X) },
  sigmoid: { make: () => call('sigmoid', X) },
  affine: { alpha: 1, beta: 0, make: (a, b) => call('add', call('mul', constant(a), X), constant(b)) },
  leakyrelu: { alpha: 0.01, make: (a) => call('add', positive, call('mul', constant(a), negative)) },
  thresholdedrelu: {
    alpha: 1,
    make: (a) => call('select', call('stepPositive', call('sub', X, constant(a))), X, constant(0)),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    make: (a, b) => call('mul', constant(a), call('tanh', call('mul', constant(b), X))),
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (a, b) =>
      call('max', constant(0), call('min', constant(1), call('add', call('mul', constant(a), X), constant(b)))),
  },
  elu: {
    alpha: 1,
    make: (a) => call('add', positive, call('mul', constant(a), call('sub', call('exp', negative), constant(1)))),
  },
  softsign: { make: () => call('div', X, call('add', constant(1), call('abs', X))) },
  softplus: { make: () => call('softplus', X) },
};

/**
 * The activations of each direction, in order. Alphas and betas are listed for those activations only that take them, as
 * onnxruntime reads them. @param defaults names for one direction
 */
export function readActivations(
  context: RuleContext,
  directions: number,
  defaults: readonly string[],
): ScalarFunction[][] {
  const given = context.texts('activations');
  const names = given ?? Array.from({ length: directions }, () => defaults).flat();
  if (names.length !== directions * defaults.length)
    return context.unsupported(`${names.length} activations, expected ${directions * defaults.length}`);
  const alphas = [...(context.floats('activation_alpha') ?? [])];
  const betas = [...(context.floats('activation_beta') ?? [])];
  const functions = names.map((name) => {
    const entry = ACTIVATIONS[name.toLowerCase()] ?? context.unsupported(`activation "${name}" is unknown`);
    const alpha = entry.alpha === undefined ? 0 : (alphas.shift() ?? entry.alpha);
    const beta = entry.beta === undefined ? 0 : (betas.shift() ?? entry.beta);
    return entry.make(alpha, beta);
  });
  return Array.from({ length: directions }, (_, d) => functions.slice(d * defaults.length, (d + 1) * defaults.length));
}
