/** ABI of ZkmlValidator; scripts/generate-abis.ts wrote zkml-validator.ts. */
// biome-ignore format: an entry to a line
export const zkmlValidatorAbi = [
  {"inputs":[{"name":"verifier_","type":"address"},{"name":"registry_","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[{"name":"expected","type":"bytes32"}],"name":"RequestMismatch","type":"error"},
  {"inputs":[],"name":"TAG","outputs":[{"name":"","type":"string"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"registry","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"modelId","type":"bytes32"},{"name":"inputHash","type":"bytes32"},{"name":"agent","type":"address"},{"name":"salt","type":"bytes32"}],"name":"requestHashOf","outputs":[{"name":"","type":"bytes32"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"requestHash","type":"bytes32"},{"name":"salt","type":"bytes32"},{"name":"modelId","type":"bytes32"},{"components":[{"name":"agent","type":"address"},{"name":"nonce","type":"bytes32"},{"name":"input","type":"bytes"},{"name":"output","type":"bytes"},{"name":"commitment","type":"uint256"}],"name":"inference","type":"tuple"},{"name":"proof","type":"bytes"},{"name":"responseURI","type":"string"}],"name":"respond","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[],"name":"verifier","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
] as const;
