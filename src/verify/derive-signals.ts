import {
  type Binding,
  boundSignals,
  computeContext,
  listLimbs,
  listPackedLimbs,
  type StatementSides,
} from '../commitment/context.js';
import { hashChain } from '../commitment/poseidon.js';
import type { FieldElement } from '../core/field.js';
import { countInputBytes, type Statement, type StatementBytes } from '../core/statement.js';

/** What a proof is bound to: a number of the caller's, or the fields that it is computed from. */
export interface BoundTo {
  /** The context of a packed statement; of a bound one the challenge, which follows from the binding and the bytes. */
  readonly value: FieldElement;
  readonly binding?: Binding;
}

/** The sides of a statement as the hash functions take them. @throws RangeError for another number of bytes */
export function sidesOf(statement: Statement, bytes: StatementBytes): StatementSides {
  const expected = countInputBytes(statement);
  if (bytes.input.length !== expected)
    throw new RangeError(`the input has ${bytes.input.length} bytes, expected ${expected}`);
  return { input: bytes.input, inputCommitted: statement.visibility === 'committed', output: bytes.output };
}

/**
 * What a statement's proof has to be bound to. A packed one takes any context; with a binding it is the context of that.
 * @throws RangeError where a bound statement has no binding
 */
export async function bindStatement(
  statement: Statement,
  bytes: StatementBytes,
  { context, binding }: { readonly context?: FieldElement; readonly binding?: Binding },
): Promise<BoundTo> {
  if (statement.form === 'packed')
    return binding ? { value: computeContext(binding), binding } : { value: context ?? (0n as FieldElement) };
  if (!binding) throw new RangeError('a bound statement needs a binding: chain, contract, model, agent and nonce');
  const [, , challenge] = await deriveBound(sidesOf(statement, bytes), binding);
  return { value: challenge, binding };
}

async function deriveBound(sides: StatementSides, binding: Binding): Promise<FieldElement[]> {
  return boundSignals(binding, sides, await hashChain(listLimbs(sides)));
}

/**
 * The public signals that a statement has to have, in the order of its names.
 * @throws RangeError where the bytes are not as many as the statement says, or a bound statement has no binding
 */
export async function deriveSignals(
  statement: Statement,
  bytes: StatementBytes,
  bound: BoundTo,
): Promise<FieldElement[]> {
  const sides = sidesOf(statement, bytes);
  if (statement.form === 'packed') return [...listPackedLimbs(sides), bound.value];
  if (!bound.binding) throw new RangeError('a bound statement needs a binding');
  return deriveBound(sides, bound.binding);
}
