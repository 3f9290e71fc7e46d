import type { Code, ModuleBuilder } from 'wasmbuilder';
import { defineFunction, type Emitter } from './emitter.js';

const BYTES = 32;

/**
 * Adds transforms over the scalar field that read their roots of unity from a table and never reorder: the inverse one
 * takes values in order and gives coefficients in bit-reversed order, the forward one the reverse.
 *
 * - `frm_toCoefficients(values, size, roots)`: unscaled, the coefficients come out times `size`
 * - `frm_toValues(coefficients, size, roots)`
 * - `frm_mulEach(a, b, count)`: `a[i] *= b[i]`
 *
 * A table holds for each half-size m = size/2, …, 2, 1 the powers 0 … m-1 of the root of order 2m: inverse roots for the
 * first transform, roots for the second.
 */
export function addFftKernels(module: ModuleBuilder): void {
  buildTransform(module, 'frm_toCoefficients', true);
  buildTransform(module, 'frm_toValues', false);
  const { e } = defineFunction(module, 'frm_mulEach', ['a', 'b', 'count']);
  const { get, set, add, n } = e;
  e.local('end');
  e.emit(
    set('end', e.at('a', get('count'), BYTES)),
    e.loop(
      'a',
      get('a'),
      get('end'),
      n(BYTES),
      e.all(e.call('frm_mul', get('a'), get('b'), get('a')), set('b', add(get('b'), n(BYTES)))),
    ),
  );
  module.exportFunction('frm_mulEach');
}

function buildTransform(module: ModuleBuilder, name: string, decimateFrequency: boolean): void {
  const { e } = defineFunction(module, name, ['values', 'size', 'roots']);
  const { c, get, set, add, n } = e;
  e.local('half', 'block', 'end', 'a', 'b', 'stop', 'root', 'table');
  const t = n(module.alloc(BYTES));
  const stage = e.loop(
    'block',
    get('values'),
    get('end'),
    c.i32_shl(get('half'), n(1)),
    e.all(
      set('b', add(get('block'), get('half'))),
      set('stop', get('b')),
      set('root', get('table')),
      e.loop(
        'a',
        get('block'),
        get('stop'),
        n(BYTES),
        e.all(
          decimateFrequency ? splitThenMultiply(e, t) : multiplyThenSplit(e, t),
          set('b', add(get('b'), n(BYTES))),
          set('root', add(get('root'), n(BYTES))),
        ),
      ),
    ),
  );
  // `half` is in bytes; the table of half-size m begins 2m entries before the end of the whole table.
  const tableEnd = e.at('roots', get('size'), BYTES);
  const placeTable = set('table', c.i32_sub(tableEnd, c.i32_shl(get('half'), n(1))));
  const first = decimateFrequency ? e.mul(get('size'), n(BYTES / 2)) : n(BYTES);
  const advance = decimateFrequency ? c.i32_shr_u(get('half'), n(1)) : c.i32_shl(get('half'), n(1));
  const finished = decimateFrequency
    ? c.i32_lt_u(get('half'), n(BYTES))
    : c.i32_ge_u(get('half'), e.mul(get('size'), n(BYTES)));
  e.emit(
    set('end', e.at('values', get('size'), BYTES)),
    set('half', first),
    c.block(c.loop(c.br_if(1, finished), placeTable, stage, set('half', advance), c.br(0))),
  );
  module.exportFunction(name);
}

/** `a, b = a + b, (a - b) · root`. */
function splitThenMultiply(e: Emitter, t: Code): Code {
  const { get, call, c, n } = e;
  return e.all(
    call('frm_sub', get('a'), get('b'), t),
    call('frm_add', get('a'), get('b'), get('a')),
    // The smallest transform's only root is one.
    e.if(c.i32_eq(get('half'), n(BYTES)), call('frm_copy', t, get('b')), call('frm_mul', t, get('root'), get('b'))),
  );
}

/** `a, b = a + root · b, a - root · b`. */
function multiplyThenSplit(e: Emitter, t: Code): Code {
  const { get, call, c, n } = e;
  return e.all(
    e.if(c.i32_eq(get('half'), n(BYTES)), call('frm_copy', get('b'), t), call('frm_mul', get('b'), get('root'), t)),
    call('frm_sub', get('a'), t, get('b')),
    call('frm_add', get('a'), t, get('a')),
  );
}
