/** Every artifact of a bundle and the file it lives in. The one place that knows these names. */
export const ARTIFACT_FILES = {
  qmodel: 'model.qmodel.json',
  circom: 'circuit.circom',
  r1cs: 'circuit.r1cs',
  wireOrder: 'circuit.wires',
  witnessProgram: 'circuit.wasm',
  audit: 'audit.json',
  provingKey: 'proving.zkey',
  verificationKey: 'verification-key.json',
  ceremony: 'ceremony.json',
  architectureKey: 'architecture-key.json',
  weights: 'weights.json',
  solidity: 'verifier.sol',
  solidityJson: 'verifier.json',
} as const;

/** The opening of private weights: beside the artifacts, and none of them, for it is never handed on. */
export const OPENING_FILE = 'weights.secret.json';

export type ArtifactName = keyof typeof ARTIFACT_FILES;

export const ARTIFACT_NAMES = Object.keys(ARTIFACT_FILES) as readonly ArtifactName[];
