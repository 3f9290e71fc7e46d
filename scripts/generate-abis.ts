/** Writes src/chain/abi and src/chain/bytecode from the contracts. */
import { writeFileSync } from 'node:fs';
import { compileContracts } from '../src/chain/solidity/sources.js';
import { renderGenerated } from '../test/chain/support/abi-files.js';
import { CACHE_FOLDER } from '../test/chain/support/nodes.js';

const files = renderGenerated(await compileContracts({ cacheFolder: CACHE_FOLDER }));
for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
