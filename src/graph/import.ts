import type { Diagnostic } from '../core/diagnostic.js';
import { ZkinferError } from '../core/error.js';
import { sizeOf } from '../core/tensor.js';
import { elementFormats } from '../onnx/element-types.js';
import type { OnnxModel } from '../onnx/model.js';
import { GraphBuilder, type Operand } from './builder.js';
import { checkInitializers, checkOpsets } from './import-checks.js';
import { type ImportedInput, readInputs } from './import-inputs.js';
import { Importer } from './import-nodes.js';
import { sortNodes } from './import-order.js';
import type { Graph, GraphOutput, ValueId } from './ir.js';
import type { Binding } from './ops/rule.js';
import { materialize } from './ops/support/deferred.js';

/** TensorProto.DataType of a double. */
const DOUBLE = 11;

export interface ImportOptions {
  /** Sizes of symbolic dimensions, by symbol, or by `input.axis` where the file has no symbol. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Which values to keep as outputs; all model outputs by default. */
  readonly outputs?: readonly string[];
  /** False computes a final Softmax instead of ending at its logits. */
  readonly cutSoftmax?: boolean;
}

export interface ImportReport {
  /** Absent when a diagnostic has severity error. */
  readonly graph?: Graph;
  /** Every problem of the model, and notes about what was assumed. */
  readonly diagnostics: readonly Diagnostic[];
  readonly inputs: readonly ImportedInput[];
}

/** Imports a model and reports all problems at once instead of throwing. */
export function tryImportGraph(model: OnnxModel, options: ImportOptions = {}): ImportReport {
  const diagnostics: Diagnostic[] = [];
  const builder = new GraphBuilder();
  const wanted = chooseOutputs(model, options.outputs);
  const nodes = sortNodes(model.graph, wanted, diagnostics);
  checkOpsets(model, nodes, diagnostics);
  checkInitializers(model.graph, nodes, diagnostics);
  const bindings = new Map<string, Binding>();
  const inputs = readInputs(model.graph, options.dims ?? {}, diagnostics);
  for (const input of inputs) {
    const type = elementFormats[input.elemType]?.type ?? 'float';
    // An input without elements carries nothing: what is computed from it is constant.
    const operand: Operand =
      input.settled && sizeOf(input.shape) === 0
        ? { kind: 'const', shape: input.shape, type, data: new Float64Array() }
        : builder.input(input.name, input.shape, type, input.elemType === DOUBLE);
    bindings.set(input.name, input.settled ? { kind: 'operand', operand } : { kind: 'unknown' });
  }
  const cutSoftmax = options.cutSoftmax ?? true;
  const importer = new Importer(model, builder, diagnostics);
  importer.run(model.graph, nodes, bindings);
  const taken = new Set<ValueId>();
  const outputs = wanted.map((name) => {
    const output = finishOutput(name, bindings.get(name), builder, diagnostics, cutSoftmax, taken);
    if (output !== undefined) taken.add(output.value);
    return output;
  });
  if (diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return { diagnostics, inputs };
  return { graph: builder.finish(outputs.filter((output) => output !== undefined)), diagnostics, inputs };
}

/**
 * Imports a model into a float graph with known shapes.
 * @throws ZkinferError MODEL_UNSUPPORTED of kind usage, one fact per problem: operator, node, why, what instead
 */
export function importGraph(model: OnnxModel, options: ImportOptions = {}): ImportReport & { readonly graph: Graph } {
  const report = tryImportGraph(model, options);
  if (report.graph !== undefined) return { ...report, graph: report.graph };
  const errors = report.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  throw new ZkinferError({
    code: 'MODEL_UNSUPPORTED',
    kind: 'usage',
    message: errors.length === 1 ? 'The model cannot be imported' : `The model has ${errors.length} problems`,
    facts: groupDiagnostics(errors),
    hint: 'zkinfer inspect MODEL lists what is supported and what is not',
  });
}

/** One line: where, operator, what, what instead. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const place = diagnostic.op === undefined ? diagnostic.where : `${diagnostic.op} "${diagnostic.where}"`;
  return `${place}: ${diagnostic.message}${diagnostic.hint === undefined ? '' : ` (${diagnostic.hint})`}`;
}

/** One line per problem; nodes that share operator, message and hint share a line. */
export function groupDiagnostics(diagnostics: readonly Diagnostic[]): string[] {
  const groups = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const key = [diagnostic.severity, diagnostic.op, diagnostic.message, diagnostic.hint].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), diagnostic]);
  }
  return [...groups.values()].map((group) => {
    const line = formatDiagnostic(group[0]);
    if (group.length === 1) return line;
    const others = group.slice(1, 4).map((diagnostic) => `"${diagnostic.where}"`);
    return `${line}; also ${others.join(', ')}${group.length > 4 ? ` and ${group.length - 4} more` : ''}`;
  });
}

function chooseOutputs(model: OnnxModel, wanted: readonly string[] | undefined): readonly string[] {
  const names = model.graph.outputs.map((output) => output.name);
  if (wanted === undefined) return names;
  const known = new Set([...names, ...model.graph.nodes.flatMap((node) => node.outputs)]);
  const missing = wanted.filter((name) => !known.has(name));
  if (missing.length === 0 && wanted.length > 0) return wanted;
  throw new ZkinferError({
    code: 'MODEL_NO_SUCH_OUTPUT',
    kind: 'usage',
    message: missing.length > 0 ? `The model has no output "${missing[0]}"` : 'No output was chosen',
    facts: [`outputs: ${names.join(', ')}`],
    hint: 'name outputs as zkinfer inspect prints them',
  });
}

function finishOutput(
  name: string,
  binding: Binding | undefined,
  builder: GraphBuilder,
  diagnostics: Diagnostic[],
  cutSoftmax: boolean,
  taken: ReadonlySet<ValueId>,
): GraphOutput | undefined {
  const fail = (message: string, hint?: string) => {
    diagnostics.push({ severity: 'error', where: name, message, hint });
    return undefined;
  };
  if (binding === undefined) return fail('the output is computed by no node');
  if (binding.kind === 'unknown') return undefined;
  if (binding.kind === 'missing') return fail(`the output is one of ${binding.of} that is not supported`);
  if (binding.kind === 'strings') return fail('the output is a constant of strings', 'choose other outputs');
  const operand = keepsCut(binding.operand, cutSoftmax) ? binding.operand : materialize(builder, binding.operand);
  if (operand.kind === 'const' && operand.data.some((value) => !Number.isFinite(value)))
    return fail('the output is a constant that is not finite', 'choose other outputs');
  if (operand.kind === 'const') return { name, value: builder.materializeConstant(operand, name).id };
  if (operand.deferred !== undefined)
    diagnostics.push({
      severity: 'note',
      where: name,
      message: `the final ${operand.deferred.kind} is left out: the proof is about its logits`,
      hint: 'ArgMax is the same; probabilities are softmax(logits), computed by the reader',
    });
  return {
    name,
    value: builder.nameOutput(operand, taken),
    ...(operand.labels === undefined ? {} : { labels: operand.labels }),
    ...(operand.deferred === undefined ? {} : { cut: operand.deferred.kind }),
  };
}

/** Labels stay with their indices; a softmax is cut only where it runs over the output's last axis. */
function keepsCut(operand: Operand, cutSoftmax: boolean): boolean {
  if (operand.kind === 'const' || operand.deferred === undefined) return true;
  return cutSoftmax && operand.deferred.size === operand.shape.at(-1);
}

export type { ImportedInput };
