import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { ensureBundle } from '../../examples/dapp/server/bundle.js';
import type { PageConfig } from '../../examples/dapp/server/page-config.js';

const ROOT = join(import.meta.dirname, '../..');

/** Whether something answers at an address. */
const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

describe('npm run dapp', function () {
  this.timeout(60_000);
  let child: ChildProcess | undefined;
  let output = '';

  afterEach(() => {
    // The whole group: npm, the program and its agent.
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  });

  it('starts chain, contracts, agent and page with the bundle that is there, and Ctrl-C ends them all', async () => {
    await ensureBundle(join(ROOT, 'artifacts/dapp/mnist-cnn'), join(ROOT, 'examples/models/mnist-cnn'), () => {});
    child = spawn('npm', ['run', '--silent', 'dapp', '--', '--port', '0'], { cwd: ROOT, detached: true });
    const { stdout, pid } = child;
    if (!stdout || pid === undefined) throw new Error('npm did not start');
    stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    while (!/^open http/m.test(output)) await once(stdout, 'data');
    expect(output)
      .to.match(/^bundle: .*\nchain 31337: .*\nagent: watching the market\n/)
      .and.not.include('building');
    const url = /^open (\S+)/m.exec(output)?.[1] ?? '';
    const config = (await (await fetch(`${url}config.json`)).json()) as PageConfig;
    expect([await answers(url), await answers(config.chain)]).to.deep.equal([true, true]);

    // A terminal sends it to every process of the group.
    process.kill(-pid, 'SIGINT');
    await once(child, 'close');
    expect(output).to.match(/\nstopped\n$/);
    expect([await answers(url), await answers(config.chain)]).to.deep.equal([false, false]);
    // What the compiler of scripts left running needs a moment more to see that nobody is there.
    for (let wait = 0; wait < 50 && isGroupAlive(pid); wait++) await setTimeout(100);
    expect(isGroupAlive(pid), 'a process is left').to.equal(false);
  });
});
