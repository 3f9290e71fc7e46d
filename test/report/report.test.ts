import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OVERRIDE_EMPTY_PTAU } from '../../src/bundle/manifest.js';
import type { Json } from '../../src/bundle/qmodel.js';
import { reportBundle } from '../../src/index.js';
import { describeLayers } from '../../src/report/describe-layers.js';
import { drawGraph } from '../../src/report/draw-graph.js';
import { html } from '../../src/report/html.js';
import { renderPage } from '../../src/report/page.js';
import { pickTicks } from '../../src/report/svg.js';
import { makeEveryKind } from '../bundle/quant-graph.js';
import { lastJson, runWords } from '../cli/capture.js';
import { HOSTILE, makeHostileBundle } from './hostile-bundle.js';
import { readMarkup, type Tag } from './markup.js';

const SAMPLE = join(import.meta.dirname, '../../examples/models/iris-mlp');

let folder: string;
let iris: string;
let page: string;
let tags: Tag[];

before(async function () {
  this.timeout(60_000);
  folder = await mkdtemp(join(tmpdir(), 'zkinfer-report-'));
  iris = join(folder, 'iris');
  const rows = ['--calibration', join(SAMPLE, 'calibration.json'), '--test', join(SAMPLE, 'test.json')];
  const built = await runWords('build', join(SAMPLE, 'model.onnx'), ...rows, '-o', iris, '--engine', 'direct');
  expect(built.code, built.stderr).to.equal(0);
  const out = join(folder, 'iris.html');
  const ran = await runWords('report', iris, '-o', out);
  expect(ran.code, ran.stderr).to.equal(0);
  page = await readFile(out, 'utf8');
  ({ tags } = readMarkup(page));
});
after(() => rm(folder, { recursive: true, force: true }));

const named = (name: string) => tags.filter((tag) => tag.name === name);
const allowed =
  'html head meta title style body header nav main section footer h1 h2 h3 p ul li a dl dt dd div small strong em span code pre br ' +
  'figure figcaption table caption thead tbody tr th td svg desc defs marker g path rect circle text';

