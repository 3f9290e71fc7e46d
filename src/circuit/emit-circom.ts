import { affineIndex, IndexTable, literal, printLoop } from './circom-text.js';
import type { CircomArgument, Component } from './component.js';
import type { Wire } from './constraints.js';
import {
  type Block,
  type CircuitProgram,
  externalWires,
  groupBlocks,
  type Port,
  type ProgramLayer,
} from './program.js';

/** Arrays of up to this many integers stand in the call itself, longer ones in a function of their own. */
const INLINE_INTEGERS = 24;

/**
 * The program as circom text over the templates of `circuits/`: one template a layer, which places its components and joins
 * their signals. Nothing of the model but integers reaches the text.
 */
export function emitCircom(program: CircuitProgram): string {
  const files = new Set(program.layers.flatMap((layer) => layer.blocks.map((block) => block.component.file)));
  const origins = locateWires(program);
  const out: string[] = ['pragma circom 2.1.6;', ''];
  for (const file of [...files].sort()) out.push(`include "${file}";`);
  out.push('');
  const wiring: string[] = [];
  for (const layer of program.layers) {
    const inputs = externalWires(layer);
    out.push(...printLayer(layer, inputs), '');
    wiring.push(`    component ${layer.name} = ${templateName(layer)}();`, ...printWiring(layer, inputs, origins));
  }
  out.push('template Main() {');
  for (const port of program.publicOutputs) out.push(`    signal output ${declare(port)};`);
  for (const port of [...program.publicInputs, ...program.privateInputs])
    out.push(`    signal input ${declare(port)};`);
  out.push(...wiring, ...printOutputs(program, origins), '}', '');
  const names = program.publicInputs.map((port) => port.name).join(', ');
  out.push(`component main {public [${names}]} = Main();`, '');
  return out.join('\n');
}

function declare(port: Port): string {
  return port.count === undefined ? port.name : `${port.name}[${port.count}]`;
}

/** `layer_3_requantize` → `Layer3Requantize`. */
function templateName(layer: ProgramLayer): string {
  return layer.name
    .split('_')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');
}

/** Where a wire can be read in the main template. */
interface Origin {
  readonly array: string;
  /** Undefined for a single signal. */
  readonly index: number | undefined;
}

function locateWires(program: CircuitProgram): Map<Wire, Origin> {
  const origins = new Map<Wire, Origin>();
  for (const port of [...program.publicInputs, ...program.privateInputs]) {
    for (let i = 0; i < (port.count ?? 1); i++)
      origins.set(port.firstWire + i, { array: port.name, index: port.count === undefined ? undefined : i });
  }
  for (const layer of program.layers) {
    let at = 0;
    for (const { component, outputsAt } of layer.blocks)
      for (let j = 0; j < component.outputs; j++) origins.set(outputsAt + j, { array: `${layer.name}.y`, index: at++ });
  }
  return origins;
}

function printWiring(layer: ProgramLayer, inputs: readonly Wire[], origins: ReadonlyMap<Wire, Origin>): string[] {
  const lines: string[] = [];
  const target = `${layer.name}.x`;
  for (let at = 0; at < inputs.length; ) {
    const { array, index } = originOf(inputs[at], origins);
    let end = at + 1;
    while (end < inputs.length && originOf(inputs[end], origins).array === array) end++;
    if (index === undefined) lines.push(`    ${target}[${at}] <== ${array};`);
    else {
      const sources = inputs.slice(at, end).map((wire) => originOf(wire, origins).index!);
      lines.push(...copySignals(target, at, array, sources, `${layer.name}_from_${at}`));
    }
    at = end;
  }
  return lines;
}

/** Copies `array[sources[i]]` to `target[at + i]`. */
function copySignals(target: string, at: number, array: string, sources: readonly number[], name: string): string[] {
  if (sources.length === 1) return [`    ${target}[${at}] <== ${array}[${sources[0]}];`];
  const affine = affineIndex(sources);
  if (affine)
    return [printLoop(4, 'i', sources.length, () => `${target}[${plus(at, 'i')}] <== ${array}[${affine('i')}];`)];
  const table = new IndexTable(name, sources);
  return [
    `    ${table.declaration}`,
    printLoop(4, 'i', sources.length, () => `${target}[${plus(at, 'i')}] <== ${array}[${table.at('i')}];`),
  ];
}

function plus(constant: number, variable: string): string {
  return constant === 0 ? variable : `${constant} + ${variable}`;
}

function originOf(wire: Wire, origins: ReadonlyMap<Wire, Origin>): Origin {
  const origin = origins.get(wire);
  if (!origin) throw new Error(`internal: wire ${wire} has no signal in the main template`);
  return origin;
}

function printOutputs(program: CircuitProgram, origins: ReadonlyMap<Wire, Origin>): string[] {
  return program.publicOutputs.flatMap((port) => {
    const sources = Array.from({ length: port.count ?? 1 }, (_, i) => originOf(port.firstWire + i, origins));
    if (port.count === undefined) return [`    ${port.name} <== ${sources[0].array}[${sources[0].index}];`];
    if (port.count === 0) return [];
    return copySignals(
      port.name,
      0,
      sources[0].array,
      sources.map((source) => source.index!),
      port.name,
    );
  });
}

