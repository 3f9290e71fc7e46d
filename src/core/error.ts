/** Exit codes of the command line, one per family of failure. */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  artifact: 3,
  resource: 4,
  policy: 5,
  internal: 70,
} as const;

export type ErrorKind = Exclude<keyof typeof EXIT, 'ok'>;

/** What an error is built from: facts and a hint, never a finished paragraph. */
export interface ErrorFacts {
  /** Stable identifier, `STAGE_PROBLEM`, safe to match on. */
  readonly code: string;
  /** Which exit code the command line uses. */
  readonly kind: ErrorKind;
  /** One short sentence that says what is wrong. */
  readonly message: string;
  /** Lines of detail, one fact a line (paths, expected and given values, one line per problem). */
  readonly facts?: readonly string[];
  /** What to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every error that zkinfer raises on purpose. */
export class ZkinferError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly facts: readonly string[];
  readonly hint: string | undefined;

  constructor(from: ErrorFacts) {
    super(from.message, from.cause === undefined ? undefined : { cause: from.cause });
    this.name = 'ZkinferError';
    this.code = from.code;
    this.kind = from.kind;
    this.facts = from.facts ?? [];
    this.hint = from.hint;
  }

  get exitCode(): number {
    return EXIT[this.kind];
  }
}
