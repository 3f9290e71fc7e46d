/** ABI of Erc7992Registry; scripts/generate-abis.ts wrote erc7992-registry.ts. */
// biome-ignore format: an entry to a line
export const erc7992RegistryAbi = [
  {"inputs":[{"name":"verifier_","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[{"name":"modelId","type":"uint256"},{"name":"inferenceModelId","type":"bytes32"}],"name":"AttachmentMismatch","type":"error"},
  {"inputs":[{"name":"modelId","type":"uint256"}],"name":"ModelNotFound","type":"error"},
  {"inputs":[{"name":"modelId","type":"uint256"},{"name":"caller","type":"address"}],"name":"NotModelOwner","type":"error"},
  {"anonymous":false,"inputs":[{"indexed":true,"name":"modelId","type":"uint256"},{"indexed":true,"name":"inferenceModelId","type":"bytes32"}],"name":"ModelAttached","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"name":"modelId","type":"uint256"}],"name":"ModelDeprecated","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"name":"modelId","type":"uint256"},{"indexed":true,"name":"owner","type":"address"},{"components":[{"name":"modelHash","type":"bytes32"},{"name":"circuitHash","type":"bytes32"},{"name":"vkHash","type":"bytes32"},{"name":"proofSystemId","type":"bytes4"},{"name":"uri","type":"string"}],"indexed":false,"name":"commitment","type":"tuple"}],"name":"ModelRegistered","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"name":"modelId","type":"uint256"},{"components":[{"name":"modelHash","type":"bytes32"},{"name":"circuitHash","type":"bytes32"},{"name":"vkHash","type":"bytes32"},{"name":"proofSystemId","type":"bytes4"},{"name":"uri","type":"string"}],"indexed":false,"name":"oldCommitment","type":"tuple"},{"components":[{"name":"modelHash","type":"bytes32"},{"name":"circuitHash","type":"bytes32"},{"name":"vkHash","type":"bytes32"},{"name":"proofSystemId","type":"bytes4"},{"name":"uri","type":"string"}],"indexed":false,"name":"newCommitment","type":"tuple"}],"name":"ModelUpdated","type":"event"},
  {"inputs":[{"name":"modelId","type":"uint256"},{"name":"inferenceModelId","type":"bytes32"}],"name":"attach","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"name":"modelId","type":"uint256"}],"name":"attachedModel","outputs":[{"name":"","type":"bytes32"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"name":"modelId","type":"uint256"}],"name":"deprecateModel","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"name":"modelId","type":"uint256"}],"name":"getModel","outputs":[{"components":[{"name":"modelHash","type":"bytes32"},{"name":"circuitHash","type":"bytes32"},{"name":"vkHash","type":"bytes32"},{"name":"proofSystemId","type":"bytes4"},{"name":"uri","type":"string"}],"name":"commitment","type":"tuple"},{"name":"deprecated","type":"bool"},{"name":"owner","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"modelCount","outputs":[{"name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"components":[{"name":"modelHash","type":"bytes32"},{"name":"circuitHash","type":"bytes32"},{"name":"vkHash","type":"bytes32"},{"name":"proofSystemId","type":"bytes4"},{"name":"uri","type":"string"}],"name":"commitment","type":"tuple"}],"name":"registerModel","outputs":[{"name":"modelId","type":"uint256"}],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"name":"interfaceId","type":"bytes4"}],"name":"supportsInterface","outputs":[{"name":"","type":"bool"}],"stateMutability":"pure","type":"function"},
  {"inputs":[{"name":"modelId","type":"uint256"},{"components":[{"name":"modelHash","type":"bytes32"},{"name":"circuitHash","type":"bytes32"},{"name":"vkHash","type":"bytes32"},{"name":"proofSystemId","type":"bytes4"},{"name":"uri","type":"string"}],"name":"newCommitment","type":"tuple"}],"name":"updateModel","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[],"name":"verifier","outputs":[{"name":"","type":"address"}],"stateMutability":"view","type":"function"},
] as const;
