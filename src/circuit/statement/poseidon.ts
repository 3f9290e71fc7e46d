import { R, toField } from '../../core/field.js';
import { derivePoseidonParameters, FULL_ROUNDS } from '../../core/poseidon-parameters.js';
import { type Component, indexedNames } from '../component.js';
import { type EmitConstraint, Lc } from '../lc.js';

/** The most elements that one permutation takes in. */
export const POSEIDON_INPUTS = 16;

/**
 * One Poseidon permutation over `inputs` wires: `y = Poseidon(prefix, x…)`, as circomlib computes it. Three constraints for
 * each S-box whose argument is not constant, and a linear one for y.
 * @param prefix a constant first element, or null
 */
export function definePoseidon(inputs: number, prefix: bigint | null): Component {
  const fixed = prefix === null ? 1 : 2;
  const width = inputs + fixed;
  const { partialRounds, constants, matrix } = derivePoseidonParameters(width);
  const rounds = FULL_ROUNDS + partialRounds;
  const boxes = FULL_ROUNDS * width + partialRounds - fixed;
  const isFull = (round: number) => round < FULL_ROUNDS / 2 || round >= rounds - FULL_ROUNDS / 2;

  function constrain(emit: EmitConstraint): void {
    const [square, fourth, fifth] = [0, 1, 2].map((k) => inputs + 2 + k * boxes);
    let box = 0;
    const power = (x: Lc): Lc => {
      const [x2, x4, x5] = [square, fourth, fifth].map((from) => new Lc().add(from + box, 1));
      box++;
      emit(x, x, x2);
      emit(x2, x2, x4);
      emit(x4, x, x5);
      return x5;
    };
    let state = [0n, ...(prefix === null ? [] : [prefix])].map((value) => Lc.of(value));
    for (let i = 0; i < inputs; i++) state.push(new Lc().add(1 + i, 1));
    for (let round = 0; round < rounds; round++) {
      state = state.map((x, i) => {
        const added = new Lc().plus(x).add(0, constants[round * width + i]);
        if (!isFull(round) && i > 0) return added;
        return round === 0 && i < fixed ? Lc.of(fifthPower(constants[i] + (i === 1 ? prefix! : 0n))) : power(added);
      });
      state = mix(state, matrix, round === rounds - 1 ? 1 : width);
    }
    emit(new Lc(), new Lc(), state[0].add(inputs + 1, -1));
  }

  return {
    template: 'Poseidon',
    file: 'statement/poseidon.circom',
    inputs,
    outputs: 1,
    ownWires: 1 + 3 * boxes,
    constraints: 3 * boxes + 1,
    ownNames: () => ['y[0]', ...['square', 'fourth', 'fifth'].flatMap((name) => indexedNames(name, boxes))],
    parameters: () => [inputs, fixed, prefix ?? 0n, partialRounds, constants, matrix],
    constrain,
    compute: (x, own) => {
      let box = 0;
      let state = [0n, ...(prefix === null ? [] : [prefix])];
      for (let i = 0; i < inputs; i++) state.push(x.getWide(i));
      for (let round = 0; round < rounds; round++) {
        state = state.map((value, i) => {
          const added = (value + constants[round * width + i]) % R;
          if (!isFull(round) && i > 0) return added;
          const x2 = (added * added) % R;
          const x4 = (x2 * x2) % R;
          const x5 = (x4 * added) % R;
          if (round > 0 || i >= fixed) {
            own.setWide(1 + box, x2);
            own.setWide(1 + boxes + box, x4);
            own.setWide(1 + 2 * boxes + box++, x5);
          }
          return x5;
        });
        state = matrix.map((row) => row.reduce((sum, m, j) => sum + m * state[j], 0n) % R);
      }
      own.setWide(0, state[0]);
    },
  };
}

function fifthPower(value: bigint): bigint {
  const reduced = toField(value);
  return reduced ** 5n % R;
}

/** The first `rows` elements of the mixed state, like terms added up. */
function mix(state: readonly Lc[], matrix: readonly (readonly bigint[])[], rows: number): Lc[] {
  return matrix.slice(0, rows).map((row) => {
    const sums = new Map<number, bigint>();
    row.forEach((m, j) => {
      const { wires, coefficients } = state[j];
      for (let t = 0; t < wires.length; t++)
        sums.set(wires[t], ((sums.get(wires[t]) ?? 0n) + m * BigInt(coefficients[t])) % R);
    });
    const lc = new Lc();
    for (const [wire, coefficient] of sums) lc.add(wire, toField(coefficient));
    return lc;
  });
}
