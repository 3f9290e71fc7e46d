/** A point of G1 as snarkjs writes it: affine x and y and a 1, canonical decimals. */
export type G1Json = readonly [string, string, string];
/** A point of G2: each coordinate is `[real, imaginary]`. */
export type G2Json = readonly [readonly [string, string], readonly [string, string], readonly [string, string]];

/** A Groth16 proof over BN254, the JSON of snarkjs. */
export interface Proof {
  readonly pi_a: G1Json;
  readonly pi_b: G2Json;
  readonly pi_c: G1Json;
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
}

/** What a verifier needs, the JSON of snarkjs. `IC` holds `nPublic + 1` points. */
export interface VerificationKey {
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
  readonly nPublic: number;
  readonly vk_alpha_1: G1Json;
  readonly vk_beta_2: G2Json;
  readonly vk_gamma_2: G2Json;
  readonly vk_delta_2: G2Json;
  /** The pairing of alpha and beta, `[2][3][2]` base-field elements; informative, a verifier computes its own. */
  readonly vk_alphabeta_12: readonly (readonly (readonly string[])[])[];
  readonly IC: readonly G1Json[];
}

/** A proof with the public signals that it speaks of: decimals, in snarkjs' order (outputs, then public inputs). */
export interface ProofResult {
  readonly proof: Proof;
  readonly publicSignals: readonly string[];
}
