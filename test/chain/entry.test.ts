import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import * as entry from '../../src/chain/index.js';
import { compileContracts } from '../../src/chain/solidity/sources.js';
import { renderGenerated } from './support/abi-files.js';
import { CACHE_FOLDER } from './support/nodes.js';

/** Every module that `file` leads to, by path or package name; imports of types alone are gone at run time. */
function reach(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const code = readFileSync(file, 'utf8').replace(/\b(?:import|export) type [^;]*;/g, '');
  for (const [, name] of code.matchAll(/\bfrom\s*'([^']+)'|\bimport\s*\(\s*'[^']+'/g)) {
    if (name?.startsWith('.')) reach(join(dirname(file), name.replace(/\.js$/, '.ts')), found);
    else found.add(name ?? 'a dynamic import');
  }
  return found;
}

describe('zkinfer/chain', () => {
  it('reaches no module of Node.js, and no package but ethers: it works in a browser', () => {
    const reached = [...reach(join('src', 'chain', 'index.ts'))];
    expect(reached.filter((name) => !name.endsWith('.ts'))).to.deep.equal(['ethers']);
    const rooms = new Set(
      reached.filter((name) => name.endsWith('.ts')).map((name) => relative('src', name).split('/')[0]),
    );
    expect([...rooms].sort()).to.deep.equal(['chain', 'commitment', 'core']);
    const globals = reached.filter(
      (name) => name.endsWith('.ts') && /\b(process|Buffer|require|__dirname)\b[.(]/.test(readFileSync(name, 'utf8')),
    );
    expect(globals).to.deep.equal([]);
  });

  it('exports what it promises', () => {
    expect(Object.keys(entry).sort()).to.deep.equal([
      'ContractRefusal',
      'InferenceClient',
      'MarketClient',
      'aigcVerifierAbi',
      'bindOffChain',
      'boundSignals',
      'computeChallenge',
      'computeContext',
      'deployContract',
      'encodeKey',
      'encodeProof',
      'erc7992RegistryAbi',
      'erc7992VerifierAbi',
      'erc8274VerifierAbi',
      'evaluateLimbs',
      'explainFailure',
      'inferenceMarketAbi',
      'inferenceVerifierAbi',
      'listLimbs',
      'packedSignals',
      'toCalldata',
      'toProvenInference',
      'verifyOnChain',
      'writeCommitment',
      'zkmlValidatorAbi',
    ]);
  });

  it('has ABIs and bytecode of the contracts as they are; scripts/generate-abis.ts writes them', async () => {
    const files = renderGenerated(await compileContracts({ cacheFolder: CACHE_FOLDER }));
    for (const [path, text] of Object.entries(files)) expect(readFileSync(path, 'utf8'), path).to.equal(text);
  });
});