describe('the model card', () => {
  it('is one page that loads nothing and runs nothing, under a policy that says so', () => {
    expect(tags.filter(({ name }) => !allowed.split(' ').includes(name))).to.deep.equal([]);
    const attributes = tags.flatMap((tag) => Object.keys(tag.attributes));
    expect(attributes.filter((name) => /^(on|src|style$|xlink)/.test(name))).to.deep.equal([]);
    const links = tags.flatMap(({ attributes: { href } }) => (href === undefined ? [] : [href]));
    expect(
      links.every((href) => href.startsWith('#')),
      links.join(),
    ).to.equal(true);
    const style = page.slice(page.indexOf('<style>') + 7, page.indexOf('</style>'));
    expect(style).to.not.match(/@import|url\(|</);
    const policy = named('meta').find((tag) => tag.attributes['http-equiv'] === 'Content-Security-Policy');
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy?.attributes.content.replaceAll('&#39;', "'"))
      .to.contain("default-src 'none'")
      .and.contain(`'sha256-${hash}'`);
  });

  it('shows graph, bits, constraints, domain, accuracy, setup, statement, digests, gas and the audit', async () => {
    const pictures = named('svg').map((tag) => tag.attributes['aria-labelledby'].split(' ')[0]);
    for (const id of [
      'graph',
      'bits',
      'constraints',
      'domain',
      'scatter',
      'errors',
      'decisions',
      'setup',
      'gas-once',
      'gas-each',
    ])
      expect(pictures, id).to.include(`${id}-t`);
    const { text } = readMarkup(page);
    const manifest = JSON.parse(await readFile(join(iris, 'manifest.json'), 'utf8'));
    for (const digest of Object.values(manifest.artifacts) as string[]) expect(text).to.contain(digest);
    for (const words of [
      'soundness proved',
      'development key',
      manifest.source.digest,
      'Proved sound.',
      'context',
      'relu1',
    ])
      expect(text, words).to.contain(words);
    expect(text).to.contain(manifest.circuit.constraints.toLocaleString('en-US'));
  });

  it('can be read without seeing it: titles, descriptions, headings in order, headed tables, ids of their own', () => {
    const ids = tags.flatMap(({ attributes: { id } }) => (id === undefined ? [] : [id]));
    expect(new Set(ids).size).to.equal(ids.length);
    for (const { attributes } of named('svg')) {
      expect(attributes.role).to.equal('img');
      for (const id of attributes['aria-labelledby'].split(' ')) expect(ids).to.include(id);
    }
    expect(named('th').every((tag) => ['col', 'row'].includes(tag.attributes.scope))).to.equal(true);
    expect(named('caption')).to.have.length(named('table').length);
    const levels = tags.flatMap(({ name }) => (/^h[1-6]$/.test(name) ? [Number(name[1])] : []));
    expect(levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1)).to.deep.equal([]);
    expect(named('html')[0].attributes.lang).to.equal('en');
  });

  it('has the same bytes for the same bundle in another folder, and the facts with --json', async () => {
    const copy = join(folder, 'elsewhere', 'copy');
    await cp(iris, copy, { recursive: true });
    const out = join(folder, 'copy.html');
    const ran = await runWords('report', copy, '-o', out, '--json');
    expect(ran.code, ran.stderr).to.equal(0);
    expect(await readFile(out, 'utf8')).to.equal(page);
    const { report, gas, ...facts } = lastJson(ran);
    expect(report).to.equal(out);
    expect(gas).to.be.an('array').with.length.above(5);
    const { gas: _, ...expected } = (await reportBundle({ dir: iris, gas: false })).facts;
    expect(facts).to.deep.equal(JSON.parse(JSON.stringify(expected)));
    expect(facts).to.include.keys('layers', 'accuracy', 'circuit', 'statement', 'setup', 'audit', 'artifacts');
  });

  it('is written into the bundle where no place is named, and does not disturb it', async () => {
    const copy = join(folder, 'inside');
    await cp(iris, copy, { recursive: true });
    expect((await runWords('report', copy, '--no-gas', '--quiet')).code).to.equal(0);
    expect(await readFile(join(copy, 'report.html'), 'utf8')).to.match(/^<!doctype html>/);
    expect((await runWords('check', copy, '--quiet')).code).to.equal(0);
  });

  it('shows the transcript of a ceremony, and says where its powers of tau are nobody’s', async () => {
    const { facts } = await reportBundle({ dir: iris, gas: false });
    const hash = 'ab'.repeat(64);
    const step = (kind: string, name: string) => ({ kind, name, zkey: 'cd'.repeat(32), contributionHash: hash });
    const setup = {
      profile: 'production' as const,
      ptau: { blake2b: 'ef'.repeat(64), power: 9, published: 'powersOfTau28_hez_final_09.ptau' },
      contributions: 3,
      beacon: true,
      overrides: [] as string[],
      steps: [...['ada', 'grace', '<emmy>'].map((name) => step('contribution', name)), step('beacon', 'a block')],
    };
    const { text } = readMarkup(renderPage({ ...facts, setup }));
    for (const words of ['✓ production key', 'grace', '&lt;emmy&gt;', 'a block', hash, setup.ptau.published])
      expect(text, words).to.contain(words);
    expect(text).to.not.contain('development key');
    const rehearsal = { ...setup, overrides: [OVERRIDE_EMPTY_PTAU] };
    expect(renderPage({ ...facts, setup: rehearsal })).to.contain('✗ rehearsal key: local chains only');
  });

  it('refuses a bundle with a changed file, and says which files are not there', async () => {
    const copy = join(folder, 'changed');
    await cp(iris, copy, { recursive: true });
    await rm(join(copy, 'proving.zkey'));
    const { facts } = await reportBundle({ dir: copy, gas: false });
    expect(facts.artifacts.find(({ name }) => name === 'provingKey')?.verdict).to.equal('absent');
    await writeFile(join(copy, 'audit.json'), '{"proved":true}');
    const { code, stderr } = await runWords('report', copy);
    expect(code).to.equal(3);
    expect(stderr).to.contain('audit.json');
    expect((await runWords('report', join(folder, 'absent'))).code).to.equal(2);
  });
});

