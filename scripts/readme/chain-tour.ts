import { spawn } from 'node:child_process';
import { entry, formatRun, type Run, root, runZkinfer } from './run-zkinfer.js';

const FOLDER = 'artifacts/tour';
const RPC = ['--rpc', 'http://127.0.0.1:8545'];
const SIGNER = ['--dev-account', '0'];
/** The first well-known development account, and the second. */
const AGENT = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const COPIER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/** Registers the bundle that the tour built with a verifier on a local chain, and shows a proof to it. Needs port 8545. */
export async function renderChainTour(): Promise<string> {
  const chain = spawn(process.execPath, [entry, 'chain', 'dev', '--node', 'embedded'], { cwd: root, stdio: 'ignore' });
  try {
    await waitForChain();
    return await recordTour();
  } finally {
    chain.kill();
  }
}

/** Asks for the chain id until somebody answers. @throws Error after twenty seconds */
async function waitForChain(): Promise<void> {
  const request = { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' };
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(RPC[1], { ...request, headers: { 'content-type': 'application/json' } }).catch(
      () => null,
    );
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no chain answers on ${RPC[1]}`);
}

async function recordTour(): Promise<string> {
  const parts: string[] = [];
  const record = async (text: string, args: readonly string[], codes?: readonly number[]): Promise<Run> => {
    const run = await runZkinfer(args, codes);
    parts.push(text, formatRun(args, run));
    return run;
  };
  const deployed = await record('**Deploy** the registry with its verifier, once for all models.', [
    'deploy',
    ...SIGNER,
  ]);
  const verifier = find(deployed, /0x[0-9a-fA-F]{40}\b/);
  const registered = await record('**Register** the model: its id pins key, statement and digests.', [
    'register',
    `${FOLDER}/iris`,
    '--verifier',
    verifier,
    ...SIGNER,
  ]);
  const model = find(registered, /0x[0-9a-fA-F]{64}\b/);
  const target = ['--verifier', verifier, '--model', model, '--agent', AGENT];
  const bound = await record('**Bind** a proof to this chain, this contract, this model and one agent.', [
    'chain',
    'context',
    ...target,
  ]);
  const proof = `${FOLDER}/chain-proof.json`;
  await runZkinfer([
    'prove',
    `${FOLDER}/iris`,
    '--input',
    `${FOLDER}/input.json`,
    '--context',
    bound.stdout.trim(),
    '-o',
    proof,
  ]);
  await record('**Submit** the proof that `prove --context` made with it; `--record` keeps the inference on chain.', [
    'submit',
    proof,
    ...target,
    '--record',
    ...SIGNER,
  ]);
  await record(
    'Somebody else who **copies** it is refused: the agent is part of the context.',
    ['submit', proof, '--verifier', verifier, '--model', model, '--agent', COPIER],
    [1],
  );
  await record('What it all **costs**, before anything is sent.', ['gas', `${FOLDER}/iris`]);
  return parts.join('\n\n');
}

function find(run: Run, pattern: RegExp): string {
  const match = pattern.exec(run.stdout);
  if (match === null) throw new Error(`no ${pattern} in ${run.stdout}`);
  return match[0];
}
