import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readSection } from '../../scripts/marked-section.js';
import { startEmbeddedNode } from '../../src/chain/dev-node/embedded.js';
import { lastJson, runWords } from '../cli/capture.js';
import { type Action, type Outcome, readAction, runAction } from './run-steps.js';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLE = join(ROOT, 'examples/models/iris-mlp');
const MODEL = { model: join(SAMPLE, 'model.onnx'), calibration: join(SAMPLE, 'calibration.json') };

let folder: string;
let workspace: string;
let actionPath: string;
let action: Action;
let env: Record<string, string>;

async function writeProgram(name: string, text: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${text}`);
  await chmod(path, 0o755);
}

const run = (inputs: Record<string, string>): Promise<Outcome> =>
  runAction(action, { bundle: 'iris', card: '', ...inputs }, { workspace, actionPath, env });

/** A command line that has to work, in this process. */
async function expectRun(...words: string[]): Promise<Record<string, unknown>> {
  const ran = await runWords(...words, '--json');
  expect(ran.code, ran.stderr + ran.stdout).to.equal(0);
  return lastJson(ran);
}

before(async function () {
  this.timeout(120_000);
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-action-'));
  workspace = join(folder, 'workspace');
  action = await readAction(join(ROOT, 'action.yml'));
  const bundle = join(workspace, 'iris');
  await expectRun('build', MODEL.model, '--calibration', MODEL.calibration, '-o', bundle, '--engine', 'direct');
  await writeFile(join(folder, 'rows.ndjson'), '[5.1, 3.5, 1.4, 0.2]\n[6.3, 2.9, 5.6, 1.8]\n');
  await expectRun(
    'prove',
    bundle,
    '--batch',
    join(folder, 'rows.ndjson'),
    '-o',
    join(workspace, 'proofs'),
    '--workers',
    '1',
  );
  const first = join(workspace, 'proofs/proof-000000.json');
  const proof = JSON.parse(await readFile(first, 'utf8'));
  const other = JSON.parse(await readFile(join(workspace, 'proofs/proof-000001.json'), 'utf8'));
  await mkdir(join(workspace, 'tampered'));
  const tampered = { ...proof, proof: { ...proof.proof, pi_c: other.proof.pi_c } };
  await writeFile(join(workspace, 'tampered/cheat.json'), JSON.stringify(tampered));

  // A checkout as the runner has it, without packages. npm fetches nothing here: it links the packages of this checkout.
  actionPath = join(folder, 'checkout');
  await mkdir(actionPath);
  for (const name of ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
    await cp(join(ROOT, name), join(actionPath, name), { recursive: true });
  for (const name of ['circuits', 'contracts', 'examples']) await symlink(join(ROOT, name), join(actionPath, name));
  const log = join(folder, 'installs');
  await writeProgram('npm', `echo "npm $*" >> "${log}"\nln -s "${join(ROOT, 'node_modules')}" node_modules\n`);
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  await writeProgram(
    'npx',
    `echo "npx $*" >> "${log}"\nwhile [ "$1" != tsc ]; do shift; done\nshift\nexec "${tsc}" "$@"\n`,
  );
  env = { PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) };
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the GitHub action', function () {
  this.timeout(60_000);

  it('installs from its own checkout without optional packages, and builds with the compiler alone', async () => {
    const outcome = await run({});
    expect(outcome.failed, outcome.log).to.equal(false);
    const words = (await readFile(join(folder, 'installs'), 'utf8')).split('\n');
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(words[0]).to.equal('npm ci --omit=optional --omit=dev --ignore-scripts');
    expect(words[1]).to.match(new RegExp(`^npx --yes --package=typescript@${devDependencies.typescript} -- tsc `));
    expect(outcome.steps).to.deep.equal({
      install: 'success',
      check: 'skipped',
      proofs: 'skipped',
      chain: 'skipped',
      card: 'skipped',
    });
    expect(outcome.outputs.valid).to.equal('');
    await run({});
    expect((await readFile(join(folder, 'installs'), 'utf8')).split('\n'), 'nothing is installed twice').to.deep.equal(
      words,
    );
  });

  it('builds the bundle again, verifies the proofs, and leaves reports to upload', async () => {
    const outcome = await run({ ...MODEL, proofs: 'proofs\n', card: 'model-card.html' });
    expect(outcome.failed, outcome.log).to.equal(false);
    expect(outcome.steps).to.include({ check: 'success', proofs: 'success', chain: 'skipped', card: 'success' });
    expect(outcome.outputs).to.deep.equal({ valid: 'true', report: 'zkinfer-report' });
    const report = join(workspace, 'zkinfer-report');
    expect((await readdir(report)).sort()).to.deep.equal(['check.txt', 'junit.xml', 'model-card.html']);
    expect(await readFile(join(report, 'check.txt'), 'utf8')).to.contain('the bundle is what it says');
    expect(await readFile(join(report, 'junit.xml'), 'utf8')).to.contain('tests="2" failures="0"');
    expect(outcome.summary).to.contain('all 2 proofs hold');
    expect(outcome.used.map(({ uses }) => uses.split('@')[0])).to.deep.equal([
      'actions/setup-node',
      'actions/upload-artifact',
    ]);
    expect(outcome.used[1].with).to.include({ name: 'zkinfer-report', path: 'zkinfer-report' });
  });

  it('fails for a tampered proof, names it, and still leaves the reports', async () => {
    const outcome = await run({ proofs: 'proofs\ntampered/*.json' });
    expect(outcome.failed).to.equal(true);
    expect(outcome.steps.proofs).to.equal('failure');
    expect(outcome.outputs.valid).to.equal('false');
    expect(outcome.log).to.match(/^::error file=tampered\/cheat\.json,title=proof not valid::/m);
    expect(outcome.summary).to.contain('1 of 3 proofs do not hold').and.contain('tampered/cheat.json');
    expect(await readFile(join(workspace, 'zkinfer-report/junit.xml'), 'utf8')).to.contain('failures="1"');
    expect(outcome.used).to.have.length(2);
  });

  it('shows a file name with backticks as text in the summary', async () => {
    const name = 'a``` all hold';
    await cp(join(workspace, 'tampered/cheat.json'), join(workspace, `tick/${name}.json`));
    const outcome = await run({ proofs: 'tick\nproofs' });
    expect(outcome.outputs.valid).to.equal('false');
    expect(outcome.summary.match(/^`{4}$/gm)).to.have.length(2);
  });

  it('fails for a bundle that was not built from the model, and verifies nothing against it', async () => {
    const rows = JSON.parse(await readFile(MODEL.calibration, 'utf8')) as {
      inputs: Record<string, { rows: number[][] }>;
    };
    for (const input of Object.values(rows.inputs)) input.rows = input.rows.map((row) => row.map((x) => 3 * x));
    await writeFile(join(workspace, 'other.json'), JSON.stringify(rows));
    const outcome = await run({ ...MODEL, calibration: 'other.json', proofs: 'proofs' });
    expect(outcome.failed).to.equal(true);
    expect(outcome.steps).to.include({ check: 'failure', proofs: 'skipped' });
    expect(outcome.log).to.contain('NOT the same');
  });

  it('shows each proof to the contract, and fails for one that was made for somebody else', async () => {
    const node = await startEmbeddedNode({ accounts: 2 });
    try {
      const rpc = await node.listen();
      const chain = ['--rpc', rpc, '--dev-account', '0'];
      const { address: contract } = await expectRun('deploy', ...chain);
      const bundle = join(workspace, 'iris');
      const { modelId } = await expectRun('register', bundle, '--verifier', contract as string, ...chain);
      const agent = node.accounts[1].address;
      const words = [
        '--agent',
        agent,
        '--chain-id',
        '31337',
        '--contract',
        contract as string,
        '--model-id',
        modelId as string,
      ];
      await writeFile(join(folder, 'row.json'), '[5.1, 3.5, 1.4, 0.2]');
      await expectRun(
        'prove',
        bundle,
        '--input',
        join(folder, 'row.json'),
        '-o',
        join(workspace, 'bound/a.json'),
        ...words,
      );
      const inputs = { rpc, contract: contract as string, 'model-id': modelId as string, agent };
      const good = await run({ ...inputs, proofs: 'bound' });
      expect(good.failed, good.log).to.equal(false);
      expect(good.steps.chain).to.equal('success');
      expect(good.log).to.contain('the contract accepts 1 of 1 proofs');
      await mkdir(join(workspace, 'nested/a/b'), { recursive: true });
      for (const name of ['top.json', 'a/one.json', 'a/b/two.json'])
        await cp(join(workspace, 'bound/a.json'), join(workspace, 'nested', name));
      const nested = await run({ ...inputs, proofs: 'nested/**/*.json' });
      expect(nested.failed, nested.log).to.equal(false);
      expect(nested.log).to.contain('the contract accepts 3 of 3 proofs');
      const line = await readFile(join(workspace, 'bound/a.json'), 'utf8');
      await writeFile(join(workspace, 'nested/a/all.ndjson'), `${JSON.stringify(JSON.parse(line))}\n`);
      const lines = await run({ ...inputs, proofs: 'nested' });
      expect(lines.steps).to.include({ proofs: 'success', chain: 'failure' });
      expect(lines.log)
        .to.contain('shown one proof a file: "nested/a/all.ndjson"')
        .and.not.contain('the contract accepts');
      const bad = await run({ ...inputs, proofs: 'bound\nproofs/proof-000000.json' });
      expect(bad.failed).to.equal(true);
      expect(bad.steps).to.include({ proofs: 'success', chain: 'failure' });
      expect(bad.log).to.contain('CHAIN_OTHER_CONTEXT').and.contain('the contract accepts 1 of 2 proofs');
    } finally {
      await node.close();
    }
  });

  it('never reads an input as commands or options', async () => {
    const steps = action.runs.steps.flatMap(({ run: script }) => (script === undefined ? [] : [script]));
    expect(steps.filter((script) => script.includes('${{'))).to.deep.equal([]);
    const evil = [
      '"; touch pwned; "',
      '$(touch pwned)',
      '`touch pwned`',
      '--help',
      '-o pwned',
      'a\nb; touch pwned',
      "' ; touch pwned #",
    ];
    for (const word of evil) {
      const outcome = await run({
        bundle: word,
        proofs: word,
        report: `${word}.d`.replaceAll('\n', ' '),
        junit: 'j.xml',
      });
      expect(outcome.failed, word).to.equal(true);
    }
    const found = (await readdir(folder, { recursive: true })).filter((path) => /(^|\/)pwned$/.test(path));
    expect(found).to.deep.equal([]);
  });
});

describe('docs/ci.md', function () {
  this.timeout(60_000);

  it('lists the inputs of the action', async () => {
    const docs = await readFile(join(ROOT, 'docs/ci.md'), 'utf8');
    const rows = Object.entries(action.inputs).map(([name, { description }]) => `| \`${name}\` | ${description} |`);
    expect(readSection(docs, 'inputs').trim().split('\n').slice(2)).to.have.members(rows);
  });

  it('has a shell script that ends well for good proofs and stops at a bad one', async () => {
    const docs = await readFile(join(ROOT, 'docs/ci.md'), 'utf8');
    const script = join(folder, 'verify.sh');
    await writeFile(script, /```sh\n([\s\S]*?)```/.exec(docs)?.[1] ?? 'exit 9');
    await writeProgram('zkinfer', `exec "${process.execPath}" "${join(actionPath, 'dist/cli/main.js')}" "$@"\n`);
    const variables = { ...process.env, ...env, BUNDLE: 'iris', MODEL: MODEL.model, CALIBRATION: MODEL.calibration };
    const runScript = (...proofs: string[]) =>
      promisify(execFile)('sh', [script, ...proofs], { cwd: workspace, env: variables }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
      );
    const good = await runScript('proofs');
    expect([good.code, good.stdout.trimEnd().endsWith('everything holds')]).to.deep.equal([0, true]);
    expect(JSON.parse(await readFile(join(workspace, 'verdict.json'), 'utf8'))).to.include({ valid: true, total: 2 });
    const bad = await runScript('proofs', 'tampered');
    expect(bad.code).to.equal(1);
    expect(bad.stdout).to.not.contain('everything holds');
    expect(JSON.parse(await readFile(join(workspace, 'verdict.json'), 'utf8')).invalid).to.have.length(1);
  });
});
