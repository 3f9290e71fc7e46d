import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { digestFolder } from '../robustness/process.js';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLE = join(ROOT, 'examples/models/iris-mlp');
const MAIN = join(ROOT, 'src/cli/main.ts');
const TSX = join(ROOT, 'node_modules/tsx/dist/loader.mjs');

/** Two machines, as far as one can be told from another by what a process sees. */
const MACHINES = {
  here: { umask: '022', env: { TZ: 'UTC', LANG: 'C', LC_ALL: 'C', UV_THREADPOOL_SIZE: '4', COLUMNS: '80' } },
  elsewhere: {
    umask: '077',
    env: {
      TZ: 'Pacific/Kiritimati',
      LANG: 'tr_TR.UTF-8',
      LC_ALL: 'tr_TR.UTF-8',
      UV_THREADPOOL_SIZE: '1',
      SOURCE_DATE_EPOCH: '1',
      NO_COLOR: '1',
    },
  },
} as const;

describe('the same input on another machine and in another folder', function () {
  this.timeout(90_000);
  let scratch: string;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'zkinfer-reproducible-'));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  /** Builds the sample with keys, verifier and model card, from relative paths. @returns digests by file name */
  async function buildOn(machine: keyof typeof MACHINES, folder: string): Promise<Record<string, string>> {
    const cwd = join(scratch, folder);
    await mkdir(join(cwd, 'tmp'), { recursive: true });
    await mkdir(join(cwd, 'home'));
    await cp(SAMPLE, join(cwd, 'sample'), { recursive: true });
    const { umask, env } = MACHINES[machine];
    const rows = '--calibration sample/calibration.json --test sample/test.json';
    const script = [
      `umask ${umask}`,
      'zkinfer() { "$NODE" --import "$TSX" "$MAIN" "$@" --quiet; }',
      `zkinfer build sample/model.onnx ${rows} -o iris`,
      'zkinfer export-verifier iris',
      'zkinfer report iris --no-gas',
    ].join('\n');
    const paths = { NODE: process.execPath, TSX, MAIN, PATH: process.env.PATH, HOME: join(cwd, 'home') };
    const options = { cwd, env: { ...paths, TMPDIR: join(cwd, 'tmp'), ...env } };
    await promisify(execFile)('sh', ['-eu', '-c', script], options);
    expect((await stat(join(cwd, 'iris/circuit.r1cs'))).mode & 0o077).to.equal(umask === '077' ? 0 : 0o044);
    return digestFolder(join(cwd, 'iris'));
  }

  it('gives the same bytes in every file of the bundle, keys, contract and model card included', async () => {
    const [here, elsewhere] = await Promise.all([buildOn('here', 'a'), buildOn('elsewhere', 'b/deeper still/ü')]);
    expect(Object.keys(here)).to.include.members([
      'manifest.json',
      'proving.zkey',
      'verifier.sol',
      'verifier.json',
      'report.html',
    ]);
    expect(elsewhere).to.deep.equal(here);
    const manifest = await readFile(join(scratch, 'a/iris/manifest.json'), 'utf8');
    expect(manifest).to.not.contain(scratch);
  });
});
