/** ABI of Erc8274Verifier; scripts/generate-abis.ts wrote erc8274-verifier.ts. */
// biome-ignore format: an entry to a line
export const erc8274VerifierAbi = [
  {"inputs":[{"name":"verifier_","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[],"name":"InputHashMismatch","type":"error"},
  {"inputs":[],"name":"OutputHashMismatch","type":"error"},
  {"inputs":[],"name":"proofProfile","outputs":[{"name":"","type":"bytes32"}],"stateMutability":"pure","type":"function"},
  {"inputs":[],"name":"proofSystem","outputs":[{"name":"","type":"string"}],"stateMutability":"pure","type":"function"},
  {"inputs":[{"name":"interfaceId","type":"bytes4"}],"name":"supportsInterface","outputs":[{"name":"","type":"bool"}],"stateMutability":"pure","type":"function"},
  {"inputs":[],"name":"verifier","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"inputHash","type":"bytes32"},{"name":"outputHash","type":"bytes32"},{"name":"metadata","type":"bytes"},{"name":"proof","type":"bytes"}],"name":"verify","outputs":[{"name":"","type":"bool"}],"stateMutability":"view","type":"function"},
] as const;
