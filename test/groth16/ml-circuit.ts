import { type R1cs, R1csBuilder } from '../../src/circuit/constraints.js';
import { R } from '../../src/core/field.js';

/** A circuit with a satisfying witness. */
export interface TestCircuit {
  readonly r1cs: R1cs;
  readonly witness: bigint[];
}

/** Repeatable small integers. */
export function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** `y = x³ + x + 5` with x private: one output, three constraints. */
export function cubicCircuit(x: bigint): TestCircuit {
  const builder = new R1csBuilder();
  // wires: 0 one, 1 y, 2 x, 3 x², 4 x³
  builder.add([[2, 1n]], [[2, 1n]], [[3, 1n]]);
  builder.add([[3, 1n]], [[2, 1n]], [[4, 1n]]);
  builder.add(
    [
      [4, 1n],
      [2, 1n],
      [0, 5n],
    ],
    [[0, 1n]],
    [[1, 1n]],
  );
  const r1cs = builder.finish({ wireCount: 5, outputCount: 1, publicInputCount: 0, privateInputCount: 1 });
  const mod = (value: bigint) => ((value % R) + R) % R;
  return { r1cs, witness: [1n, mod(x ** 3n + x + 5n), mod(x), mod(x * x), mod(x ** 3n)] };
}

/**
 * A circuit with the shape of quantized dense layers: bytes in, dot products with small constant weights, and for each
 * a requantization by bits (`bits` of them), of which the upper 8 are the next activation. `constraints` is a target
 * that is met from below.
 */
export function mlCircuit(constraints: number, seed = 1, options: { width?: number; bits?: number } = {}): TestCircuit {
  const { width = 64, bits = 22 } = options;
  const random = makeRandom(seed);
  const builder = new R1csBuilder();
  const publicInputs = 2;
  const witness: bigint[] = [1n, 0n, BigInt(random(1 << 30)), 7n];
  const newWire = (value: bigint): number => witness.push(value) - 1;
  const addBits = (value: bigint, count: number): number[] =>
    Array.from({ length: count }, (_, bit) => {
      const wire = newWire((value >> BigInt(bit)) & 1n);
      builder.add(
        [[wire, 1n]],
        [
          [wire, 1n],
          [0, -1n],
        ],
        [],
      );
      return wire;
    });
  const weigh = (wires: readonly number[]): bigint =>
    wires.reduce((sum, wire, bit) => sum + (witness[wire] << BigInt(bit)), 0n);

  // The constant, one output, two public inputs, then the private inputs as bytes.
  let layer = Array.from({ length: width }, () => {
    const wire = newWire(BigInt(random(256)));
    return { wires: [wire], shift: 0 };
  });
  const inputs = layer.length;
  layer = layer.map(({ wires: [wire] }) => {
    const parts = addBits(witness[wire], 8);
    builder.add(
      parts.map((part, bit) => [part, 1n << BigInt(bit)] as const),
      [[0, 1n]],
      [[wire, 1n]],
    );
    return { wires: parts, shift: 0 };
  });
  while (builder.constraintCount + (bits + 1) * 2 < constraints) {
    const next: typeof layer = [];
    for (let unit = 0; unit < width && builder.constraintCount + (bits + 1) * 2 < constraints; unit++) {
      const sources = layer.slice(0, Math.min(layer.length, 16));
      const terms = new Map<number, bigint>();
      let sum = 1n << BigInt(bits - 1);
      terms.set(0, sum);
      for (const source of sources) {
        const weight = BigInt(random(255) - 127);
        sum += weight * weigh(source.wires);
        source.wires.forEach((wire, bit) => {
          const value = (terms.get(wire) ?? 0n) + (weight << BigInt(bit));
          if (value === 0n) terms.delete(wire);
          else terms.set(wire, value);
        });
      }
      const parts = addBits(sum, bits);
      const quotient = newWire(weigh(parts.slice(bits - 8)));
      builder.add(
        parts.map((part, bit) => [part, 1n << BigInt(bit)] as const),
        [[0, 1n]],
        [...terms],
      );
      builder.add(
        parts.slice(bits - 8).map((part, bit) => [part, 1n << BigInt(bit)] as const),
        [[0, 1n]],
        [[quotient, 1n]],
      );
      next.push({ wires: parts.slice(bits - 8), shift: 0 });
    }
    layer = next.length > 0 ? next : layer;
  }
  const last = layer[0].wires;
  witness[1] = weigh(last);
  builder.add(
    last.map((part, bit) => [part, 1n << BigInt(bit)] as const),
    [[0, 1n]],
    [[1, 1n]],
  );
  builder.add([[2, 1n]], [[3, 1n]], [[newWire(witness[2] * witness[3]), 1n]]);
  const r1cs = builder.finish({
    wireCount: witness.length,
    outputCount: 1,
    publicInputCount: publicInputs,
    privateInputCount: inputs,
  });
  return { r1cs, witness };
}

/** A chain of random products with full-size values and coefficients: `constraints` exactly, `publicInputs` inputs. */
export function randomCircuit(constraints: number, seed: number, publicInputs = 2): TestCircuit {
  const random = makeRandom(seed);
  const big = (): bigint => {
    let value = 0n;
    for (let part = 0; part < 9; part++) value = (value << 30n) | BigInt(random(1 << 30));
    return value % R;
  };
  const builder = new R1csBuilder();
  const witness: bigint[] = [1n, 0n, ...Array.from({ length: publicInputs }, big), big(), big()];
  const firstPrivate = 2 + publicInputs;
  const combine = (): Map<number, bigint> => {
    const terms = new Map<number, bigint>([[0, big()]]);
    for (let count = random(4); count >= 0; count--) terms.set(2 + random(witness.length - 2), random(3) ? big() : 1n);
    return terms;
  };
  const evaluate = (terms: Map<number, bigint>): bigint =>
    [...terms].reduce((sum, [wire, coefficient]) => sum + coefficient * witness[wire], 0n) % R;
  for (let index = 0; index < constraints; index++) {
    const [a, b] = [combine(), combine()];
    const value = (evaluate(a) * evaluate(b)) % R;
    const last = index === constraints - 1;
    if (last) witness[1] = value;
    else witness.push(value);
    builder.add([...a], [...b], [[last ? 1 : witness.length - 1, 1n]]);
  }
  const r1cs = builder.finish({
    wireCount: witness.length,
    outputCount: 1,
    publicInputCount: publicInputs,
    privateInputCount: witness.length > firstPrivate ? 2 : 0,
  });
  return { r1cs, witness };
}
