import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { digestBytes } from '../bundle/digest.js';
import type { Diagnostic } from '../core/diagnostic.js';
import type { Digest } from '../core/digest.js';
import { ZkinferError } from '../core/error.js';
import type { Shape } from '../core/tensor.js';
import { type ImportedInput, importGraph, tryImportGraph } from '../graph/import.js';
import type { Graph } from '../graph/ir.js';
import { optimizeGraph } from '../graph/passes/optimize.js';
import type { OnnxModel } from '../onnx/model.js';
import { readOnnx } from '../onnx/read.js';
import { openExternalData } from './external-data.js';

export interface LoadOptions {
  /** Sizes of symbolic dimensions other than the batch. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Which outputs to keep; all by default. */
  readonly outputs?: readonly string[];
}

export interface LoadedModel {
  readonly path: string;
  readonly name: string;
  /** Digest of the model file, and of each external data file it names. */
  readonly digest: Digest;
  readonly model: OnnxModel;
  /** As imported and optimized. */
  readonly graph: Graph;
  readonly diagnostics: readonly Diagnostic[];
  readonly inputs: readonly ImportedInput[];
}

/** What rows files are read against. */
export function rowsSpecOf(graph: Graph): {
  inputs: { name: string; shape: Shape; type: 'float' | 'int' | 'bool' }[];
} {
  return {
    inputs: graph.inputs.map(({ name, value }) => ({
      name,
      shape: graph.values[value].shape,
      type: graph.values[value].type,
    })),
  };
}

function modelError(
  code: string,
  message: string,
  facts: readonly string[],
  hint: string,
  cause?: unknown,
): ZkinferError {
  return new ZkinferError({ code, kind: 'usage', message, facts, hint, cause });
}

/** Reads a model file's bytes. @throws ZkinferError MODEL_NOT_FOUND */
export async function readModelBytes(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    try {
      if (!(await handle.stat()).isFile())
        throw modelError('MODEL_NOT_FOUND', `${path} is not a file`, [], 'give the path of an .onnx file');
      return await readFile(handle);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ZkinferError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'there is no such file' : String(code ?? cause);
    throw modelError('MODEL_NOT_FOUND', `cannot read ${path}: ${reason}`, [], 'give the path of an .onnx file', cause);
  }
}

/**
 * Imports a model; where only some of its outputs are supported and the caller chose none, those, with a warning for each
 * that is left out (a label is worth proving even where its probabilities are not supported).
 */
function importSupported(model: OnnxModel, options: LoadOptions): ReturnType<typeof importGraph> {
  try {
    return importGraph(model, options);
  } catch (error) {
    if (options.outputs !== undefined || !(error instanceof ZkinferError) || error.code !== 'MODEL_UNSUPPORTED')
      throw error;
    const tried = model.graph.outputs.map(({ name }) => ({
      name,
      ...tryImportGraph(model, { ...options, outputs: [name] }),
    }));
    const outputs = tried.filter(({ graph }) => graph !== undefined).map(({ name }) => name);
    if (outputs.length === 0 || outputs.length === tried.length) throw error;
    const imported = importGraph(model, { ...options, outputs });
    const left = tried.filter(({ graph }) => graph === undefined);
    const warnings = left.map(({ name, diagnostics }): Diagnostic => {
      const problem = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
      return {
        severity: 'warning',
        where: name,
        message: `the output is left out: ${problem?.message ?? 'not supported'}`,
        hint: `proofs speak of ${outputs.join(', ')} only`,
      };
    });
    return { ...imported, diagnostics: [...imported.diagnostics, ...warnings] };
  }
}

/**
 * Reads, imports and optimizes a model.
 * @throws ZkinferError for a file that is no model, and MODEL_UNSUPPORTED with every problem of the model at once
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const bytes = await readModelBytes(path);
  const digests: Digest[] = [digestBytes(bytes)];
  const locations = new Set<string>();
  const readExternal = openExternalData(path);
  const model = readOnnx(bytes, {
    externalData: (location) => {
      const data = readExternal(location);
      if (!locations.has(location)) digests.push(digestBytes(data));
      locations.add(location);
      return data;
    },
  });
  const imported = importSupported(model, options);
  return {
    path,
    name: basename(path),
    digest: digests.length === 1 ? digests[0] : digestBytes(digests.join('\n')),
    model,
    graph: optimizeGraph(imported.graph),
    diagnostics: imported.diagnostics,
    inputs: imported.inputs,
  };
}
