import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { Contract } from 'ethers';
import { serveSite } from '../../examples/dapp/server/site.js';
import { InferenceClient } from '../../src/chain/client/inference-client.js';
import { openBundleModel } from '../../src/chain/commands/bundle-model.js';
import { deployInferenceVerifier } from '../../src/chain/commands/deploy.js';
import type { DevNode } from '../../src/chain/dev-node/embedded.js';
import { startDevNode } from '../../src/chain/dev-node/start.js';
import { compileSolidity } from '../../src/chain/solidity/compile.js';
import { CONTRACTS_FOLDER, readSources } from '../../src/chain/solidity/sources.js';
import { deployContract } from '../../src/chain/standalone.js';
import { becomePage } from '../browser/support/worker-in-node.js';
import { CACHE_FOLDER } from '../chain/support/nodes.js';
import { buildSampleBundle, type SampleBundle } from '../chain/support/sample-bundle.js';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist/browser/index.js');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** What stands around the block of TypeScript in a page. */
const wrap = (block: string) => `
import { Contract, type InterfaceAbi, hexlify, randomBytes, type Signer } from 'ethers';
import { type InputRow, openProver } from 'zkinfer/browser';
import { InferenceClient, toProvenInference } from 'zkinfer/chain';

interface Page {
  readonly signer: Signer; readonly row: InputRow; readonly show: (stage: string) => void;
  readonly VERIFIER: string; readonly MODEL: string; readonly DIGITS: string; readonly digitsAbi: InterfaceAbi;
}

export async function run({ signer, row, show, VERIFIER, MODEL, DIGITS, digitsAbi }: Page) {
${block}
prover.close();
return { scores: outputs.logits.real, output: inference.output, agent: who.agent };
}
`;

describe('the code in docs/dapp.md', function () {
  this.timeout(60_000);
  let node: DevNode;
  let sample: SampleBundle;
  let folder: string;
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const blocks: Record<string, string> = {};

  before(async function () {
    if (!existsSync(BUILT)) return this.skip();
    const text = await readFile(join(ROOT, 'docs/dapp.md'), 'utf8');
    for (const language of ['solidity', 'ts'])
      blocks[language] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';
    folder = await mkdtemp(join(ROOT, 'artifacts/.dapp-doc-'));
    sample = await buildSampleBundle();
    node = await startDevNode('embedded');
  });
  after(async () => {
    for (const closer of closers.reverse()) await closer();
    await node?.close();
    await sample?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('is ten lines and ten lines', () => {
    const count = (block: string) => block.split('\n').filter((line) => line.trim() !== '').length;
    expect(count(blocks.solidity)).to.equal(10);
    expect(count(blocks.ts)).to.be.within(5, 10);
  });

  it('compiles, proves, and has the contract take the proof of its sender alone', async () => {
    const [publisher, visitor, thief] = await Promise.all([0, 1, 2].map((index) => node.provider.getSigner(index)));
    const { address: VERIFIER } = await deployInferenceVerifier(publisher);
    const { key, spec } = await openBundleModel(sample.bundle);
    const { modelId: MODEL } = await new InferenceClient(publisher, VERIFIER).registerModel(key, spec);

    const interfaces = Object.entries(await readSources(CONTRACTS_FOLDER))
      .filter(([path]) => path.startsWith('interfaces/'))
      .map(([path, source]) => [`zkinfer/contracts/${path}`, source] as const);
    const contract = blocks.solidity
      .replace(/IInferenceVerifier\(0x[0-9a-fA-F]{40}\)/, `IInferenceVerifier(${VERIFIER})`)
      .replace(/MODEL = 0x[0-9a-f]{64}/, `MODEL = ${MODEL}`);
    const head = `// SPDX-License-Identifier: MIT
      pragma solidity ^0.8.24;
      import {IInferenceVerifier} from "zkinfer/contracts/interfaces/IInferenceVerifier.sol";`;
    const sources = { ...Object.fromEntries(interfaces), 'Digits.sol': `${head}\n${contract}` };
    const { Digits } = await compileSolidity(sources, { cacheFolder: CACHE_FOLDER });
    const { address: DIGITS } = await deployContract(publisher, Digits);

    const { url, server } = await serveSite(
      { folders: { '/bundle/': sample.bundle }, documents: {}, policy: "default-src 'none'" },
      0,
    );
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    closers.push(() => server.closeAllConnections());
    closers.push(becomePage(url));
    const page = join(folder, 'page.ts');
    await writeFile(page, wrap(blocks.ts));
    const options = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { types: [], skipLibCheck: false },
      include: ['page.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));
    execFileSync(process.execPath, [TSC, '-p', folder, '--noEmit'], { encoding: 'utf8', stdio: 'pipe' });

    const { run } = (await import(pathToFileURL(page).href)) as {
      run(page: object): Promise<{ scores: number[]; output: string; agent: string }>;
    };
    const stages: string[] = [];
    const row = { measurements: [5.1, 3.5, 1.4, 0.2] };
    const show = (stage: string) => stages.push(stage);
    const given = { signer: visitor, row, show, VERIFIER, MODEL, DIGITS, digitsAbi: Digits.abi };
    const { scores, output, agent } = await run(given);
    expect(scores.indexOf(Math.max(...scores))).to.equal(0);
    expect(new Set(stages)).to.deep.equal(new Set(['fetch', 'load', 'witness', 'proof']));
    const digits = new Contract(DIGITS, Digits.abi as never, thief);
    expect(await digits.scoresOf(agent)).to.equal(output);

    const sent = (await node.provider.getBlock('latest', true))?.prefetchedTransactions.at(-1);
    const refused = await node.provider.call({ to: DIGITS, data: sent?.data, from: thief.address }).then(
      () => 'accepted',
      (cause: { reason?: string }) => cause.reason,
    );
    expect(refused).to.equal('made for somebody else');
  });
});
