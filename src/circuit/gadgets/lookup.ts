import { type Component, indexedNames } from '../component.js';
import { type AffineRows, affineArguments, affineLc, affineValues } from './affine.js';
import {
  computePolynomial,
  computePowers,
  constrainPolynomial,
  constrainPowers,
  interpolateTable,
  planPolynomial,
  polynomialCost,
} from './polynomial.js';

/**
 * `y = values[row(x)]` for a row in `[0, values.length)`: the polynomial through the table.
 * @param degree of that polynomial, at least 2
 */
export function defineLookup(row: AffineRows, values: readonly number[], degree: number): Component {
  const plan = planPolynomial(degree);
  let known: bigint[] | undefined;
  const coefficients = () => {
    if (!known) {
      const all = interpolateTable(values);
      if (all.slice(degree + 1).some((c) => c !== 0n)) throw new Error(`internal: a table of degree above ${degree}`);
      known = all.slice(0, degree + 1);
    }
    return known;
  };
  return {
    template: 'Lookup',
    file: 'gadgets/lookup.circom',
    inputs: row.inputs,
    outputs: 1,
    ownWires: 1 + plan.powers + plan.horner - 1,
    constraints: polynomialCost(plan),
    ownNames: () => ['y[0]', ...indexedNames('power', plan.powers), ...indexedNames('horner', plan.horner - 1)],
    parameters: () => [...affineArguments(row), degree, plan.step, coefficients()],
    constrain: (emit) => {
      const y = row.inputs + 1;
      const powers = constrainPowers(emit, affineLc(row, 0), y + 1, plan);
      constrainPolynomial(emit, coefficients(), powers, plan, y + 1 + plan.powers, y);
    },
    compute: (x, own) => {
      const u = affineValues(row, x)[0];
      const powers = computePowers(BigInt(u), plan);
      const { hints } = computePolynomial(coefficients(), powers, plan);
      own.set(0, values[u]);
      for (let k = 2; k <= plan.step; k++) own.setWide(k - 1, powers[k]);
      hints.forEach((value, i) => {
        own.setWide(1 + plan.powers + i, value);
      });
    },
  };
}
