import type { Diagnostic } from '../core/diagnostic.js';
import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../onnx/model.js';
import { constOperand, type GraphBuilder, type Operand } from './builder.js';
import { sortNodes } from './import-order.js';
import type { GraphNode } from './ir.js';
import { rules } from './ops/registry.js';
import { type Binding, describeMissing, RuleContext, type RuleScope, UnknownValue } from './ops/rule.js';
import { ImportProblem, refuse } from './ops/support/problem.js';
import type { ScalarFunction } from './scalar.js';

/** Where names are looked up: one frame per graph, subgraphs see the frames around them. */
interface Frame {
  readonly bindings: Map<string, Binding>;
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly elemTypes: ReadonlyMap<string, number>;
  readonly opsets: ReadonlyMap<string, number>;
  /** Put before node names, so that inlined nodes can be told apart. */
  readonly prefix: string;
  readonly outer?: Frame;
}

const MAX_DEPTH = 32;

/** Runs the import rules over a model's nodes, inlining its functions. */
export class Importer {
  private readonly functions: ReadonlyMap<string, OnnxFunction>;
  private depth = 0;

  constructor(
    model: OnnxModel,
    private readonly builder: GraphBuilder,
    private readonly diagnostics: Diagnostic[],
  ) {
    this.functions = new Map(model.functions.map((fn) => [ruleName(fn.domain, fn.name), fn]));
    this.opsets = model.opsets;
    this.outputs = new Set(model.graph.outputs.map((output) => output.name));
  }

  private readonly opsets: ReadonlyMap<string, number>;
  private readonly outputs: ReadonlySet<string>;

  /** Imports sorted nodes of the main graph; results land in `bindings`. */
  run(graph: OnnxGraph, nodes: readonly OnnxNode[], bindings: Map<string, Binding>): void {
    this.runFrame(nodes, this.frameOf(graph, bindings, this.opsets, ''));
  }

  private frameOf(
    graph: OnnxGraph,
    bindings: Map<string, Binding>,
    opsets: ReadonlyMap<string, number>,
    prefix: string,
    outer?: Frame,
  ): Frame {
    const elemTypes = new Map([...graph.inputs, ...graph.valueInfo, ...graph.outputs].map((v) => [v.name, v.elemType]));
    for (const [name, tensor] of graph.initializers)
      elemTypes.set(name, tensor.kind === 'strings' ? 8 : tensor.elemType);
    for (const node of graph.nodes) {
      const value = node.opType === 'Constant' ? node.attributes.get('value') : undefined;
      if (value?.kind === 'tensor' && value.value.kind === 'numbers')
        elemTypes.set(node.outputs[0], value.value.elemType);
      const to = node.opType === 'Cast' ? node.attributes.get('to') : undefined;
      if (to?.kind === 'int') elemTypes.set(node.outputs[0], to.value);
      const same = node.opType === 'Identity' ? elemTypes.get(node.inputs[0]) : undefined;
      if (same !== undefined) elemTypes.set(node.outputs[0], same);
    }
    return { bindings, initializers: graph.initializers, elemTypes, opsets, prefix, outer };
  }

  private runFrame(nodes: readonly OnnxNode[], frame: Frame): void {
    nodes.forEach((node, position) => {
      const name = `${frame.prefix}${node.name || `${node.opType}_${position}`}`;
      const results = this.importNode(node, name, frame);
      node.outputs.forEach((output, i) => {
        const missing: Binding = results === undefined ? { kind: 'unknown' } : { kind: 'missing', of: name };
        if (output !== '') frame.bindings.set(output, results?.[i] ?? missing);
      });
    });
  }

  /** The node's outputs, or undefined where it was refused or reads an unknown value. */
  private importNode(node: OnnxNode, name: string, frame: Frame): (Binding | undefined)[] | undefined {
    const outerOrigin = this.builder.origin;
    this.builder.origin = { name, op: node.opType };
    const [valuesBefore, nodesBefore] = [this.builder.values.length, this.builder.nodes.length];
    try {
      const results = this.dispatch(node, name, frame);
      checkFinite(this.builder.nodes, nodesBefore);
      results.forEach((result, i) => {
        if (result?.kind === 'operand' && result.operand.kind === 'value' && result.operand.id >= valuesBefore)
          this.builder.rename(result.operand.id, node.outputs[i] || name);
      });
      return results;
    } catch (cause) {
      if (cause instanceof UnknownValue) return undefined;
      const problem = cause instanceof ImportProblem ? cause : undefined;
      this.diagnostics.push({
        severity: 'error',
        where: name,
        op: node.domain === '' ? node.opType : `${node.domain}.${node.opType}`,
        message: problem?.reason ?? `could not be imported: ${cause instanceof Error ? cause.message : cause}`,
        hint: problem?.hint,
      });
      return undefined;
    } finally {
      this.builder.origin = outerOrigin;
    }
  }

  private dispatch(node: OnnxNode, name: string, frame: Frame): (Binding | undefined)[] {
    const key = ruleName(node.domain, node.opType);
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    const fn = this.functions.get(key);
    if (rule === undefined && fn !== undefined) return this.inlineFunction(fn, node, name, frame);
    if (rule === undefined)
      return refuse(`the operator ${key} is not supported`, 'docs/operators.md lists the operators that are');
    const version = frame.opsets.get(node.domain) ?? 1;
    const produced = rule(new RuleContext(node, version, this.builder, this.scopeOf(frame, name)));
    const operands = Array.isArray(produced) ? produced : [produced];
    return operands.map((operand) => (operand === undefined ? undefined : { kind: 'operand', operand }));
  }

