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

/** Everything that scripts/generate-abis.ts writes: path → text. */
export function renderGenerated(contracts: Readonly<Record<string, CompiledContract>>): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [file, contractName] of Object.entries(ABI_FILES)) {
    files[`src/chain/abi/${file}.ts`] = renderAbi(file, contracts[contractName]);
    files[`src/chain/bytecode/${file}.ts`] = renderBytecode(file, contracts[contractName]);
  }
  return files;
}

function nameConstant(contractName: string, what: string): string {
  return `${contractName[0].toLowerCase()}${contractName.slice(1)}${what}`;
}

/** An ABI as a TypeScript constant, an entry to a line. */
function renderAbi(file: string, { contractName, abi }: CompiledContract): string {
  const entries = abi.map(
    (entry) => `  ${JSON.stringify(entry, (key, value) => (key === 'internalType' ? undefined : value))},`,
  );
  return [
    `/** ABI of ${contractName}; scripts/generate-abis.ts wrote ${file}.ts. */`,
    '// biome-ignore format: an entry to a line',
    `export const ${nameConstant(contractName, 'Abi')} = [`,
    ...entries,
    '] as const;',
    '',
  ].join('\n');
}

/** A contract ready to be deployed. */
function renderBytecode(file: string, { contractName, bytecode, codeSizeBytes }: CompiledContract): string {
  const abi = nameConstant(contractName, 'Abi');
  return [
    `import { ${abi} } from '../abi/${file}.js';`,
    "import type { CompiledContract } from '../compiled-contract.js';",
    '',
    `/** ${contractName}, compiled; scripts/generate-abis.ts wrote ${file}.ts. */`,
    '// biome-ignore format: one long word',
    `export const ${nameConstant(contractName, 'Contract')}: CompiledContract = {`,
    `  contractName: '${contractName}',`,
    `  abi: ${abi},`,
    `  codeSizeBytes: ${codeSizeBytes},`,
    `  bytecode: '${bytecode}',`,
    '};',
    '',
  ].join('\n');
}
