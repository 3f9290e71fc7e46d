import type { Rule } from './rules.js';

/** What is wrong, and how bad it is: an error means that the audit does not vouch for the circuit. */
export type FindingCode =
  | 'OUTPUT_UNDETERMINED'
  | 'INPUT_UNDETERMINED'
  | 'WIRE_UNDETERMINED'
  | 'FIELD_WRAP'
  | 'RANGE_NOT_PROVED'
  | 'INPUT_UNCONSTRAINED'
  | 'UNSATISFIABLE';

export interface Finding {
  readonly code: FindingCode;
  readonly level: 'error' | 'warning';
  /** The wire it is about, with its name; none where a constraint has no wire. */
  readonly wire?: number;
  readonly signal?: string;
  /** Index of the constraint that should have settled it. */
  readonly constraint?: number;
  readonly message: string;
}

/** An interval that every satisfying assignment keeps to, decimal integers modulo the field; null where none was derived. */
export interface SignalRange {
  readonly wire: number;
  readonly signal: string;
  readonly range: { readonly min: string; readonly max: string } | null;
}

/** A range the caller claims for a wire: it is proved from the constraints, never assumed. */
export interface DeclaredRange {
  readonly wire: number;
  readonly min: bigint | number;
  readonly max: bigint | number;
}

/** Plain data: `JSON.stringify` writes it as it is. */
export interface AuditReport {
  /** Outputs are a function of the inputs, declared ranges hold, no integer argument wraps, no input is loose. */
  readonly proved: boolean;
  readonly constraints: number;
  /** Ranges of the outputs that are not among the given wires. */
  readonly outputs: { readonly total: number; readonly determined: number; readonly ranges: readonly SignalRange[] };
  readonly wires: {
    readonly total: number;
    readonly determined: number;
    /** Hints that are free only where nothing depends on them (the inverse of a zero test at zero). */
    readonly free: number;
    readonly undetermined: number;
  };
  readonly inputs: { readonly total: number; readonly constrained: number; readonly determined: number };
  /** How many wires uniqueness starts from: the inputs, or the public signals that were given. */
  readonly given: number;
  readonly declared: { readonly total: number; readonly proved: number; readonly ranges: readonly SignalRange[] };
  /** How many variables each rule settled. */
  readonly rules: Readonly<Partial<Record<Rule, number>>>;
  /** Ranges the caller vouched for; the verdict holds under them. */
  readonly assumptions: readonly string[];
  readonly findings: readonly Finding[];
  /** Findings beyond the limit, not listed. */
  readonly omitted: number;
  /** Wires that nothing shows to be determined, harmless ones left out; for the counterexample search. */
  readonly undetermined: readonly number[];
  /** The harmless ones. */
  readonly free: readonly number[];
}

export interface AuditOptions {
  /** Wire names, by index or by function; without them wires are called `wire 12`. */
  readonly names?: readonly string[] | ((wire: number) => string);
  /** Ranges that the constraints must imply, of inputs usually. */
  readonly declared?: readonly DeclaredRange[];
  /**
   * The wires that the statement fixes; all inputs by default. Give the public signals that describe the input, and the
   * audit shows that they alone determine everything else, the private inputs too: two inputs cannot share a statement.
   */
  readonly given?: readonly number[];
  /** Ranges that somebody else checks (a verifier its public inputs): taken as given and listed in the report. */
  readonly assumed?: readonly DeclaredRange[];
  readonly onProgress?: (phase: 'read' | 'ranges' | 'uniqueness' | 'explain') => void;
  /** Findings listed at most; 50 by default. */
  readonly maxFindings?: number;
  /** Prime modulus; the BN254 scalar field by default. Other primes are for tests by exhaustive search. */
  readonly modulus?: bigint;
}
