/** ABI of Erc7992Verifier; scripts/generate-abis.ts wrote erc7992-verifier.ts. */
// biome-ignore format: an entry to a line
export const erc7992VerifierAbi = [
  {"inputs":[{"name":"registry_","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[],"name":"InputCommitmentMismatch","type":"error"},
  {"inputs":[],"name":"InvalidProof","type":"error"},
  {"inputs":[],"name":"ModelMismatch","type":"error"},
  {"inputs":[],"name":"OutputMismatch","type":"error"},
  {"inputs":[{"name":"proofSystemId","type":"bytes4"}],"name":"UnsupportedProofSystem","type":"error"},
  {"inputs":[{"name":"modelId","type":"uint256"}],"name":"VerificationRefused_ModelDeprecated","type":"error"},
  {"anonymous":false,"inputs":[{"indexed":true,"name":"modelId","type":"uint256"},{"indexed":true,"name":"inputCommitment","type":"bytes32"},{"indexed":false,"name":"output","type":"bytes"},{"indexed":true,"name":"caller","type":"address"}],"name":"InferenceVerified","type":"event"},
  {"inputs":[],"name":"PROOF_SYSTEM_ID","outputs":[{"name":"","type":"bytes4"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"agent","type":"address"},{"name":"nonce","type":"bytes32"},{"name":"input","type":"bytes"}],"name":"commitmentOf","outputs":[{"name":"","type":"bytes32"}],"stateMutability":"pure","type":"function"},
  {"inputs":[{"name":"modelId","type":"uint256"}],"name":"proofSystemOf","outputs":[{"name":"","type":"bytes4"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"registry","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"interfaceId","type":"bytes4"}],"name":"supportsInterface","outputs":[{"name":"","type":"bool"}],"stateMutability":"pure","type":"function"},
  {"inputs":[],"name":"verifier","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"modelId","type":"uint256"},{"name":"inputCommitment","type":"bytes32"},{"name":"output","type":"bytes"},{"name":"proof","type":"bytes"}],"name":"verifyInference","outputs":[],"stateMutability":"nonpayable","type":"function"},
] as const;
