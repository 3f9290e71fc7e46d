import type { ArtifactName } from '../bundle/artifact-names.js';
import type { Manifest } from '../bundle/manifest.js';
import type { Digest } from '../core/digest.js';
import type { ErrorFacts } from '../core/error.js';
import type { RunOptions, SaturatedInput } from '../pipeline/prove-input.js';
import type { BindingOptions } from '../pipeline/run-binding.js';
import type { ProofFile, StatedOutput } from '../verify/proof-file.js';
import type { Expectations, InferenceVerdict } from '../verify/verify-inference.js';

/** The elements of every model input by name, row-major, in real units. */
export type InputRow = Readonly<Record<string, ArrayLike<number>>>;

/** What goes on while something takes its time. */
export type Progress =
  /** Bytes of an artifact; the total is null where the server does not say. `cached`: nothing was downloaded. */
  | {
      readonly stage: 'fetch';
      readonly artifact: ArtifactName | 'manifest';
      readonly loadedBytes: number;
      readonly totalBytes: number | null;
      readonly cached: boolean;
    }
  /** The circuit is laid out and the proving key checked. */
  | { readonly stage: 'load' }
  | { readonly stage: 'witness' }
  /** Share of the proof that is made, 0 to 1, by the number of operations; at most ten times a second. */
  | { readonly stage: 'proof'; readonly fraction: number };

/** One run of the integer model. */
export interface Inference {
  readonly outputs: Readonly<Record<string, StatedOutput>>;
  /** Bytes of the quantized input, as a statement about a public input has them, and of the output. */
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  readonly saturated: readonly SaturatedInput[];
  readonly ms: number;
}

/** A proof, verified, and what it took. */
export interface ProvedRun {
  readonly proof: ProofFile;
  readonly saturated: readonly SaturatedInput[];
  /** Milliseconds of the witness and of the proof. */
  readonly ms: { readonly witness: number; readonly prove: number; readonly total: number };
}

/** What a worker can be asked for, by name: arguments and answer. */
export interface Calls {
  /** Fetches manifest, integer model and verification key. `digest` pins the manifest. */
  readonly open: {
    readonly args: { readonly url: string; readonly digest?: string };
    readonly value: { readonly manifest: Manifest; readonly digest: Digest };
  };
  readonly infer: { readonly args: { readonly row: InputRow }; readonly value: Inference };
  /** Fetches and loads what only proving needs. */
  readonly prepare: { readonly args: Record<never, never>; readonly value: null };
  readonly prove: {
    readonly args: { readonly row: InputRow; readonly options: RunOptions & BindingOptions };
    readonly value: ProvedRun;
  };
  readonly verify: {
    readonly args: { readonly document: unknown; readonly expected: Expectations };
    readonly value: InferenceVerdict;
  };
}

export type CallName = keyof Calls;

/** To the worker. */
export type Request = {
  readonly [K in CallName]: { readonly id: number; readonly call: K } & Calls[K]['args'];
}[CallName];

/** From the worker: any number of `progress`, then one of the other two. */
export type Reply =
  | { readonly id: number; readonly kind: 'progress'; readonly progress: Progress }
  | { readonly id: number; readonly kind: 'done'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly error: Omit<ErrorFacts, 'cause'> };
