import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { type Contract, toBeHex } from 'ethers';
import { compileSolidity } from '../../src/chain/solidity/compile.js';
import { CONTRACTS_FOLDER, readSources } from '../../src/chain/solidity/sources.js';
import { CACHE_FOLDER, NODE_KINDS } from '../chain/support/nodes.js';
import { attempt, type Deployment, deploySuite, makeInference } from './support/deployment.js';

describe('the example of contracts/README.md', () => {
  let suite: Deployment;
  before(async () => {
    suite = await deploySuite(NODE_KINDS[NODE_KINDS.length - 1]);
  });
  after(() => suite.node.close());

  it('takes an inference of its caller once, and nobody else’s', async () => {
    const text = await readFile('contracts/README.md', 'utf8');
    const example = /```solidity\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    const own = Object.entries(await readSources(CONTRACTS_FOLDER)).filter(([path]) => path.startsWith('interfaces/'));
    const sources = { ...Object.fromEntries(own), 'Grades.sol': example };
    suite.contracts.Grades = (await compileSolidity(sources, { cacheFolder: CACHE_FOLDER })).Grades;
    const model = await suite.register({ statement: 'packed', inputLength: 4, outputLength: 1, inputCommitted: false });
    const grades = await suite.deploy('Grades', await suite.verifier.getAddress(), model.modelId);
    const agent = suite.signers[1].address;
    const { inference, proof } = await makeInference(suite, model, { nonce: toBeHex(1, 32), agent });
    const as = (index: number) => grades.connect(suite.signers[index]) as Contract;
    expect(await attempt(as(2), 'claim', [inference, proof])).to.equal('Error');
    expect(await attempt(as(1), 'claim', [inference, proof])).to.equal(undefined);
    expect(await grades.gradeOf(agent)).to.equal(BigInt(inference.output));
    expect(await attempt(as(1), 'claim', [inference, proof])).to.equal('NullifierUsed');
  });
});
