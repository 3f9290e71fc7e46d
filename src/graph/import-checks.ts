import type { Diagnostic } from '../core/diagnostic.js';
import type { OnnxGraph, OnnxModel, OnnxNode } from '../onnx/model.js';
import { readNames } from './import-order.js';

/** Opset versions whose operators are implemented as specified, and the newest that exists. */
const SUPPORTED: Readonly<Record<string, readonly [oldest: number, newest: number, known: number]>> = {
  '': [7, 22, 26],
  'ai.onnx.ml': [1, 5, 5],
};

/** Warns of opsets outside the supported span, where most operators mean the same but not all; unknown ones are errors. */
export function checkOpsets(model: OnnxModel, nodes: readonly OnnxNode[], diagnostics: Diagnostic[]): void {
  const used = new Set(nodes.map((node) => node.domain));
  for (const [domain, version] of model.opsets) {
    const span = SUPPORTED[domain];
    if (span === undefined || !used.has(domain) || (version >= span[0] && version <= span[1])) continue;
    const label = domain === '' ? 'ai.onnx' : domain;
    diagnostics.push({
      severity: version < 1 || version > span[2] ? 'error' : 'warning',
      where: `opset ${label} ${version}`,
      message: `only versions ${span[0]} to ${span[1]} are supported as specified`,
      hint: `export with opset ${Math.min(span[1], 17)}`,
    });
  }
}

/** Operators that may read infinities: bounds, and masks that a softmax takes out. */
const TAKES_INFINITY = new Set(['Add', 'Cast', 'Clip', 'Expand', 'Max', 'Min', 'Pad', 'Slice', 'Trilu', 'Where']);

/** Reports NaN in any weight that is used, and infinities but where they are bounds or masks. */
export function checkInitializers(graph: OnnxGraph, nodes: readonly OnnxNode[], diagnostics: Diagnostic[]): void {
  const used = new Set(nodes.flatMap(readNames));
  const strict = new Set(nodes.filter((node) => !TAKES_INFINITY.has(node.opType)).flatMap(readNames));
  for (const [name, tensor] of graph.initializers) {
    if (!used.has(name) || tensor.kind === 'strings') continue;
    const data = tensor.tensor.data;
    const at = data.findIndex((value) => Number.isNaN(value) || (strict.has(name) && !Number.isFinite(value)));
    if (at < 0) continue;
    diagnostics.push({
      severity: 'error',
      where: name,
      message: `element ${at} of the weights is ${data[at]}`,
      hint: 'export finite weights; write a large negative number for -Infinity in masks',
    });
  }
}
