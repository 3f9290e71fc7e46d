import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import * as entry from '../../src/browser/index.js';

/** A source without its comments. */
function readCode(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** Every module that `file` leads to when it runs, by path or package name. Imports of types alone are gone by then. */
function reach(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const code = readCode(file)
    .replace(/\b(?:import|export)\s+type\b[^'";]*?\bfrom\s*'[^']+'/g, '')
    .replace(/\bimport\s*\{((?:\s*type\s+[\w\s]+,?)+)\}\s*from\s*'[^']+'/g, '');
  const forms =
    /\b(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'|\bnew URL\('(\.[^']+\.js)', import\.meta\.url\)/g;
  for (const [, from, bare, url] of code.matchAll(forms)) {
    const name = from ?? bare ?? url;
    if (!name.startsWith('.')) found.add(name);
    else reach(join(dirname(file), name.replace(/\.js$/, '.ts')), found);
  }
  return found;
}

const reached = [...reach(join('src', 'browser', 'index.ts'))];
const files = reached.filter((name) => name.endsWith('.ts'));

describe('zkinfer/browser', () => {
  it('sees the worker and what it proves with', () => {
    for (const name of [
      'browser/worker.ts',
      'circuit/witness.ts',
      'groth16/resident-prover.ts',
      'quantize/evaluate.ts',
    ])
      expect(files).to.include(join('src', name));
    expect(files.filter((file) => !existsSync(file))).to.deep.equal([]);
  });

  it('reaches no module of Node.js, and no package but those that assemble the curve', () => {
    expect(reached.filter((name) => !name.endsWith('.ts')).sort()).to.deep.equal(['wasmbuilder', 'wasmcurves']);
  });

  it('uses no global of Node.js', () => {
    const wrong = files.filter((file) =>
      /\b(process|Buffer|__dirname|global|setImmediate)\b\s*[.([]|\brequire\('/.test(readCode(file)),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('exports what it promises, and package.json names it', () => {
    expect(Object.keys(entry).sort()).to.deep.equal([
      'ZkinferError',
      'bindOffChain',
      'clearArtifactCache',
      'openProver',
    ]);
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(exports['./browser']).to.deep.equal({
      types: './dist/browser/index.d.ts',
      default: './dist/browser/index.js',
    });
    expect(exports['./browser/worker']).to.equal('./dist/browser/worker.js');
  });
});
