import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect } from 'chai';

/** Rooms in processing order: a file imports only from its own room and from rooms above it. */
const ORDER = [
  'core',
  'onnx',
  'graph',
  'rows',
  'quantize',
  'circuit',
  'commitment',
  'bundle',
  'circom',
  'audit',
  'groth16',
  'prove',
  'verify',
  'chain',
  'report',
  'pipeline',
  'browser',
  'serve',
  'index',
  'cli',
];

/** The one room that may import an npm package; `files` narrows it further. */
const HOMES: Readonly<Record<string, { readonly room: string; readonly files?: number }>> = {
  pbf: { room: 'onnx' },
  'onnxruntime-node': { room: 'quantize', files: 1 },
  circomlib: { room: 'circom' },
  circom2: { room: 'circom' },
  snarkjs: { room: 'groth16' },
  ffjavascript: { room: 'groth16' },
  wasmcurves: { room: 'groth16' },
  wasmbuilder: { room: 'groth16' },
  piscina: { room: 'prove' },
  ethers: { room: 'chain' },
  solc: { room: 'chain' },
  '@ethereumjs/*': { room: 'chain' },
  '@foundry-rs/anvil-linux-amd64': { room: 'chain' },
  bullmq: { room: 'serve' },
  ioredis: { room: 'serve' },
  pg: { room: 'serve' },
  commander: { room: 'cli' },
};

/** Rooms without file system, clock, randomness or process: same input, same bytes. */
const PURE = ['core', 'graph', 'quantize', 'circuit'];
/** Calibration runs onnxruntime, in a process of its own: the part of a pure room that is not pure. */
const IMPURE = /^quantize\/reference[\w-]*\.ts$/;

/** What a verifier needs is in the manifest: these never reach back to what makes proofs. */
const APART: Readonly<Record<string, readonly string[]>> = {
  verify: ['prove', 'circuit', 'quantize'],
  chain: ['prove', 'circuit', 'quantize'],
};

/** Main files of processes and threads of their own; what they print goes to their parent. */
const CHILD = /(^|-|\/)(child|worker)\.ts$/;

interface SourceFile {
  /** Path below src, with forward slashes. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly string[];
}

/** Takes comments out; texts that look like comments inside strings do not occur in imports. */
function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

/** The same source without imports of types alone, which are gone when it runs. */
function stripTypeImports(code: string): string {
  return code
    .replace(/\b(?:import|export)\s+type\b[^'"`;]*?\bfrom\s*['"][^'"]+['"]/g, '')
    .replace(/\bimport\s*\{((?:\s*type\s+[\w\s]+,?)+)\}\s*from\s*['"][^'"]+['"]/g, '');
}

/** Every module that a source names: static, type-only, re-exported, side-effect and dynamic imports, and `import('…')` types. */
function findImports(code: string): string[] {
  const forms = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
    /\brequire\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
  ];
  return forms.flatMap((form) => Array.from(code.matchAll(form), (match) => match[1]));
}

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

function readSources(): SourceFile[] {
  return (readdirSync(SRC, { recursive: true }) as string[])
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(SRC, path), 'utf8');
      const code = stripComments(text);
      const room = path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.ts$/, '');
      return { path, room, text, code, imports: findImports(code) };
    });
}

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));

/** Path below src of a relative import; null for packages. */
function resolve(from: SourceFile, name: string): string | null {
  if (!name.startsWith('.')) return null;
  return relative(SRC, join(SRC, dirname(from.path), name))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');
}

