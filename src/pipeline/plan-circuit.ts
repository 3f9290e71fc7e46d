import { describeStatement } from '../bundle/describe-statement.js';
import type { QModel } from '../bundle/qmodel.js';
import { lowerCircuit } from '../circuit/lower.js';
import type { CircuitProgram } from '../circuit/program.js';
import {
  countBytes,
  countInputBytes,
  type InputVisibility,
  type Statement,
  type StatementForm,
} from '../core/statement.js';
import { takeLabel } from '../quantize/label-output.js';
import { isArchitecture, takeArchitecture } from './take-architecture.js';

/** What the circuit of an integer model is to prove. */
export interface CircuitRequest {
  /** How much of the input a verifier sees; `public` by default. */
  readonly input?: InputVisibility;
  /** What is proved: the model's outputs, or the label that they decide. */
  readonly output?: 'logits' | 'label';
  /** `auto` packs up to 62 bytes limb by limb and binds more by three signals; `packed` by default. */
  readonly statement?: StatementForm | 'auto';
  /** What happens beyond a layer's calibrated range; `saturate` by default. */
  readonly overflow?: 'saturate' | 'assert';
  /** `private` compiles the architecture, for models whose weights are committed to later; `constants` by default. */
  readonly weights?: 'constants' | 'private';
  /** Private weights only: bits that the accumulators get beyond what this model needs, for others; 1 by default. */
  readonly room?: number;
}

export interface CircuitPlan {
  /** The model as the circuit takes it: cut to its label, or stripped to its architecture, where that was asked for. */
  readonly qmodel: QModel;
  readonly statement: Statement;
  readonly overflow: 'saturate' | 'assert';
  readonly weights: 'private' | undefined;
  readonly program: CircuitProgram;
}

/**
 * Lowers an integer model to the circuit of a statement about it.
 * @throws ZkinferError OUTPUT_NOT_SCORES, WEIGHTS_UNSUPPORTED, WEIGHTS_RANGE
 */
export function planCircuit(given: QModel, request: CircuitRequest = {}): CircuitPlan {
  const whole = request.output === 'label' ? labelModel(given) : given;
  const qmodel = request.weights === 'private' ? takeArchitecture(whole, request.room) : whole;
  const statement = chooseStatement(qmodel, request);
  const overflow = request.overflow ?? 'saturate';
  const weights = isArchitecture(qmodel) ? 'private' : undefined;
  const { form, visibility } = statement;
  const program = lowerCircuit(qmodel.graph, { statement: form, input: visibility, overflow, weights });
  return { qmodel, statement, overflow, weights, program };
}

/** Bytes of input and output up to which packing beats binding on chain. */
const MOST_PACKED_BYTES = 62;

function chooseStatement(qmodel: QModel, { input, statement }: CircuitRequest): Statement {
  const visibility = input ?? 'public';
  const packed = describeStatement(qmodel.graph, { form: 'packed', visibility });
  const bytes = countInputBytes(packed) + countBytes(packed.outputs);
  const form = statement === 'auto' ? (bytes <= MOST_PACKED_BYTES ? 'packed' : 'bound') : (statement ?? 'packed');
  return form === 'packed' ? packed : describeStatement(qmodel.graph, { form, visibility });
}

/** The model that gives a label; the choice is recorded, so that it can be made again. */
function labelModel(qmodel: QModel): QModel {
  return { ...qmodel, graph: takeLabel(qmodel.graph), options: { ...qmodel.options, output: 'label' } };
}
