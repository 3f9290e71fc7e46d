import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { encryptKeystoreJson, Wallet } from 'ethers';
import type { DevNode } from '../../src/chain/dev-node/embedded.js';
import { startDevNode } from '../../src/chain/dev-node/start.js';
import {
  predictBatchGas,
  predictRecordGas,
  predictStandaloneGas,
  predictVerifyGas,
} from '../../src/chain/gas-model.js';
import { lastJson, runWords } from '../cli/capture.js';
import { NODE_KINDS } from './support/nodes.js';
import { buildSampleBundle, type SampleBundle } from './support/sample-bundle.js';

const NONCE = `0x${'00'.repeat(31)}2a`;

describe('commands on a chain (S1, S2)', function () {
  this.timeout(120_000);
  let sample: SampleBundle;
  let node: DevNode;
  let rpc: string;
  const addresses: Record<'verifier' | 'market' | 'model' | 'agent', string> = {
    verifier: '',
    market: '',
    model: '',
    agent: '',
  };

  before(async () => {
    sample = await buildSampleBundle();
    node = await startDevNode(NODE_KINDS[NODE_KINDS.length - 1]);
    rpc = await node.listen();
    addresses.agent = node.accounts[1].address;
    const test = JSON.parse(await readFile(sample.testRows, 'utf8')) as {
      inputs: Record<string, { rows: number[][] }>;
    };
    const [name] = Object.keys(test.inputs);
    await writeFile(at('row.json'), JSON.stringify({ [name]: test.inputs[name].rows[0] }));
  });
  after(async () => {
    await node?.close();
    await sample?.remove();
  });

  const at = (name: string) => join(sample.folder, name);

  /** Runs a command that has to work. @returns its JSON */
  const run = async (...words: string[]): Promise<Record<string, unknown>> => {
    const ran = await runWords(...words, '--rpc', rpc, '--json');
    expect(ran.code, ran.stderr + ran.stdout).to.equal(0);
    return lastJson(ran);
  };

  it('deploys the registry and a market, and registers a bundle', async () => {
    addresses.verifier = (await run('deploy', '--dev-account', '0')).address as string;
    const market = await run(
      'deploy',
      '--market',
      '--verifier',
      addresses.verifier,
      '--bond',
      '0.001',
      '--dev-account',
      '0',
    );
    addresses.market = market.address as string;
    const registered = await run('register', sample.bundle, '--verifier', addresses.verifier, '--dev-account', '0');
    addresses.model = registered.modelId as string;
    expect(addresses.model).to.match(/^0x[0-9a-f]{64}$/);
  });

  it('proves for an agent, verifies as a call, and records once', async () => {
    const { verifier, model, agent } = addresses;
    const who = ['--verifier', verifier, '--model', model, '--agent', agent, '--nonce', NONCE];
    const { context } = await run('chain', 'context', ...who);
    const proved = await runWords(
      'prove',
      sample.bundle,
      '--input',
      at('row.json'),
      '--context',
      String(context),
      '-o',
      at('proof.json'),
    );
    expect(proved.code, proved.stderr).to.equal(0);
    const accepted = await run('submit', at('proof.json'), ...who);
    expect(accepted).to.include({ valid: true, agent });
    expect((await run('submit', at('proof.json'), ...who, '--record', '--dev-account', '3')).nullifier).to.match(/^0x/);
    const again = await runWords('submit', at('proof.json'), ...who, '--record', '--dev-account', '3', '--rpc', rpc);
    expect([again.code, again.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && text.includes('NullifierUsed'),
    );
    const thief = who.map((text) => (text === agent ? node.accounts[4].address : text));
    const stolen = await runWords('submit', at('proof.json'), ...thief, '--rpc', rpc);
    expect(stolen.code).to.equal(1);
    expect(stolen.stderr).to.include('bound to something else').and.include('--agent');
    // A thief that also rewrites the context meets the contract itself.
    const file = JSON.parse(await readFile(at('proof.json'), 'utf8')) as { publicSignals: string[] };
    const { context: other } = await run('chain', 'context', ...thief);
    file.publicSignals[file.publicSignals.length - 1] = String(other);
    await writeFile(at('stolen.json'), JSON.stringify(file));
    const refused = await runWords('submit', at('stolen.json'), ...thief, '--rpc', rpc);
    expect([refused.code, refused.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && text.includes('ProofInvalid'),
    );
  });

  it('posts a request, shows it, locks it, fulfils it, lists it, withdraws', async () => {
    const { market, model, agent } = addresses;
    const on = ['--market', market];
    const posted = await run(
      ...['market', 'post', ...on, '--model', model, '--bundle', sample.bundle, '--input', at('row.json')],
      ...['--bounty', '0.05', '--minutes', '30', '--dev-account', '0'],
    );
    const request = ['--request', String(posted.id)];
    const task = await run('market', 'show', ...on, ...request, '--agent', agent);
    expect(task).to.include({ status: 'open', bounty: '50000000000000000' });
    await run('market', 'lock', ...on, ...request, '--dev-account', '1');
    const proved = await runWords(
      ...['prove', sample.bundle, '--input', at('row.json'), '--context', String(task.context), '-o', at('task.json')],
    );
    expect(proved.code, proved.stderr).to.equal(0);
    const proof = JSON.parse(await readFile(at('task.json'), 'utf8')) as { statement: { input: string } };
    expect(proof.statement.input).to.equal(task.input);
    await run('market', 'fulfil', ...on, ...request, '--proof', at('task.json'), '--dev-account', '1');
    const { requests } = (await run('market', 'list', ...on)) as { requests: { id: number; status: string }[] };
    expect(requests[Number(posted.id) - 1]).to.include({ status: 'fulfilled' });
    expect((await run('market', 'withdraw', ...on, '--dev-account', '1')).amountWei).to.equal('51000000000000000');
    const nothing = await runWords('market', 'withdraw', ...on, '--dev-account', '1', '--rpc', rpc);
    expect(nothing.code).to.equal(1);
    const unknown = await runWords('market', 'burn', ...on, '--rpc', rpc);
    expect(unknown.code).to.equal(2);
  });

  it('does the same with a bound statement and a committed input', async () => {
    const bound = await buildSampleBundle('--statement', 'bound', '--input', 'committed');
    try {
      const { verifier, market, agent } = addresses;
      const registered = await run('register', bound.bundle, '--verifier', verifier, '--dev-account', '0');
      const model = registered.modelId as string;
      const salt = ['--salt', at('salt')];
      const posted = await run(
        ...[
          'market',
          'post',
          '--market',
          market,
          '--model',
          model,
          '--bundle',
          bound.bundle,
          '--input',
          at('row.json'),
        ],
        ...[...salt, '--bounty', '0.01', '--dev-account', '0'],
      );
      const request = ['--market', market, '--request', String(posted.id)];
      const { proveWith, input, nonce } = await run('market', 'show', ...request, '--agent', agent);
      const words = [...String(proveWith).split(' '), ...salt];
      const proved = await runWords('prove', bound.bundle, '--input', at('row.json'), ...words, '-o', at('bound.json'));
      expect(proved.code, proved.stderr).to.equal(0);
      const proof = JSON.parse(await readFile(at('bound.json'), 'utf8')) as { statement: { input: string } };
      expect(proof.statement.input).to.equal(input);
      const who = ['--verifier', verifier, '--model', model, '--nonce', String(nonce)];
      expect(await run('submit', at('bound.json'), ...who, '--agent', agent)).to.include({ valid: true });
      const thief = await runWords(
        'submit',
        at('bound.json'),
        ...who,
        '--agent',
        node.accounts[4].address,
        '--rpc',
        rpc,
      );
      expect(thief.code).to.equal(1);
      expect(thief.stderr).to.include('bound to something else');
      await run('market', 'fulfil', ...request, '--proof', at('bound.json'), '--dev-account', '1');
      await run('market', 'withdraw', '--market', market, '--dev-account', '1');
    } finally {
      await bound.remove();
    }
  });

  it('deploys a standalone verifier and prints calldata that it accepts', async () => {
    const deployed = await run('deploy', '--standalone', sample.bundle, '--dev-account', '0');
    const calldata = await runWords('calldata', at('proof.json'), '--json');
    const { data } = lastJson(calldata) as { data: string };
    expect(BigInt(await node.provider.call({ to: deployed.address as string, data }))).to.equal(1n);
    const { verifier, model, agent } = addresses;
    const shared = await runWords(
      'calldata',
      at('proof.json'),
      '--model',
      model,
      '--agent',
      agent,
      '--nonce',
      NONCE,
      '--json',
    );
    const call = { to: verifier, data: (lastJson(shared) as { data: string }).data };
    expect(BigInt(await node.provider.call(call))).to.equal(1n);
  });

  it('estimates gas before anything is sent', async () => {
    const ran = await runWords('gas', sample.bundle, '--gas-price', '10', '--json');
    const { lines } = lastJson(ran) as { lines: { call: string; gas: number; measured: boolean }[] };
    const gas = Object.fromEntries(lines.map(({ call, gas: amount }) => [call, amount]));
    expect(gas['deploy InferenceVerifier']).to.be.within(2_000_000, 3_500_000);
    expect(gas['register the model']).to.be.within(400_000, 600_000);
    expect(gas.verify).to.be.within(225_000, 260_000);
  });

  it('S2 takes keys from a keystore or a private file, and never shows one', async () => {
    const { privateKey, address } = new Wallet(node.accounts[2].privateKey);
    await writeFile(at('key'), `${privateKey}\n`, { mode: 0o600 });
    await run(
      'market',
      'post',
      '--market',
      addresses.market,
      '--model',
      addresses.model,
      '--bundle',
      sample.bundle,
      '--input',
      at('row.json'),
      '--bounty',
      '0.001',
      '--key-file',
      at('key'),
    );
    await chmod(at('key'), 0o644);
    const exposed = await runWords('deploy', '--key-file', at('key'), '--rpc', rpc);
    expect([exposed.code, exposed.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 5 && text.includes('chmod 600'),
    );
    await writeFile(
      at('keystore.json'),
      await encryptKeystoreJson({ address, privateKey }, 'secret words', { scrypt: { N: 2, r: 1, p: 1 } }),
    );
    await writeFile(at('password'), 'secret words\n', { mode: 0o600 });
    const signed = await run('deploy', '--keystore', at('keystore.json'), '--password-file', at('password'));
    const code = await node.provider.getCode(signed.address as string);
    expect(code.length).to.be.greaterThan(1000);
    await writeFile(at('password'), 'other words\n', { mode: 0o600 });
    const wrong = await runWords(
      'deploy',
      '--keystore',
      at('keystore.json'),
      '--password-file',
      at('password'),
      '--rpc',
      rpc,
      '--debug',
    );
    expect(wrong.code).to.equal(2);
    const half = privateKey.slice(2, 40);
    await writeFile(at('half'), `${half}zz`, { mode: 0o600 });
    const bad = await runWords('deploy', '--key-file', at('half'), '--rpc', rpc, '--debug', '--json');
    expect(bad.code).to.equal(2);
    const none = await runWords('deploy', '--rpc', rpc);
    expect([none.code, none.stderr]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 2 && text.includes('--keystore'),
    );
    const shown = [exposed, wrong, bad, none].map(({ stdout, stderr }) => stdout + stderr).join();
    expect(shown).not.to.include(half).and.not.include('secret words');
    expect(address).to.equal(node.accounts[2].address);
  });

  it('S1 keeps development keys and accounts on local chains', async () => {
    const foreign = await startDevNode('embedded', { chainId: 777 });
    try {
      const url = await foreign.listen();
      await writeFile(at('owner'), foreign.accounts[0].privateKey, { mode: 0o600 });
      const key = ['--key-file', at('owner'), '--rpc', url];
      for (const words of [
        ['deploy', '--standalone', sample.bundle, ...key],
        ['register', sample.bundle, '--verifier', addresses.verifier, ...key],
        ['deploy', '--dev-account', '0', '--rpc', url],
      ]) {
        expect((await runWords(...words)).code, words.join(' ')).to.equal(5);
      }
    } finally {
      await foreign.close();
    }
  });

  it('says what is wrong with a node, a proof, or words', async () => {
    const { verifier, model, agent } = addresses;
    const who = ['--verifier', verifier, '--model', model, '--agent', agent];
    const away = await runWords('submit', at('proof.json'), ...who, '--rpc', 'http://127.0.0.1:1');
    expect([away.code, away.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 4 && text.includes('chain dev'),
    );
    await writeFile(at('empty.json'), '{}');
    expect((await runWords('submit', at('empty.json'), ...who, '--rpc', rpc)).code).to.equal(2);
    expect((await runWords('submit', at('none.json'), ...who, '--rpc', rpc)).code).to.equal(2);
    expect((await runWords('submit', at('proof.json'), '--verifier', '0x12', '--rpc', rpc)).code).to.equal(2);
    expect((await runWords('deploy', '--market', '--dev-account', '0', '--rpc', rpc)).code).to.equal(2);
    expect((await runWords('chain', 'fly', '--rpc', rpc)).code).to.equal(2);
  });
});

describe('gas by formula', () => {
  it('is within 2 % of what was measured', async () => {
    const measured = JSON.parse(await readFile('test/snapshots/gas.json', 'utf8')) as Record<string, number>;
    const spec = (
      inputLength: number,
      outputLength: number,
      statement: 'packed' | 'bound',
      inputCommitted = false,
    ) => ({
      ...{ modelHash: '', inputLength, outputLength, statement, inputCommitted },
    });
    const specs = {
      'packed, 7 bytes': spec(4, 3, 'packed'),
      'packed, private input': spec(0, 1, 'packed'),
      'packed, committed input': spec(32, 1, 'packed', true),
      'bound, 248 bytes': spec(238, 10, 'bound'),
      'bound, 794 bytes': spec(784, 10, 'bound'),
    };
    for (const [name, given] of Object.entries(specs)) {
      expect(predictVerifyGas(given) / measured[`verify ${name}`], name).to.be.within(0.98, 1.02);
      expect(predictRecordGas(given) / measured[`record ${name}`], name).to.be.within(0.98, 1.02);
    }
    for (const size of [1, 2, 4, 8, 16, 32]) {
      const predicted = predictBatchGas(specs['packed, private input'], size) / size;
      expect(predicted / measured[`batch ${size}`], `batch ${size}`).to.be.within(0.98, 1.02);
    }
    expect(predictStandaloneGas(3) / measured['verify standalone, 3 signals']).to.be.within(0.98, 1.02);
  });
});