function printLayer(layer: ProgramLayer, inputs: readonly Wire[]): string[] {
  const position = new Map(inputs.map((wire, i) => [wire, i]));
  const functions: string[] = [];
  const seen = new Map<string, string>();
  const argumentText = (argument: CircomArgument): string => {
    const text = literal(argument);
    if (countIntegers(argument) <= INLINE_INTEGERS) return text;
    let name = seen.get(text);
    if (!name) {
      name = `${layer.name}_constants_${seen.size}`;
      seen.set(text, name);
      functions.push(`function ${name}() {`, `    return ${text};`, '}');
    }
    return `${name}()`;
  };
  const outputsOf = new Map<Block, number>();
  let outputs = 0;
  for (const block of layer.blocks) {
    outputsOf.set(block, outputs);
    outputs += block.component.outputs;
  }
  const body: string[] = [];
  groupBlocks(layer).forEach(({ component, blocks }, g) => {
    body.push(...printGroup(component, blocks, g, position, outputsOf, argumentText));
  });
  return [
    ...functions,
    `// ${describeBlocks(layer)}`,
    `template ${templateName(layer)}() {`,
    ...(inputs.length > 0 ? [`    signal input x[${inputs.length}];`] : []),
    ...(outputs > 0 ? [`    signal output y[${outputs}];`] : []),
    ...body,
    '}',
  ];
}

/** `64 × Requantize of 16 rows over 25 signals`. */
function describeBlocks(layer: ProgramLayer): string {
  const kinds = new Map<string, number>();
  for (const { component } of layer.blocks) {
    const what = `${component.template} of ${component.outputs || component.inputs} over ${component.inputs} signals`;
    kinds.set(what, (kinds.get(what) ?? 0) + 1);
  }
  return [...kinds].map(([what, count]) => `${count} × ${what}`).join(', ');
}

function countIntegers(argument: CircomArgument): number {
  return Array.isArray(argument) ? argument.reduce((sum: number, part) => sum + countIntegers(part), 0) : 1;
}

function printGroup(
  component: Component,
  blocks: readonly Block[],
  g: number,
  position: ReadonlyMap<Wire, number>,
  outputsOf: ReadonlyMap<Block, number>,
  argumentText: (argument: CircomArgument) => string,
): string[] {
  const name = `g${g}`;
  const single = blocks.length === 1;
  const at = single ? name : `${name}[i]`;
  const indent = single ? 4 : 8;
  const declarations: string[] = [];
  const parameters = component.parameters().map(argumentText).join(', ');
  const call = `${component.template}(${parameters});`;
  const lines = single ? [] : [`        ${at} = ${call}`];
  if (component.inputs > 0) {
    const read = indexOfBlocks(
      `${name}_from`,
      blocks.map((block) => Array.from(block.inputs, (wire) => position.get(wire)!)),
      declarations,
    );
    lines.push(printLoop(indent, 't', component.inputs, (t) => `${at}.x[${t}] <== x[${read}];`));
  }
  if (component.outputs > 0) {
    const starts = blocks.map((block) => outputsOf.get(block)!);
    const write = indexOfBlocks(
      `${name}_to`,
      starts.map((start) => Array.from({ length: component.outputs }, (_, t) => start + t)),
      declarations,
    );
    lines.push(printLoop(indent, 't', component.outputs, (t) => `y[${write}] <== ${at}.y[${t}];`));
  }
  const declared = declarations.map((line) => `    ${line}`);
  if (single) return [...declared, `    component ${name} = ${call}`, ...lines];
  return [
    ...declared,
    `    component ${name}[${blocks.length}];`,
    `    for (var i = 0; i < ${blocks.length}; i++) {`,
    ...lines,
    '    }',
  ];
}

/** An expression in `i` (block) and `t` (element) for a table of indices, with the tables it needs. */
function indexOfBlocks(name: string, rows: readonly (readonly number[])[], declarations: string[]): string {
  const starts = rows.map((row) => row[0]);
  const steps = rows[0].map((index) => index - rows[0][0]);
  const separable =
    steps.every((step) => step >= 0) && rows.every((row) => row.every((index, t) => index === row[0] + steps[t]));
  if (separable) {
    const start = affineIndex(starts);
    const step = affineIndex(steps);
    const parts = [
      start ? start('i') : tableAt(`${name}_start`, starts, 'i', declarations),
      step ? step('t') : tableAt(`${name}_step`, steps, 't', declarations),
    ].filter((part) => part !== '0');
    return parts.length > 0 ? parts.join(' + ') : '0';
  }
  return tableAt(name, rows.flat(), rows.length === 1 ? 't' : `i * ${rows[0].length} + t`, declarations);
}

function tableAt(name: string, values: readonly number[], at: string, declarations: string[]): string {
  const table = new IndexTable(name, values);
  declarations.push(table.declaration);
  return table.at(at);
}
