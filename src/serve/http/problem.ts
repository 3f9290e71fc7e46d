import { type ErrorKind, ZkinferError } from '../../core/error.js';
import type { Answer } from './route.js';

/** Statuses of errors that their kind does not tell. */
const BY_CODE: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  MODEL_UNKNOWN: 404,
  JOB_UNKNOWN: 404,
  METHOD_UNKNOWN: 405,
  JOB_FINISHED: 409,
  JOB_NOT_DONE: 409,
  SUBMIT_KEY_USED: 409,
  BODY_TOO_LARGE: 413,
  BODY_NOT_JSON: 415,
  TOKEN_WRONG: 401,
  QUEUE_FULL: 429,
};

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  checkFailed: 409,
  usage: 400,
  artifact: 500,
  resource: 503,
  policy: 403,
  internal: 500,
};

/** An error as an answer. Nothing is said of one that nobody raised on purpose. */
export function answerError(error: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  if (!(error instanceof ZkinferError)) {
    const said = { code: 'INTERNAL', message: 'something went wrong inside zkinfer', facts: [] };
    return { status: 500, json: { error: said }, headers };
  }
  const { code, kind, message, facts, hint } = error;
  const status = BY_CODE[code] ?? BY_KIND[kind];
  return { status, json: { error: { code, message, facts, ...(hint !== undefined && { hint }) } }, headers };
}

export function usageProblem(
  code: string,
  message: string,
  facts: readonly string[] = [],
  hint?: string,
): ZkinferError {
  return new ZkinferError({ code, kind: 'usage', message, facts, hint });
}
