import type { ArtifactName } from '../../src/bundle/artifact-names.js';
import { describeStatement } from '../../src/bundle/describe-statement.js';
import { digestBytes } from '../../src/bundle/digest.js';
import type { Manifest } from '../../src/bundle/manifest.js';
import { makeEveryKind } from './quant-graph.js';

/** Artifacts that are no more than a text, with a manifest that names them. An `old` one has a contract besides. */
export function makeBundleFiles(content: string): {
  readonly files: ReadonlyMap<ArtifactName, string>;
  readonly manifest: Manifest;
} {
  const names: ArtifactName[] = ['qmodel', 'r1cs', 'provingKey', ...(content === 'old' ? (['solidity'] as const) : [])];
  const files = new Map(names.map((name) => [name, `${content} ${name}`]));
  const manifest: Manifest = {
    format: 'zkinfer-bundle/1',
    name: 'small',
    source: { name: 'model.onnx', digest: digestBytes(content) },
    tools: { zkinfer: '0.1.0' },
    artifacts: Object.fromEntries([...files].map(([name, text]) => [name, digestBytes(text)])),
    statement: describeStatement(makeEveryKind()),
    circuit: { engine: 'direct', overflow: 'saturate', flags: [], constraints: 1, wires: 2, layers: [] },
    setup: null,
  };
  return { files, manifest };
}
