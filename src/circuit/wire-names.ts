import type { Component } from './component.js';
import type { Wire } from './constraints.js';
import { type Block, blockWire, type CircuitProgram, externalWires, groupBlocks } from './program.js';

/** A name of each wire, by index: `main.layer_2_requantize.g0[3].b[5]`, as circom would call it. */
export function nameWires(program: CircuitProgram): string[] {
  const names = new Array<string>(program.wireCount).fill('');
  names[0] = 'one';
  for (const port of [...program.publicOutputs, ...program.publicInputs, ...program.privateInputs]) {
    if (port.count === undefined) names[port.firstWire] = `main.${port.name}`;
    else for (let i = 0; i < port.count; i++) names[port.firstWire + i] = `main.${port.name}[${i}]`;
  }
  for (const layer of program.layers) {
    groupBlocks(layer).forEach(({ component, blocks }, g) => {
      const own = component.ownNames();
      blocks.forEach((block, i) => {
        own.forEach((name, at) => {
          const wire = blockWire(block, 1 + component.inputs + at);
          if (names[wire] === '')
            names[wire] = `main.${layer.name}.g${g}${blocks.length === 1 ? '' : `[${i}]`}.${name}`;
        });
      });
    });
  }
  return names;
}

interface NamedLayer {
  readonly groups: readonly { readonly component: Component; readonly blocks: readonly Block[] }[];
  /** Wires behind the layer template's `x` and `y`. */
  readonly x: readonly Wire[];
  readonly y: readonly Wire[];
}

/**
 * Finds the wire behind any signal name of the circom text. One wire has many such names (a signal is handed from template to
 * template) and circom's symbol file keeps one of them, whichever it likes.
 */
export function createSignalResolver(program: CircuitProgram): (name: string) => Wire | undefined {
  const ports = new Map(
    [...program.publicOutputs, ...program.publicInputs, ...program.privateInputs].map((port) => [port.name, port]),
  );
  const layers = new Map(program.layers.map((layer) => [layer.name, layer]));
  const opened = new Map<string, NamedLayer>();
  const ownNames = new Map<Component, Map<string, number>>();
  const openLayer = (name: string): NamedLayer | undefined => {
    const layer = layers.get(name);
    if (!layer || opened.has(name)) return opened.get(name);
    const y = layer.blocks.flatMap(({ component, outputsAt }) =>
      Array.from({ length: component.outputs }, (_, j) => outputsAt + j),
    );
    const named = { groups: groupBlocks(layer), x: externalWires(layer), y };
    opened.set(name, named);
    return named;
  };
  const ownWire = (block: Block, name: string): Wire | undefined => {
    const { component } = block;
    let own = ownNames.get(component);
    if (!own) {
      own = new Map(component.ownNames().map((text, at) => [text, at]));
      ownNames.set(component, own);
    }
    const at = own.get(name);
    return at === undefined ? undefined : blockWire(block, 1 + component.inputs + at);
  };
  return (name) => {
    const [, first, group, signal] = name.split('.');
    if (first === undefined) return undefined;
    const [head, index] = splitIndex(first);
    const port = ports.get(head);
    if (port && group === undefined) return port.firstWire + (index ?? 0);
    const layer = openLayer(head);
    if (!layer || group === undefined) return undefined;
    const [word, at] = splitIndex(group);
    if (signal === undefined) return word === 'x' ? layer.x[at ?? 0] : word === 'y' ? layer.y[at ?? 0] : undefined;
    const block = layer.groups[Number(word.slice(1))]?.blocks[at ?? 0];
    if (!block) return undefined;
    const [kind, input] = splitIndex(signal);
    return kind === 'x' ? block.inputs[input ?? 0] : ownWire(block, signal);
  };
}

/** `b[5]` → `['b', 5]`. */
function splitIndex(text: string): [string, number | undefined] {
  const open = text.indexOf('[');
  return open < 0 ? [text, undefined] : [text.slice(0, open), Number(text.slice(open + 1, -1))];
}
