import type { Wire } from '../constraints.js';
import { allocateElements, type Elements, setWire } from '../elements.js';
import { defineDigits } from '../gadgets/digits.js';
import { defineInnerProduct } from '../gadgets/inner-product.js';
import type { Lowering } from '../lowering.js';
import { makePlain, materialize } from '../materialize.js';
import { placeRangeCheck } from '../statement/range.js';
import type { KernelGroup, PrivateLayer } from './private-layers.js';

/** Bounds of wires that hold packed numbers: no interval arithmetic touches them. */
const FIELD_RANGE: readonly [number, number] = [0, 2 ** 254];

/** An accumulator of all kernels of a group at one of its windows. */
interface Accumulator {
  readonly group: KernelGroup;
  readonly window: number;
  readonly wire: Wire;
}

/**
 * A linear map whose weights are wires, several to a field element: one constraint for each product of an input with all
 * kernels of a group, one linear constraint for each accumulator that is taken apart, and the range of every digit, checked
 * here or by the requantization that reads it.
 * @param first the wire of the layer's first pack
 */
export function lowerPrivate(lowering: Lowering, layer: PrivateLayer, inputs: Elements, first: Wire): Elements {
  const x = makeWires(lowering, layer.label, inputs);
  const accumulators = placeProducts(lowering, layer, x, first);
  const { slotBits, slotMin, slotMax, map } = layer;
  const result = allocateElements(map.rowWindow.length);
  const setRow = (row: number, wire: Wire, offset: number) => {
    setWire(result, row, wire, slotMin, slotMax);
    result.offset[row] = offset;
  };
  lowering.layer('digits', layer.label, () => {
    for (const { group, window, wire } of accumulators) {
      const rows = group.rows[window];
      if (rows.length === 1) {
        lowering.setRange(wire, slotMin, slotMax);
        setRow(rows[0], wire, 0);
        continue;
      }
      const component = lowering.component(`digits ${rows.length} ${slotBits} ${slotMin}`, () =>
        defineDigits(rows.length, slotBits, slotMin),
      );
      const digits = lowering.place(component, Int32Array.of(wire), () => [0, slotMax - slotMin]);
      rows.forEach((row, k) => {
        setRow(row, digits + k, slotMin);
      });
    }
  });
  if (!layer.isHeld)
    lowering.layer('range', layer.label, () => {
      const low = result.min.map((min, row) => min - result.offset[row]);
      const high = result.max.map((max, row) => max - result.offset[row]);
      placeRangeCheck(lowering, result.wire, low, high);
    });
  return result;
}

/** The inputs as wires that stand for themselves; padding and constants of 0 have none. */
function makeWires(lowering: Lowering, label: string, inputs: Elements): Elements {
  const x = materialize(lowering, inputs, label);
  const live = Array.from({ length: x.count }, (_, i) => i).filter((i) => x.factor[i] !== 0 || x.offset[i] !== 0);
  return makePlain(lowering, label, x, live);
}

function placeProducts(lowering: Lowering, layer: PrivateLayer, x: Elements, first: Wire): Accumulator[] {
  const accumulators: Accumulator[] = [];
  lowering.layer('inner', layer.label, () => {
    let packs = first;
    for (const group of layer.groups) {
      const bias = packs + group.positions.length;
      group.windows.forEach((index, window) => {
        const source = layer.map.windows[index];
        const live = group.positions.flatMap((t, at) =>
          source[t] >= 0 && x.factor[source[t]] !== 0 ? [{ t, at }] : [],
        );
        if (live.length === 0) {
          accumulators.push({ group, window, wire: bias });
          return;
        }
        const wires = Int32Array.of(
          ...live.map(({ t }) => x.wire[source[t]]),
          ...live.map(({ at }) => packs + at),
          bias,
        );
        const component = lowering.component(`inner ${live.length}`, () => defineInnerProduct(live.length));
        accumulators.push({ group, window, wire: lowering.place(component, wires, () => FIELD_RANGE) });
      });
      packs = bias + 1;
    }
  });
  return accumulators;
}