describe('names from a model file', () => {
  const record = (counts: number[][]) => ({
    rows: 4,
    measuredOn: HOSTILE,
    reference: HOSTILE,
    metric: HOSTILE,
    floatScore: 0.5,
    integerScore: 0.5,
    top1Agreement: 1,
    maxAbsError: 0.1,
    layers: [{ layer: `layer ${HOSTILE}`, op: HOSTILE, maxAbsError: 0.5, saturated: 0.25 }],
    comparison: {
      pairs: [
        [0, 1],
        [1, 2],
      ],
      errors: { limit: 1, counts: [1, 2, 1] },
      decisions: { labels: [HOSTILE, `b ${HOSTILE}`], counts },
    },
  });

  it('S4: are text and nothing else in the page', async () => {
    const report = record([
      [1, 1],
      [0, 2],
    ]);
    const dir = await makeHostileBundle(await mkdtemp(join(folder, 'hostile-')), report);
    const { page: hostile } = await reportBundle({ dir, gas: false });
    const { tags: found, text } = readMarkup(hostile);
    expect(found.filter(({ name }) => !allowed.split(' ').includes(name))).to.deep.equal([]);
    expect(found.some(({ attributes }) => Object.keys(attributes).some((key) => key.startsWith('on')))).to.equal(false);
    expect(text).to.contain('layer &lt;/title&gt;').and.contain('\\u{202e}');
    expect([...'\u202e\u0007'].some((character) => hostile.includes(character))).to.equal(false);
  });

  it('may claim anything in its report without breaking the page', async () => {
    const reports: Readonly<Record<string, Json>>[] = [
      {},
      { rows: 'many', layers: 'none' },
      { rows: 3, layers: [1, { layer: 2 }], comparison: [] },
      {
        rows: 3,
        comparison: {
          pairs: [[1], 'x', [1, 'y']],
          errors: { counts: ['a'] },
          decisions: { counts: [[1, 2]], labels: 'x' },
        },
      },
      record([[1]]),
    ];
    for (const report of reports) {
      const dir = await makeHostileBundle(await mkdtemp(join(folder, 'claims-')), report);
      readMarkup((await reportBundle({ dir, gas: false })).page);
    }
  });
});

describe('the parts of the page', () => {
  it('escape what is filled in, but for markup', () => {
    expect(html`<a href="${'"><b>'}">${['x & y', html`<i>${'<'}</i>`, null, false, 3]}</a>`.text).to.equal(
      '<a href="&quot;&gt;&lt;b&gt;">x &amp; y<i>&lt;</i>3</a>',
    );
    expect(() => html`${Number.NaN}`).to.throw(RangeError);
  });

  it('describe each layer of a model with every kind of node', () => {
    const graph = makeEveryKind();
    const nodes = graph.nodes.map((node, n) => ({ ...node, layer: n < 2 ? 'first' : `layer ${n}` }));
    const costs = [
      { name: 'first', kind: 'linear', constraints: 5 },
      { name: 'first', kind: 'requantize', constraints: 7 },
      { name: 'layer 4', kind: 'nonNegative', constraints: 3 },
    ];
    const record = { layer: 'first', op: 'Gemm', maxAbsError: 0.5, saturated: 0.25 };
    const layers = describeLayers({ ...graph, nodes }, costs, [record]);
    expect(layers.map(({ name }) => name)).to.deep.equal(['x', 'first', ...nodes.slice(2).map(({ layer }) => layer)]);
    expect(layers[1]).to.deep.include({ kinds: ['linear', 'requantize'], from: [0], constraints: 12, op: 'Gemm' });
    expect(layers[1]).to.include({ isRounded: true, saturated: 0.25, maxAbsError: 0.5, bits: 8 });
    expect(layers.reduce((sum, { constraints }) => sum + constraints, 0)).to.equal(15);
    expect(layers.slice(1).every(({ from }, i) => from.length > 0 && from.every((at) => at < i + 1))).to.equal(true);
  });

  it('draw a model of many layers with its middle taken together', () => {
    const layers = Array.from({ length: 300 }, (_, i) => ({
      name: `n${i}`,
      op: 'Relu',
      kinds: ['requantize'],
      shape: [1],
      bits: 8,
      isRounded: true,
      scale: { min: 1, max: 1 },
      constraints: 2,
      saturated: null,
      maxAbsError: null,
      from: i === 0 ? [] : i > 10 ? [i - 1, i - 10] : [i - 1],
    }));
    const { text } = drawGraph(layers, 600);
    expect(text.match(/class="box"/g)).to.have.length(47);
    expect(text).to.contain('… 254 more layers').and.not.contain('NaN');
  });

  it('put ticks at round numbers within the range', () => {
    expect(pickTicks(-34.2, 23.1)).to.deep.equal([-20, 0, 20]);
    expect(pickTicks(0, 343)).to.deep.equal([0, 100, 200, 300]);
    expect(pickTicks(5, 5)).to.deep.equal([5]);
  });
});
