/**
 * Writes the operator table of docs/operators.md from the registry of import rules.
 *
 *     npx tsx scripts/operator-table.ts             the table, from the registry and the snapshot
 *     npx tsx scripts/operator-table.ts --measure   runs the corpus' single-operator cases first and rewrites the snapshot
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importGraph, tryImportGraph } from '../src/graph/import.js';
import type { NodeKind } from '../src/graph/ir.js';
import { rules } from '../src/graph/ops/registry.js';
import type { OnnxNode } from '../src/onnx/model.js';
import { readOnnx } from '../src/onnx/read.js';
import { corpusRoot, dimsOf, hasCorpus, listModels, readModel, readRows } from '../test/graph/corpus.js';
import { checkOpCase, loadOpCases, type OpCase, readCases } from '../test/graph/ops-corpus.js';
import { formatTable, replaceSection } from './marked-section.js';
import { OPERATOR_NOTES } from './operator-notes.js';

/** What the corpus showed for one operator. */
interface Measured {
  /** Node kinds that the operator became; none where it only renames shapes or computes constants. */
  readonly kinds: readonly NodeKind[];
  /** Recorded cases whose float graph gives onnxruntime's outputs. */
  readonly passed: number;
  readonly cases: number;
  /** Models of the corpus that hold the operator and are imported. */
  readonly models: number;
}

type Snapshot = Readonly<Record<string, Measured>>;

const root = new URL('../', import.meta.url);
const SNAPSHOT = new URL('test/snapshots/operators.json', root);
const VECTORS = new URL('test/vectors/ml-operators.json', root);
const PAGE = new URL('docs/operators.md', root);
const ML = 'ai.onnx.ml.';
/** Operators of ai.onnx.ml among the corpus' cases, whose files are named without a domain. */
const ML_ONLY: ReadonlySet<string> = new Set(['ArrayFeatureExtractor', 'Binarizer', 'LabelEncoder', 'TreeEnsemble']);

/** Runs every single-operator case of the corpus and imports every model of it. */
export function measureOperators(): Snapshot {
  const found = new Map<string, { kinds: Set<NodeKind>; passed: number; cases: number; models: number }>();
  const entry = (name: string) => {
    const known = found.get(name) ?? { kinds: new Set<NodeKind>(), passed: 0, cases: 0, models: 0 };
    found.set(name, known);
    return known;
  };
  for (const file of readdirSync(join(corpusRoot, 'ops'))) {
    const name = file.replace(/\.json$/, '');
    for (const test of loadOpCases(name)) measureCase(test, entry(ML_ONLY.has(name) ? ML + name : name));
  }
  for (const test of readCases(fileURLToPath(VECTORS))) {
    const operators = new Set(readOnnx(Buffer.from(test.model_base64, 'base64')).graph.nodes.map(nameOf));
    for (const name of operators) measureCase(test, entry(name));
  }
  for (const name of listModels()) {
    const model = readModel(name);
    const { graph } = tryImportGraph(model, { dims: dimsOf(readRows(name).inputs) });
    if (graph === undefined) continue;
    const names = new Map(model.graph.nodes.map((node) => [node.opType, nameOf(node)]));
    for (const op of new Set(names.values())) entry(op).models++;
    for (const node of graph.nodes) {
      const op = names.get(node.origin.op);
      if (op !== undefined) entry(op).kinds.add(node.kind);
    }
  }
  return Object.fromEntries(
    [...found.entries()]
      .sort(byName)
      .map(([name, { kinds, ...counts }]) => [name, { kinds: [...kinds].sort(), ...counts }]),
  );
}

function measureCase(test: OpCase, into: { kinds: Set<NodeKind>; passed: number; cases: number }): void {
  into.cases++;
  try {
    checkOpCase(test);
    into.passed++;
    const model = readOnnx(Buffer.from(test.model_base64, 'base64'));
    for (const { kind } of importGraph(model, { dims: dimsOf(test.inputs) }).graph.nodes) into.kinds.add(kind);
  } catch {
    // Not passed: the count says so, and the tests of src/graph say why.
  }
}

function nameOf(node: OnnxNode): string {
  return node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** The table as Markdown: every operator with a rule, and what is known of it. @throws Error for a note on no operator */
export function renderOperators(): string {
  const snapshot = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as Snapshot;
  const names = Object.keys(rules).sort();
  const strays = Object.keys(OPERATOR_NOTES).filter((name) => !(name in rules));
  if (strays.length > 0) throw new Error(`scripts/operator-notes.ts: no rule for ${strays.join(', ')}`);
  const table = (domain: readonly string[]) =>
    formatTable(
      ['operator', 'becomes', 'recorded cases', 'models', 'limits'],
      domain.map((name) => {
        const { kinds, passed, cases, models } = snapshot[name] ?? { kinds: [], passed: 0, cases: 0, models: 0 };
        const becomes = kinds.join(', ') || (passed + models > 0 ? 'nothing' : '');
        const tested = cases > 0 ? `${passed} of ${cases}` : '';
        return [name.replace(ML, ''), becomes, tested, models > 0 ? `${models}` : '', OPERATOR_NOTES[name] ?? ''];
      }),
    );
  const core = names.filter((name) => !name.includes('.'));
  const ml = names.filter((name) => name.startsWith(ML));
  const rest = names.filter((name) => name.includes('.') && !name.startsWith(ML));
  const parts = [`### ai.onnx (${core.length})`, table(core), `### ai.onnx.ml (${ml.length})`, table(ml)];
  if (rest.length > 0) parts.push(`### Other domains (${rest.length})`, table(rest));
  return parts.join('\n\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--measure')) {
    if (!hasCorpus()) throw new Error(`no corpus at ${corpusRoot}; set ZKINFER_CORPUS`);
    const lines = Object.entries(measureOperators()).map(
      ([name, measured]) => `  ${JSON.stringify(name)}: ${JSON.stringify(measured)}`,
    );
    writeFileSync(SNAPSHOT, `{\n${lines.join(',\n')}\n}\n`);
  }
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, 'utf8'), 'operators', renderOperators()));
}
