/** Writes src/chain/abi from the contracts: one constant for each contract that clients talk to. */
import { writeFileSync } from 'node:fs';
import { compileContracts } from '../src/chain/solidity/sources.js';
import { ABI_FILES, renderAbi } from '../test/chain/support/abi-files.js';
import { CACHE_FOLDER } from '../test/chain/support/nodes.js';

const contracts = await compileContracts({ cacheFolder: CACHE_FOLDER });
for (const [file, name] of Object.entries(ABI_FILES)) {
  writeFileSync(`src/chain/abi/${file}.ts`, renderAbi(contracts[name]));
}
