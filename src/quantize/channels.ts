import { sizeOf } from '../core/tensor.js';
import type { Graph, GraphNode, ValueId } from '../graph/ir.js';
import { isTabular } from './inputs.js';

/**
 * Tells the channels of every value apart: rows of a linear node that share a kernel are one channel (an output channel of a
 * convolution, a neuron of a dense layer), and element-wise nodes, moves and pools keep the channels of what they read.
 */
export function assignChannels(graph: Graph): Map<ValueId, Int32Array> {
  const channels = new Map<ValueId, Int32Array>();
  for (const { value } of graph.inputs) {
    const { shape } = graph.values[value];
    channels.set(
      value,
      Int32Array.from({ length: sizeOf(shape) }, (_, i) => (isTabular(shape) ? i : 0)),
    );
  }
  for (const node of graph.nodes) channels.set(node.output, channelsOfNode(node, joinChannels(node, channels)));
  return channels;
}

/** Channels of the concatenated inputs, kept apart between inputs. */
function joinChannels(node: GraphNode, known: ReadonlyMap<ValueId, Int32Array>): Int32Array {
  const parts = node.inputs.map((input) => known.get(input) as Int32Array);
  if (parts.length === 1) return parts[0];
  let base = 0;
  return Int32Array.from(
    parts.flatMap((part) => {
      const shifted = Array.from(part, (channel) => channel + base);
      base += part.reduce((n, channel) => Math.max(n, channel + 1), 0);
      return shifted;
    }),
  );
}

function channelsOfNode(node: GraphNode, joined: Int32Array): Int32Array {
  const first = (window: Int32Array) => {
    const live = window.find((index) => index >= 0);
    return live === undefined ? 0 : joined[live];
  };
  switch (node.kind) {
    case 'linear':
      return node.map.kernels.length === 1
        ? renumber(Int32Array.from(node.map.rowWindow, (window) => first(node.map.windows[window])))
        : renumber(node.map.rowKernel);
    case 'gather':
      return renumber(Int32Array.from(node.index, (index) => (index >= 0 ? joined[index] : 0)));
    case 'unary':
      return joined;
    case 'max':
      return renumber(Int32Array.from(node.windows, first));
    case 'bilinear':
      return new Int32Array(node.start.length - 1);
    case 'argmax':
      return new Int32Array(node.windows.length);
    case 'topk':
      return new Int32Array(node.windows.length * 2 * node.k);
    case 'trees':
      return new Int32Array(node.base.length);
  }
}

/** Numbers channels 0, 1, … in order of first use. */
function renumber(channels: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return channels.map((channel) => {
    const known = numbers.get(channel);
    if (known !== undefined) return known;
    numbers.set(channel, numbers.size);
    return numbers.size - 1;
  });
}
