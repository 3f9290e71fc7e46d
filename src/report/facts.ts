import type { Digest } from '../core/digest.js';
import type { InputLayout, InputVisibility, OutputLayout, StatementForm } from '../core/statement.js';

/** One layer of the integer model, or one of its inputs: neighbours that serve one node of the ONNX model. */
export interface LayerFacts {
  readonly name: string;
  /** The ONNX operator; `input` for an input; empty where the model file does not say. */
  readonly op: string;
  /** Kinds of integer nodes that it is made of. */
  readonly kinds: readonly string[];
  readonly shape: readonly number[];
  /** Bits of the widest element of its output. */
  readonly bits: number;
  /** Whether its output was rounded to codes; else it holds exact sums. */
  readonly isRounded: boolean;
  /** Real units of one step of its output, the least and the largest over its channels. */
  readonly scale: { readonly min: number; readonly max: number };
  readonly constraints: number;
  /** Measured on the calibration rows; null where nothing saturates, or where it was not recorded. */
  readonly saturated: number | null;
  readonly maxAbsError: number | null;
  /** Positions in the list of the layers that it reads. */
  readonly from: readonly number[];
}

/** How the integer model compares with the float model, as measured when it was quantized. */
export interface AccuracyFacts {
  readonly rows: number;
  readonly measuredOn: string;
  readonly reference: string;
  readonly metric: string | null;
  readonly floatScore: number | null;
  readonly integerScore: number | null;
  readonly top1Agreement: number | null;
  readonly maxAbsError: number | null;
  readonly pairs: readonly (readonly [number, number])[];
  readonly errors: { readonly limit: number; readonly counts: readonly number[] } | null;
  readonly decisions: {
    readonly labels: readonly (string | number)[];
    readonly counts: readonly (readonly number[])[];
  } | null;
}

export interface ArtifactFacts {
  readonly name: string;
  readonly file: string;
  readonly digest: Digest;
  /** `same`: the file was read and has this digest; `absent`: it is not in the folder. */
  readonly verdict: 'same' | 'absent';
  readonly sizeBytes: number | null;
}

export interface SetupFactsShown {
  readonly profile: 'dev' | 'production';
  readonly ptau: { readonly blake2b: string; readonly power: number; readonly published: string | null } | null;
  readonly contributions: number;
  readonly beacon: boolean;
  readonly overrides: readonly string[];
  /** Steps of the ceremony in order; null where the key has none. */
  readonly steps:
    | readonly {
        readonly kind: string;
        readonly name: string;
        readonly zkey: string;
        readonly contributionHash: string;
      }[]
    | null;
}

export interface AuditFacts {
  readonly proved: boolean;
  readonly outputs: { readonly total: number; readonly determined: number };
  readonly inputs: { readonly total: number; readonly constrained: number };
  readonly wires: { readonly total: number; readonly determined: number; readonly free: number };
  readonly declared: { readonly total: number; readonly proved: number };
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

/** Everything that a model card shows: plain data, no clock, no paths. Equal bundles have equal facts. */
export interface BundleFacts {
  readonly format: 'zkinfer-report/1';
  readonly name: string;
  readonly source: { readonly name: string; readonly digest: Digest };
  readonly tools: Readonly<Record<string, string>>;
  readonly circuit: {
    readonly engine: string;
    readonly overflow: string;
    /**
     * `constants` of the circuit, `committed` to in the verification key, `unchecked` where files of the commitment are not
     * there, or `none`: the bundle is an architecture.
     */
    readonly weights: 'constants' | 'committed' | 'unchecked' | 'none';
    readonly flags: readonly string[];
    readonly constraints: number;
    readonly wires: number;
    /** The domain holds constraints, public signals and one more: 2 to this power. */
    readonly domainPower: number;
    readonly parts: readonly {
      readonly name: string;
      readonly kinds: readonly string[];
      readonly constraints: number;
    }[];
  };
  readonly layers: readonly LayerFacts[];
  readonly accuracy: AccuracyFacts | null;
  readonly statement: {
    readonly form: StatementForm;
    readonly visibility: InputVisibility;
    readonly inputs: readonly InputLayout[];
    readonly outputs: readonly OutputLayout[];
    readonly publicSignals: readonly string[];
  };
  readonly setup: SetupFactsShown | null;
  readonly audit: AuditFacts | null;
  readonly gas: readonly { readonly call: string; readonly gas: number; readonly measured: boolean }[] | null;
  readonly artifacts: readonly ArtifactFacts[];
}
