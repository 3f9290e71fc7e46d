import { R } from '../../core/field.js';
import type { Component } from '../component.js';
import { Lc } from '../lc.js';

/**
 * `y = x` as a constraint that stays: circom drops plain equalities and renames a signal, which a public output must not
 * suffer. One constraint, a square that is zero.
 */
export function defineCopy(): Component {
  return {
    template: 'Copy',
    file: 'gadgets/copy.circom',
    inputs: 1,
    outputs: 1,
    ownWires: 1,
    constraints: 1,
    ownNames: () => ['y[0]'],
    parameters: () => [],
    constrain: (emit) => {
      const difference = new Lc().add(2, 1).add(1, -1);
      emit(difference, difference, new Lc());
    },
    compute: (x, own) => own.setWide(0, x.getWide(0)),
  };
}

/** `y = value`, for a public output that does not depend on the input: kept as a square for the same reason. */
export function defineConstant(value: bigint): Component {
  return {
    template: 'Constant',
    file: 'gadgets/copy.circom',
    inputs: 0,
    outputs: 1,
    ownWires: 1,
    constraints: 1,
    ownNames: () => ['y[0]'],
    parameters: () => [value],
    constrain: (emit) => {
      const difference = new Lc().add(1, 1).add(0, -value);
      emit(difference, difference, new Lc());
    },
    compute: (_x, own) => own.setWide(0, value % R),
  };
}