function packageName(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The entry of HOMES for a package: its own, or that of its scope. */
function findHome(name: string): string | undefined {
  return [name, `${name.split('/')[0]}/*`].find((key) => Object.hasOwn(HOMES, key));
}

function edges(importsOf = (source: SourceFile) => source.imports): { from: SourceFile; to: SourceFile }[] {
  return sources.flatMap((from) =>
    importsOf(from).flatMap((name) => {
      const path = resolve(from, name);
      const to = path === null ? undefined : byPath.get(path);
      return to ? [{ from, to }] : [];
    }),
  );
}

describe('the architecture', () => {
  it('sees every form of import', () => {
    const code = `import a from 'a'; import type { b } from "./b.js";\nexport { c } from './c.js'; export type { d } from 'd';
      import './e.js'; const f = await import('./f.js'); type G = import('g').G; import {\n  h,\n} from './h.js'; // import 'not'
      /* import 'nor' */ const url = 'http://x';`;
    expect(findImports(stripComments(code)).sort()).to.deep.equal([
      './b.js',
      './c.js',
      './e.js',
      './f.js',
      './h.js',
      'a',
      'd',
      'g',
    ]);
  });

  it('has only rooms that it knows, and no import that leads nowhere', () => {
    expect(sources.length).to.be.above(20);
    expect(sources.filter(({ room }) => !ORDER.includes(room)).map(({ path }) => path)).to.deep.equal([]);
    const lost = sources.flatMap((from) =>
      from.imports
        .filter((name) => {
          const path = resolve(from, name);
          return (
            path !== null && !byPath.has(path) && !byPath.has(path.replace(/\.ts$/, '.d.ts')) && !path.endsWith('.json')
          );
        })
        .map((name) => `${from.path} imports ${name}`),
    );
    expect(lost).to.deep.equal([]);
  });

  it('has only arrows that point up', () => {
    const down = edges()
      .filter(({ from, to }) => ORDER.indexOf(to.room) > ORDER.indexOf(from.room))
      .map(({ from, to }) => `${from.path} imports ${to.path}`);
    expect(down).to.deep.equal([]);
  });

  it('has no cycle of files when it runs', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of edges(({ code }) => findImports(stripTypeImports(code))))
      next.set(from.path, [...(next.get(from.path) ?? []), to.path]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      if (done.has(path)) return;
      for (const after of next.get(path) ?? []) visit(after, [...trail, path]);
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).to.deep.equal([]);
  });

  it('imports each npm package in its one home, and none that package.json does not name', () => {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    ) as {
      dependencies: Record<string, string>;
      optionalDependencies?: Record<string, string>;
      peerDependencies?: Record<string, string>;
    };
    const named = { ...dependencies, ...optionalDependencies, ...peerDependencies };
    const users = new Map<string, SourceFile[]>();
    for (const source of sources) {
      for (const name of new Set(
        source.imports.filter((one) => !one.startsWith('.') && !one.startsWith('node:')).map(packageName),
      )) {
        users.set(name, [...(users.get(name) ?? []), source]);
      }
    }
    const wrong: string[] = [];
    for (const [name, files] of users) {
      const home = HOMES[findHome(name) ?? ''];
      if (home === undefined) wrong.push(`${name} has no home, used by ${files.map(({ path }) => path).join(', ')}`);
      for (const { path, room } of files) if (home && room !== home.room) wrong.push(`${path} imports ${name}`);
      if (home?.files !== undefined && files.length > home.files) wrong.push(`${files.length} files import ${name}`);
      if (!(name in named)) wrong.push(`${name} is not in package.json`);
    }
    expect(wrong).to.deep.equal([]);
    const homeless = Object.keys(named).filter((name) => !findHome(name));
    expect(homeless).to.deep.equal([]);
  });

  it('has a lockfile that npm ci takes: it names every optional package of every package', () => {
    // npm leaves out of a lockfile what its registry does not carry for other platforms, and then refuses that lockfile.
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    );
    expect(missing).to.deep.equal([]);
  });

  it('is what src/README.md says', () => {
    const table = readFileSync(join(SRC, 'README.md'), 'utf8').matchAll(
      /^\| `([\w-]+)(?:\/|\.ts)` \|.*\| ?(.*?) ?\|$/gm,
    );
    const rows = Array.from(table, ([, room, packages]) => ({
      room,
      packages: packages.split(', ').filter(Boolean).sort(),
    }));
    const expected = ORDER.map((room) => ({
      room,
      packages: Object.keys(HOMES)
        .filter((name) => HOMES[name].room === room)
        .sort(),
    }));
    expect(rows).to.deep.equal(expected);
  });

  it('keeps the pure rooms free of the outer world', () => {
    const outer =
      /\b(process\.|Math\.random|Date\.now|new Date\(|performance\.now|crypto\.|setTimeout|globalThis\.|__dirname|import\.meta)/;
    const wrong = sources
      .filter(({ room, path }) => PURE.includes(room) && !IMPURE.test(path))
      .filter(({ imports, code }) => imports.some((name) => name.startsWith('node:')) || outer.test(code))
      .map(({ path }) => path);
    expect(wrong).to.deep.equal([]);
  });

  it('reads the environment and prints in the command line only', () => {
    const wrong = sources
      .filter(({ room, path }) => room !== 'cli' && !CHILD.test(path))
      .filter(({ code }) => /\bprocess\.env\b|\bconsole\.\w+\(|\bprocess\.(stdout|stderr)\b/.test(code))
      .map(({ path }) => path);
    expect(wrong).to.deep.equal([]);
  });

  it('keeps verifier and chain apart from what makes proofs', () => {
    const wrong = edges()
      .filter(({ from, to }) => APART[from.room]?.includes(to.room))
      .map(({ from, to }) => `${from.path} imports ${to.path}`);
    expect(wrong).to.deep.equal([]);
  });

  it('has files of a readable size, in kebab case, without default exports', () => {
    const wrong = sources.flatMap(({ path, text, code }) => [
      ...(text.split('\n').length > 401 ? [`${path} has ${text.split('\n').length} lines`] : []),
      ...(/(^|\/)[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(path) ? [] : [`${path} is not in kebab case`]),
      ...(/(^|\/)utils?\.ts$/.test(path) ? [`${path} is a grab bag`] : []),
      ...(/^export default\b/m.test(code) && !path.endsWith('.d.ts') && !CHILD.test(path)
        ? [`${path} has a default export`]
        : []),
    ]);
    expect(wrong).to.deep.equal([]);
  });
});
