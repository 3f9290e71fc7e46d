import { digestBytes } from '../bundle/digest.js';
import { encodeQModel, type QModel } from '../bundle/qmodel.js';
import { splitModel } from '../circuit/weights/architecture.js';
import { ZkinferError } from '../core/error.js';

/** Whether a qmodel is an architecture: a model without weights. */
export function isArchitecture({ options }: QModel): boolean {
  return options.weights === 'private';
}

/** @throws ZkinferError WEIGHTS_ABSENT where a model with its weights is needed */
export function refuseArchitecture(qmodel: QModel, path: string): void {
  if (!isArchitecture(qmodel)) return;
  throw new ZkinferError({
    code: 'WEIGHTS_ABSENT',
    kind: 'usage',
    message: 'this is an architecture: the weights of its models are private, and not in it',
    facts: [path],
    hint: 'give the qmodel file that the model was quantized to',
  });
}

/**
 * The architecture of an integer model, which says nothing of its weights, of its scales or of the file that it came from.
 * @param room bits that accumulators get beyond what this model needs
 * @throws ZkinferError WEIGHTS_UNSUPPORTED, WEIGHTS_RANGE
 */
export function takeArchitecture(qmodel: QModel, room?: number): QModel {
  if (isArchitecture(qmodel)) return qmodel;
  const { output } = qmodel.options;
  const bare: QModel = {
    graph: splitModel(qmodel.graph, undefined, room).architecture,
    source: { name: 'architecture', digest: digestBytes('') },
    options: { weights: 'private', ...(output === 'label' && { output }) },
    report: {},
  };
  return { ...bare, source: { name: 'architecture', digest: digestBytes(encodeQModel(bare)) } };
}
