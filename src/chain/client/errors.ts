import { Interface } from 'ethers';
import { ZkinferError } from '../../core/error.js';
import { aigcVerifierAbi } from '../abi/aigc-verifier.js';
import { erc7992RegistryAbi } from '../abi/erc7992-registry.js';
import { erc7992VerifierAbi } from '../abi/erc7992-verifier.js';
import { erc8274VerifierAbi } from '../abi/erc8274-verifier.js';
import { inferenceMarketAbi } from '../abi/inference-market.js';
import { inferenceVerifierAbi } from '../abi/inference-verifier.js';
import { zkmlValidatorAbi } from '../abi/zkml-validator.js';

const ALL = [
  ...inferenceVerifierAbi,
  ...inferenceMarketAbi,
  ...zkmlValidatorAbi,
  ...aigcVerifierAbi,
  ...erc7992RegistryAbi,
  ...erc7992VerifierAbi,
  ...erc8274VerifierAbi,
] as const;

/** Name of an error that one of the contracts can revert with. */
export type ContractErrorName = Extract<(typeof ALL)[number], { type: 'error' }>['name'];

const errors = new Interface(
  [...new Set(ALL.filter(({ type }) => type === 'error').map((entry) => JSON.stringify(entry)))].map((text) =>
    JSON.parse(text),
  ),
);

const HINTS: Partial<Record<ContractErrorName, string>> = {
  ProofInvalid:
    'The proof is for other bytes, another agent, nonce, contract or chain than it is shown with, or for another model.',
  PrecompileFailed: 'Give more gas; if that is no help, a point of the proof or the key is not in its group.',
  KeyForgeable: 'Run the setup with at least one contribution.',
  NullifierUsed: 'This inference is recorded already; use another nonce for another one.',
  RequestLockedBy: 'Wait until the lock lapses, or choose another request.',
  ModelExists: 'This key is registered already, by you and with the same layout.',
  DeadlinePassed: 'The request is over; its requester can cancel it.',
};

/** A contract said no, and why. */
export class ContractRefusal extends ZkinferError {
  constructor(
    readonly errorName: ContractErrorName,
    /** Arguments of the error, by name where they have one. */
    readonly args: Readonly<Record<string, unknown>>,
    cause: unknown,
  ) {
    const list = Object.entries(args).map(([name, value]) => `${name}: ${String(value)}`);
    super({
      code: 'CHAIN_REFUSED',
      kind: 'checkFailed',
      message: `The contract refused: ${errorName}.`,
      facts: list,
      hint: HINTS[errorName],
      cause,
    });
    this.name = 'ContractRefusal';
  }
}

/**
 * Turns what ethers throws into this library's errors: {@link ContractRefusal} where a contract said why,
 * `CHAIN_NO_FUNDS`, `CHAIN_UNREACHABLE` or `CHAIN_FAILED` else.
 */
export function explainFailure(cause: unknown): ZkinferError {
  if (cause instanceof ZkinferError) return cause;
  const data = findRevertData(cause);
  const parsed = data === undefined ? null : errors.parseError(data);
  if (parsed) {
    const args = parsed.fragment.inputs.map((input, index) => [input.name || String(index), parsed.args[index]]);
    return new ContractRefusal(parsed.name as ContractErrorName, Object.fromEntries(args), cause);
  }
  const { code, shortMessage, message } = cause as { code?: string; shortMessage?: string; message?: string };
  const facts = [shortMessage ?? message ?? String(cause)];
  if (code === 'INSUFFICIENT_FUNDS') {
    return new ZkinferError({
      code: 'CHAIN_NO_FUNDS',
      kind: 'resource',
      message: 'The account cannot pay for this transaction.',
      facts,
      cause,
    });
  }
  if (code === 'NETWORK_ERROR' || code === 'TIMEOUT' || code === 'ECONNREFUSED' || code === 'SERVER_ERROR') {
    return new ZkinferError({
      code: 'CHAIN_UNREACHABLE',
      kind: 'resource',
      message: 'The node does not answer.',
      facts,
      hint: 'Check the address of the node.',
      cause,
    });
  }
  return new ZkinferError({ code: 'CHAIN_FAILED', kind: 'checkFailed', message: 'The call failed.', facts, cause });
}

/** Runs a call and has its failure explained. */
export async function explaining<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw explainFailure(cause);
  }
}

function findRevertData(cause: unknown): string | undefined {
  for (let at = cause, depth = 0; at !== null && typeof at === 'object' && depth < 5; depth++) {
    const { data, info, error } = at as { data?: unknown; info?: { error?: unknown }; error?: unknown };
    if (typeof data === 'string' && data.length >= 10) return data;
    at = error ?? info?.error;
  }
  return undefined;
}
