import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');

describe('the package', () => {
  it('holds what runs, the templates, the contracts and the samples, and nothing else', () => {
    const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const parsed = JSON.parse(listing) as unknown;
    const [packed] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as {
      files: { path: string }[];
    }[];
    const paths = packed.files.map(({ path }) => path);
    for (const start of [
      'dist/cli/main.js',
      'circuits/',
      'contracts/',
      'docs/operators.md',
      'examples/models/mnist-cnn/model.onnx',
      'LICENSE',
      'README.md',
    ]) {
      expect(
        paths.some((path) => path.startsWith(start)),
        start,
      ).to.equal(true);
    }
    const odd = paths.filter(
      (path) => !/^(dist|circuits|contracts|docs|examples\/models)\/|^(package\.json|[A-Z]+(\.md)?)$/.test(path),
    );
    expect(odd).to.deep.equal([]);
  });

  it('runs as a program once it is built', function () {
    if (!existsSync(MAIN)) return this.skip();
    expect(readFileSync(MAIN, 'utf8')).to.match(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(execFileSync(process.execPath, [MAIN, '--version'], { encoding: 'utf8' }).trim()).to.equal(version);
  });
});
