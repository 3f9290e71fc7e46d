import type { CompiledContract } from '../../../src/chain/compiled-contract.js';

/** File below src/chain/abi → contract. */
export const ABI_FILES: Readonly<Record<string, string>> = {
  'inference-verifier': 'InferenceVerifier',
  'inference-market': 'InferenceMarket',
  'zkml-validator': 'ZkmlValidator',
  'aigc-verifier': 'AigcVerifier',
  'erc7992-registry': 'Erc7992Registry',
  'erc7992-verifier': 'Erc7992Verifier',
  'erc8274-verifier': 'Erc8274Verifier',
};

/** An ABI as a TypeScript constant, an entry to a line. */
export function renderAbi({ contractName, abi }: Pick<CompiledContract, 'contractName' | 'abi'>): string {
  const name = `${contractName[0].toLowerCase()}${contractName.slice(1)}Abi`;
  const entries = abi.map(
    (entry) => `  ${JSON.stringify(entry, (key, value) => (key === 'internalType' ? undefined : value))},`,
  );
  return [
    `/** ABI of contracts/${contractName}; written by scripts/generate-abis.ts. */`,
    '// biome-ignore format: an entry to a line',
    `export const ${name} = [`,
    ...entries,
    '] as const;',
    '',
  ].join('\n');
}
