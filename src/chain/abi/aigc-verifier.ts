/** ABI of AigcVerifier; scripts/generate-abis.ts wrote aigc-verifier.ts. */
// biome-ignore format: an entry to a line
export const aigcVerifierAbi = [
  {"inputs":[{"name":"verifier_","type":"address"},{"name":"modelId_","type":"bytes32"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[{"name":"tokenId","type":"uint256"}],"name":"ContentExists","type":"error"},
  {"inputs":[{"name":"proven","type":"uint256"}],"name":"TokenMismatch","type":"error"},
  {"anonymous":false,"inputs":[{"indexed":true,"name":"tokenId","type":"uint256"},{"indexed":true,"name":"prompt","type":"bytes"},{"indexed":true,"name":"aigcData","type":"bytes"},{"indexed":false,"name":"proof","type":"bytes"}],"name":"AigcData","type":"event"},
  {"inputs":[{"name":"tokenId","type":"uint256"},{"name":"prompt","type":"bytes"},{"name":"aigcData","type":"bytes"},{"name":"proof","type":"bytes"}],"name":"addAigcData","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"name":"tokenId","type":"uint256"}],"name":"contentHashOf","outputs":[{"name":"","type":"bytes32"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"modelId","outputs":[{"name":"","type":"bytes32"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"interfaceId","type":"bytes4"}],"name":"supportsInterface","outputs":[{"name":"","type":"bool"}],"stateMutability":"pure","type":"function"},
  {"inputs":[],"name":"verifier","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"prompt","type":"bytes"},{"name":"aigcData","type":"bytes"},{"name":"proof","type":"bytes"}],"name":"verify","outputs":[{"name":"","type":"bool"}],"stateMutability":"view","type":"function"},
] as const;
