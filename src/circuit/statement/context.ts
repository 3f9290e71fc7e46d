import { R } from '../../core/field.js';
import type { Component } from '../component.js';
import { Lc } from '../lc.js';

/** `square = context²`: the constraint that makes the context a part of the relation. One constraint. */
export function defineContext(): Component {
  return {
    template: 'BindContext',
    file: 'statement/context.circom',
    inputs: 1,
    outputs: 0,
    ownWires: 1,
    constraints: 1,
    ownNames: () => ['square'],
    parameters: () => [],
    constrain: (emit) => emit(new Lc().add(1, 1), new Lc().add(1, 1), new Lc().add(2, 1)),
    compute: (x, own) => {
      const context = x.getWide(0);
      own.setWide(0, (context * context) % R);
    },
  };
}
