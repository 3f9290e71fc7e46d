import type { Manifest } from '../bundle/manifest.js';
import { type Binding, bindOffChain } from '../commitment/context.js';
import { ZkinferError } from '../core/error.js';
import type { FieldElement } from '../core/field.js';
import { parseContext } from '../verify/proof-file.js';
import type { RunBinding } from './prove-input.js';

/** What a caller wants a proof to be bound to. */
export interface BindingOptions {
  /** What the proof is bound to: a field element, decimal or `0x…`; 0 by default. */
  readonly context?: string;
  /** Chain, contract, model, agent and nonce that the proof is for; a bound statement needs one. */
  readonly binding?: Binding;
  /** Salt of the commitment, where the input is committed to. */
  readonly salt?: bigint;
}

function readContext(text: string | undefined): FieldElement {
  try {
    return parseContext(text ?? '0');
  } catch (cause) {
    throw new ZkinferError({
      code: 'CONTEXT_INVALID',
      kind: 'usage',
      message: cause instanceof Error ? cause.message : String(cause),
      hint: 'give a number below the order of the field, decimal or 0x…',
      cause,
    });
  }
}

/** What the options bind a proof to. A bound statement without a binding is for nobody and no chain, at nonce 0. */
export function readBinding({ statement, source }: Manifest, { context, binding, salt }: BindingOptions): RunBinding {
  if (statement.form === 'packed') return { context: readContext(context), binding, salt };
  if (context !== undefined)
    throw new ZkinferError({
      code: 'CONTEXT_UNUSED',
      kind: 'usage',
      message: 'the statement of this bundle is bound: it takes no context of one number',
      hint: 'say what the proof is for with --agent, --chain-id, --contract, --model-id and --nonce',
    });
  const modelId = `0x${source.digest.slice(source.digest.indexOf(':') + 1)}`;
  const nobody = { agent: `0x${'00'.repeat(20)}`, nonce: `0x${'00'.repeat(32)}` };
  return { binding: binding ?? bindOffChain({ modelId, ...nobody }), salt };
}
