import { ZkinferError } from '../../core/error.js';

/** A model with layers that would show their parameters. */
export function unsupported(facts: readonly string[]): ZkinferError {
  return new ZkinferError({
    code: 'WEIGHTS_UNSUPPORTED',
    kind: 'usage',
    message: 'the weights of this model cannot be private',
    facts,
    hint: 'private weights take Gemm, MatMul and Conv with ReLU, clip, pooling and ArgMax; leave --weights out for the rest',
  });
}

/** A model that the circuit was not made for. */
export function differs(facts: readonly string[]): ZkinferError {
  return new ZkinferError({
    code: 'WEIGHTS_DIFFER',
    kind: 'usage',
    message: 'the model is of another architecture than the bundle',
    facts,
    hint: 'quantize a model of the same layers and shapes with the same bits, or compile an architecture for this one',
  });
}

/** Weights that the accumulators have no room for. */
export function outOfRange(layer: string, fact: string): ZkinferError {
  return new ZkinferError({
    code: 'WEIGHTS_RANGE',
    kind: 'usage',
    message: 'the weights do not fit the accumulators of the architecture',
    facts: [`layer ${JSON.stringify(layer)}: ${fact}`],
    hint: 'compile the architecture with more --room, or quantize with fewer bits',
  });
}