  private scopeOf(frame: Frame, where: string): RuleScope {
    return {
      lookup: (name) => lookup(frame, name),
      elemType: (name) => {
        for (let f: Frame | undefined = frame; f !== undefined; f = f.outer) {
          const found = f.elemTypes.get(name);
          if (found !== undefined) return found;
        }
        return undefined;
      },
      isModelOutput: (name) => frame.outer === undefined && this.outputs.has(name),
      inline: (graph, inputs) => this.inlineGraph(graph, inputs, where, frame),
      warn: (message, hint) => this.diagnostics.push({ severity: 'warning', where, message, hint }),
    };
  }

  private inlineGraph(graph: OnnxGraph, inputs: readonly Operand[], where: string, outer: Frame): Operand[] {
    const bindings = new Map<string, Binding>();
    graph.inputs.forEach((input, i) => {
      if (inputs[i] !== undefined) bindings.set(input.name, { kind: 'operand', operand: inputs[i] });
    });
    const frame = this.frameOf(graph, bindings, outer.opsets, `${where}/`, outer);
    this.nest(() => this.runFrame(graph.nodes, frame));
    return graph.outputs.map((output) => {
      const binding = lookup(frame, output.name);
      if (binding?.kind === 'operand') return binding.operand;
      if (binding?.kind === 'unknown') throw new UnknownValue();
      if (binding?.kind === 'missing') return refuse(describeMissing(output.name, binding.of));
      return refuse(`the subgraph's output "${output.name}" is not a tensor of numbers`);
    });
  }

  private inlineFunction(fn: OnnxFunction, node: OnnxNode, name: string, caller: Frame): Binding[] {
    const bindings = new Map<string, Binding>();
    fn.inputs.forEach((input, i) => {
      const given = node.inputs[i] === undefined || node.inputs[i] === '' ? undefined : lookup(caller, node.inputs[i]);
      if (given !== undefined) bindings.set(input, given);
    });
    const nodes = fn.nodes.map((inner) => bindReferences(inner, node, fn, new Set(bindings.keys()), fn.inputs));
    const body = { name: fn.name, nodes, initializers: new Map(), inputs: [], outputs: [], valueInfo: [] };
    const frame = this.frameOf(body, bindings, fn.opsets, `${name}/`);
    const given = fn.inputs.map((input) => ({ name: input, elemType: 0, dims: null }));
    const sorted = sortNodes({ ...body, inputs: given }, fn.outputs, this.diagnostics);
    this.nest(() => this.runFrame(sorted, frame));
    return fn.outputs.map((output) => lookup(frame, output) ?? { kind: 'unknown' });
  }

  private nest(run: () => void): void {
    if (++this.depth > MAX_DEPTH) refuse('functions or subgraphs are nested too deeply (recursion?)');
    try {
      run();
    } finally {
      this.depth--;
    }
  }
}

function ruleName(domain: string, op: string): string {
  return domain === '' ? op : `${domain}.${op}`;
}

function lookup(frame: Frame, name: string): Binding | undefined {
  const bound = frame.bindings.get(name);
  if (bound !== undefined) return bound;
  const tensor = frame.initializers.get(name);
  if (tensor === undefined) return frame.outer === undefined ? undefined : lookup(frame.outer, name);
  const binding: Binding =
    tensor.kind === 'strings'
      ? { kind: 'strings', shape: tensor.shape, strings: tensor.strings }
      : { kind: 'operand', operand: constOperand(tensor.tensor) };
  frame.bindings.set(name, binding);
  return binding;
}

/** A function's node with the caller's attributes put in, and inputs the caller omitted left out. */
function bindReferences(
  inner: OnnxNode,
  call: OnnxNode,
  fn: OnnxFunction,
  bound: ReadonlySet<string>,
  parameters: readonly string[],
): OnnxNode {
  const attributes = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of inner.attributes) {
    if (attribute.kind !== 'reference') attributes.set(name, attribute);
    else {
      const value = call.attributes.get(attribute.name) ?? fn.attributeDefaults.get(attribute.name);
      if (value !== undefined) attributes.set(name, value);
    }
  }
  const omitted = (name: string) => parameters.includes(name) && !bound.has(name);
  return { ...inner, attributes, inputs: inner.inputs.map((name) => (omitted(name) ? '' : name)) };
}

/** Refuses weights that are not finite in the nodes a rule has built. */
function checkFinite(nodes: readonly GraphNode[], from: number): void {
  for (let i = from; i < nodes.length; i++)
    if (holdsNonFinite(nodes[i]))
      refuse('a constant it uses is not finite', 'export finite weights; -Infinity only in masks of a softmax');
}

function holdsNonFinite(node: GraphNode): boolean {
  const broken = (data: Float64Array) => data.some((value) => !Number.isFinite(value));
  switch (node.kind) {
    case 'linear':
      return broken(node.map.bias) || node.map.kernels.some(broken);
    case 'gather':
      return broken(node.constants);
    case 'unary':
      return node.functions.some(holdsNaN);
    case 'trees':
      return broken(node.base) || node.leafWeights.some(broken) || node.threshold.some(Number.isNaN);
    default:
      return false;
  }
}

function holdsNaN(fn: ScalarFunction): boolean {
  return fn.kind === 'call' ? fn.args.some(holdsNaN) : fn.kind === 'const' && Number.isNaN(fn.value);
}
