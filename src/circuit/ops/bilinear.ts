import { allocateElements, type Elements } from '../elements.js';
import { defineProducts } from '../gadgets/product.js';
import type { Lowering } from '../lowering.js';
import { materialize } from '../materialize.js';
import type { Sum } from '../sums.js';
import type { Rule } from './rule.js';

/** Products of one component at most, to keep its template's code small. */
const PRODUCTS_PER_BLOCK = 4096;

/** Sums of products: one constraint for each distinct pair of wires, none where a factor is constant. */
export const lowerBilinear: Rule<'bilinear'> = (lowering, node, inputs) => {
  const left = materialize(lowering, inputs[0], node.layer);
  const right = inputs[1] === inputs[0] ? left : materialize(lowering, inputs[1], node.layer);
  const products = placeProducts(lowering, node, left, right);
  const rows = node.start.length - 1;
  const result = allocateElements(rows);
  const source = lowering.listSource();
  for (let r = 0; r < rows; r++) {
    const sum: Sum = new Map();
    let [min, max] = [0, 0];
    for (let t = node.start[r]; t < node.start[r + 1]; t++) {
      const [a, b] = [node.left[t], node.right[t]];
      addProduct(sum, left, a, right, b, products);
      const [low, high] = productBounds(left, a, right, b);
      min += low;
      max += high;
    }
    lowering.setSum(result, r, sum, source, min, max);
  }
  return result;
};

function productBounds(x: Elements, a: number, y: Elements, b: number): [number, number] {
  if (x.wire[a] === y.wire[b] && x.factor[a] === y.factor[b] && x.offset[a] === y.offset[b] && x.factor[a] !== 0) {
    const [low, high] = [x.min[a] ** 2, x.max[a] ** 2];
    return [x.min[a] <= 0 && x.max[a] >= 0 ? 0 : Math.min(low, high), Math.max(low, high)];
  }
  const corners = [x.min[a] * y.min[b], x.min[a] * y.max[b], x.max[a] * y.min[b], x.max[a] * y.max[b]];
  return [Math.min(...corners), Math.max(...corners)];
}

function pairKey(a: number, b: number): string {
  return a < b ? `${a}*${b}` : `${b}*${a}`;
}

function placeProducts(
  lowering: Lowering,
  node: { readonly left: Int32Array; readonly right: Int32Array; readonly layer: string },
  x: Elements,
  y: Elements,
): Map<string, number> {
  const products = new Map<string, number>();
  const pairs: [number, number, number, number][] = [];
  for (let t = 0; t < node.left.length; t++) {
    const [a, b] = [node.left[t], node.right[t]];
    if (x.factor[a] === 0 || y.factor[b] === 0) continue;
    const key = pairKey(x.wire[a], y.wire[b]);
    if (products.has(key)) continue;
    products.set(key, -1);
    pairs.push([x.wire[a], y.wire[b], ...lowering.productRange(x.wire[a], y.wire[b])]);
  }
  lowering.layer('product', node.layer, () => {
    for (let at = 0; at < pairs.length; at += PRODUCTS_PER_BLOCK) {
      const part = pairs.slice(at, at + PRODUCTS_PER_BLOCK);
      const component = lowering.component(`products ${part.length}`, () => defineProducts(part.length));
      const inputs = Int32Array.from([...part.map((pair) => pair[0]), ...part.map((pair) => pair[1])]);
      const wire = lowering.place(component, inputs, (j) => [part[j][2], part[j][3]]);
      part.forEach(([a, b], j) => {
        products.set(pairKey(a, b), wire + j);
      });
    }
  });
  return products;
}

/** Adds `(fa·wa + oa)(fb·wb + ob)`. */
function addProduct(
  sum: Sum,
  x: Elements,
  a: number,
  y: Elements,
  b: number,
  products: ReadonlyMap<string, number>,
): void {
  const add = (wire: number, coefficient: number) => {
    const total = (sum.get(wire) ?? 0) + coefficient;
    if (total === 0) sum.delete(wire);
    else sum.set(wire, total);
  };
  const both = x.factor[a] * y.factor[b];
  if (both !== 0) add(products.get(pairKey(x.wire[a], y.wire[b]))!, both);
  if (x.factor[a] !== 0) add(x.wire[a], x.factor[a] * y.offset[b]);
  if (y.factor[b] !== 0) add(y.wire[b], y.factor[b] * x.offset[a]);
  add(0, x.offset[a] * y.offset[b]);
}
