import { expect } from 'chai';
import { findProblems, type Schema } from '../../src/serve/http/json-schema.js';
import { schemas } from '../../src/serve/http/schemas.js';

const point: Schema = {
  type: 'object',
  properties: {
    x: { type: 'integer', minimum: 0, maximum: 9 },
    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 3 },
  },
  required: ['x'],
  additionalProperties: false,
};
const check = (value: unknown, schema: Schema) => findProblems(value, schema, { Point: point });

describe('the check of forms', () => {
  it('finds what is missing, too much, of another type, and out of range', () => {
    expect(check({ x: 3, name: 'ab' }, point)).to.deep.equal([]);
    expect(check({}, point)).to.deep.equal(['$.x: missing']);
    expect(check({ x: 1, y: 2 }, point)).to.deep.equal(['$.y: no such key']);
    expect(check({ x: 1.5 }, point)).to.deep.equal(['$.x: expected integer, given number']);
    expect(check({ x: -1 }, point)).to.deep.equal(['$.x: at least 0']);
    expect(check({ x: 10 }, point)).to.deep.equal(['$.x: at most 9']);
    expect(check({ x: 1, name: 'abcd' }, point)).to.deep.equal(['$.name: at most 3 characters']);
    expect(check({ x: 1, name: 'A' }, point)).to.deep.equal(['$.name: expected ^[a-z]+$']);
    for (const value of [null, [], 'x', 1, undefined]) expect(check(value, point)).to.have.length(1);
    expect(check(JSON.parse('{"x": 1, "__proto__": 2}'), point)).to.deep.equal(['$.__proto__: no such key']);
  });

  it('looks into arrays, references, records and alternatives', () => {
    const points: Schema = { type: 'array', items: { $ref: '#/components/schemas/Point' } };
    expect(check([{ x: 1 }, { x: 'a' }], points)).to.deep.equal(['$[1].x: expected integer, given string']);
    expect(check({ a: { x: 1 }, b: 7 }, { type: 'object', additionalProperties: point })).to.have.length(1);
    const either: Schema = { oneOf: [{ type: 'string' }, { type: 'number', minimum: 0 }] };
    expect([check('a', either), check(1, either)]).to.deep.equal([[], []]);
    expect(check(-1, either)).to.have.length(1);
    expect(check(true, either)).to.have.length(1);
    expect(check('b', { type: 'string', enum: ['a'] })).to.deep.equal(['$: expected a']);
    expect(check({}, { $ref: '#/components/schemas/Nothing' })).to.have.length(1);
  });

  it('is told of forms that all close: no object takes keys that nobody described, but for proofs', () => {
    const open: string[] = [];
    const visit = (schema: Schema, path: string): void => {
      if (schema.type === 'object' && schema.additionalProperties === undefined) open.push(path);
      for (const [name, part] of Object.entries(schema.properties ?? {})) visit(part, `${path}.${name}`);
      for (const part of [schema.items, ...(schema.oneOf ?? [])]) if (part) visit(part, `${path}[]`);
    };
    for (const [name, schema] of Object.entries(schemas)) visit(schema, name);
    expect(open).to.deep.equal(['Proof.proof']);
  });
});
