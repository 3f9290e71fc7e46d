import { ZkinferError } from '../../core/error.js';

/** How much of the model's input the verifier sees: all of it, nothing, or a salted commitment to it. */
export type InputVisibility = 'public' | 'private' | 'committed';

/** How the byte strings become public signals: limb by limb, or as commitment, challenge sum and challenge. */
export type StatementKind = 'packed' | 'bound';

/** What a proof says to its verifier. */
export interface StatementOptions {
  readonly input?: InputVisibility;
  readonly statement?: StatementKind;
}

const VISIBILITIES: readonly InputVisibility[] = ['public', 'private', 'committed'];
const KINDS: readonly StatementKind[] = ['packed', 'bound'];

/** Fills in the defaults. @throws ZkinferError STATEMENT_UNKNOWN for a word that is none of the choices */
export function readStatementOptions(options: StatementOptions): Required<StatementOptions> {
  const input = options.input ?? 'public';
  const statement = options.statement ?? 'packed';
  if (!VISIBILITIES.includes(input)) throw unknownWord('input', input, VISIBILITIES);
  if (!KINDS.includes(statement)) throw unknownWord('statement', statement, KINDS);
  return { input, statement };
}

function unknownWord(what: string, given: string, choices: readonly string[]): ZkinferError {
  return new ZkinferError({
    code: 'STATEMENT_UNKNOWN',
    kind: 'usage',
    message: `unknown ${what} ${JSON.stringify(given)}`,
    hint: `choose one of ${choices.join(', ')}`,
  });
}
