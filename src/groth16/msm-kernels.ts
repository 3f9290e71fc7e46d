import type { Code, ModuleBuilder } from 'wasmbuilder';
import { defineFunction } from './emitter.js';

/** Names of a group's coordinate field and the size of its elements. */
interface Group {
  readonly curve: 'g1m' | 'g2m';
  readonly field: 'f1m' | 'f2m';
  readonly fieldBytes: number;
}

/** Additions that share one inversion; their scratch stays in the second-level cache. */
export const BATCH_ADDITIONS = 2048;

const GROUPS: readonly Group[] = [
  { curve: 'g1m', field: 'f1m', fieldBytes: 32 },
  { curve: 'g2m', field: 'f2m', fieldBytes: 64 },
];

/**
 * Adds the kernels of multi-scalar multiplication by affine additions in batches. An affine addition costs half of a
 * mixed one when the inversion is shared; points are sorted by bucket, and each bucket is added up as a tree, all
 * buckets at once.
 *
 * - `msm_sortDigits(scalars, stride, count, startBit, bits, bias, starts, sorted)`
 * - `msm_split(scalars, count, ones, shorts, negatives, longs, values, negated, longValues, result)`
 * - `g1m_msmTree(bases, map, sorted, points, starts, buckets)`: leaves the sum of bucket b at its first point
 * - `g1m_msmReduce(points, starts, buckets, result)`: Σ (b + 1) · bucket b, Jacobian
 */
export function addMsmKernels(module: ModuleBuilder): void {
  buildSortDigits(module);
  buildSplit(module);
  for (const group of GROUPS) {
    buildGather(module, group);
    buildAddBatch(module, group);
    buildTree(module, group);
    buildReduce(module, group);
  }
}

/**
 * Sorts the indices of scalars by one digit of theirs, by counting. The digit is `bits` bits from `startBit` less `bias`;
 * its sign goes to the lowest bit of the entry, its magnitude d to bucket d - 1; zero is left out. `starts` receives
 * `2^bits + 2` counters' worth of offsets: bucket b holds entries `starts[b] … starts[b + 1] - 1`.
 */
function buildSortDigits(module: ModuleBuilder): void {
  const params = ['scalars', 'stride', 'count', 'startBit', 'bits', 'bias', 'starts', 'sorted'];
  const { e } = defineFunction(module, 'msm_sortDigits', params);
  const { c, get, set, n, add } = e;
  e.local('i', 'p', 'mask', 'digit', 'sign', 'buckets', 'sum', 'slot', 'shift', 'width');
  const readDigit = e.all(
    set('digit', c.i32_and(c.i32_shr_u(c.i32_load(get('p'), 0, 0), get('shift')), get('mask'))),
    set('digit', c.i32_sub(get('digit'), get('bias'))),
    set('sign', c.i32_shr_u(get('digit'), n(31))),
    e.if(get('sign'), set('digit', c.i32_sub(n(0), get('digit')))),
  );
  const slotOf = (offset: number) => set('slot', add(get('starts'), c.i32_shl(add(get('digit'), n(offset)), n(2))));
  const eachScalar = (body: Code): Code =>
    e.all(
      set('p', add(get('scalars'), c.i32_shr_u(get('startBit'), n(3)))),
      e.loop(
        'i',
        n(0),
        get('count'),
        n(1),
        e.all(readDigit, e.if(get('digit'), body), set('p', add(get('p'), get('stride')))),
      ),
    );
  e.emit(
    set('shift', c.i32_and(get('startBit'), n(7))),
    set('width', c.i32_sub(n(256), get('startBit'))),
    e.if(c.i32_gt_u(get('width'), get('bits')), set('width', get('bits'))),
    set('mask', c.i32_sub(c.i32_shl(n(1), get('width')), n(1))),
    set('buckets', add(c.i32_shl(n(1), get('bits')), n(2))),
    e.loop('i', n(0), get('buckets'), n(1), c.i32_store(e.at('starts', get('i'), 4), n(0))),
    // Counts one place above, so that the sums below turn counts into first positions.
    eachScalar(e.all(slotOf(1), c.i32_store(get('slot'), add(c.i32_load(get('slot')), n(1))))),
    set('sum', n(0)),
    e.loop(
      'i',
      n(0),
      get('buckets'),
      n(1),
      e.all(
        set('slot', e.at('starts', get('i'), 4)),
        set('sum', add(get('sum'), c.i32_load(get('slot')))),
        c.i32_store(get('slot'), get('sum')),
      ),
    ),
    // Each bucket's place moves on to its end, which is the start of the next one.
    eachScalar(
      e.all(
        slotOf(0),
        set('sum', c.i32_load(get('slot'))),
        c.i32_store(e.at('sorted', get('sum'), 4), c.i32_or(c.i32_shl(get('i'), n(1)), get('sign'))),
        c.i32_store(get('slot'), add(get('sum'), n(1))),
      ),
    ),
  );
  module.exportFunction('msm_sortDigits');
}

/**
 * Copies the point that a sorted entry names, negated where the entry's lowest bit says so. `map` turns the index of a
 * scalar into that of its base; 0 where they are the same.
 */
function buildGather(module: ModuleBuilder, { curve, field, fieldBytes }: Group): void {
  const { e } = defineFunction(module, `${curve}_msmGather`, ['bases', 'map', 'entry', 'to']);
  const { c, get, set, n, add } = e;
  e.local('index', 'base');
  const y = (point: string) => add(get(point), n(fieldBytes));
  e.emit(
    set('index', c.i32_shr_u(get('entry'), n(1))),
    e.if(get('map'), set('index', c.i32_load(e.at('map', get('index'), 4)))),
    set('base', e.at('bases', get('index'), 2 * fieldBytes)),
    e.call(`${field}_copy`, get('base'), get('to')),
    e.if(
      c.i32_and(get('entry'), n(1)),
      e.call(`${field}_neg`, y('base'), y('to')),
      e.call(`${field}_copy`, y('base'), y('to')),
    ),
  );
}

/**
 * `list[i] += the point at list[i] + distance`, for all i at once with one inversion; any points, infinity included.
 * The list is used up.
 */
function buildAddBatch(module: ModuleBuilder, { curve, field, fieldBytes }: Group): void {
  const { e } = defineFunction(module, `${curve}_msmAddBatch`, ['list', 'count', 'distance', 'scratch']);
  const { c, get, set, n, add, call } = e;
  e.local('i', 'kept', 'p', 'q', 'double', 'den', 'prefix');
  const room = (): Code => n(module.alloc(fieldBytes));
  const [inverse, lambda, t] = [room(), room(), room()];
  const f = (operation: string, ...operands: Code[]) => call(`${field}_${operation}`, ...operands);
  const y = (point: string) => add(get(point), n(fieldBytes));
  const atKept = e.all(
    set('den', e.at('scratch', get('kept'), 2 * fieldBytes)),
    set('prefix', add(get('den'), n(fieldBytes))),
  );
  // The product of the denominators before this one is its prefix; the product with it is the next one's.
  const collect = e.all(
    f('mul', get('prefix'), get('den'), add(get('prefix'), n(2 * fieldBytes))),
    c.i32_store(e.at('list', get('kept'), 4), c.i32_or(get('p'), get('double'))),
    set('kept', add(get('kept'), n(1))),
  );
  const equalX = e.if(
    f('eq', y('p'), y('q')),
    // The same point twice: the tangent's denominator is 2y.
    e.all(set('double', n(1)), f('add', y('p'), y('p'), get('den')), collect),
    call(`${curve}_zeroAffine`, get('p')),
  );
  const addPair = e.all(
    set('double', n(0)),
    atKept,
    f('sub', get('q'), get('p'), get('den')),
    e.if(f('isZero', get('den')), equalX, collect),
  );
  e.emit(
    f('one', add(get('scratch'), n(fieldBytes))),
    set('kept', n(0)),
    e.loop(
      'i',
      n(0),
      get('count'),
      n(1),
      e.all(
        set('p', c.i32_load(e.at('list', get('i'), 4))),
        set('q', add(get('p'), get('distance'))),
        e.if(
          c.i32_eqz(call(`${curve}_isZeroAffine`, get('q'))),
          e.if(call(`${curve}_isZeroAffine`, get('p')), call(`${curve}_copyAffine`, get('q'), get('p')), addPair),
        ),
      ),
    ),
    e.if(c.i32_eqz(get('kept')), c.ret([])),
    atKept,
    f('inverse', get('prefix'), inverse),
    c.block(
      c.loop(
        c.br_if(1, c.i32_eqz(get('kept'))),
        set('kept', c.i32_sub(get('kept'), n(1))),
        atKept,
        set('p', c.i32_load(e.at('list', get('kept'), 4))),
        set('double', c.i32_and(get('p'), n(1))),
        set('p', c.i32_sub(get('p'), get('double'))),
        set('q', add(get('p'), get('distance'))),
        f('mul', inverse, get('prefix'), lambda),
        f('mul', inverse, get('den'), inverse),
        e.if(
          get('double'),
          e.all(f('square', get('p'), t), f('add', t, t, get('den')), f('add', get('den'), t, t)),
          f('sub', y('q'), y('p'), t),
        ),
        f('mul', lambda, t, lambda),
        f('square', lambda, t),
        f('sub', t, get('p'), t),
        f('sub', t, get('q'), t),
        // t is the new x; y = lambda (x1 - x) - y1.
        f('sub', get('p'), t, get('den')),
        f('copy', t, get('p')),
        f('mul', lambda, get('den'), get('den')),
        f('sub', get('den'), y('p'), y('p')),
        c.br(0),
      ),
    ),
  );
}

/**
 * Copies the bases of each bucket to its place and adds them up: in round r, neighbours at a distance of 2^r points. Bucket b lies from `starts[b]` to
 * `starts[b + 1]`, in points.
 */
function buildTree(module: ModuleBuilder, { curve, fieldBytes }: Group): void {
  const name = `${curve}_msmTree`;
  const { e } = defineFunction(module, name, ['bases', 'map', 'sorted', 'points', 'starts', 'buckets']);
  const { c, get, set, n, add, call } = e;
  e.local('b', 'k', 'end', 'step', 'reach', 'listed', 'any', 'start', 'entry');
  const list = n(module.alloc(4 * BATCH_ADDITIONS));
  const scratch = n(module.alloc(2 * fieldBytes * (BATCH_ADDITIONS + 1)));
  const flush = e.all(call(`${curve}_msmAddBatch`, list, get('listed'), get('reach'), scratch), set('listed', n(0)));
  e.emit(
    // In bytes: partners are `reach` apart, pairs twice that.
    set('reach', n(2 * fieldBytes)),
    set('entry', get('sorted')),
    c.block(
      c.loop(
        set('any', n(0)),
        set('listed', n(0)),
        set('step', c.i32_shl(get('reach'), n(1))),
        set('start', e.at('points', c.i32_load(get('starts')), 2 * fieldBytes)),
        e.loop(
          'b',
          n(1),
          add(get('buckets'), n(1)),
          n(1),
          e.all(
            set('end', e.at('points', c.i32_load(e.at('starts', get('b'), 4)), 2 * fieldBytes)),
            // The first round fetches the points just before it adds them.
            e.if(
              c.i32_eq(get('reach'), n(2 * fieldBytes)),
              e.loop(
                'k',
                get('start'),
                get('end'),
                n(2 * fieldBytes),
                e.all(
                  call(`${curve}_msmGather`, get('bases'), get('map'), c.i32_load(get('entry')), get('k')),
                  set('entry', add(get('entry'), n(4))),
                ),
              ),
            ),
            e.if(
              c.i32_gt_u(get('end'), add(get('start'), get('reach'))),
              e.all(
                set('any', n(1)),
                e.loop(
                  'k',
                  get('start'),
                  c.i32_sub(get('end'), get('reach')),
                  get('step'),
                  e.all(
                    c.i32_store(add(list, c.i32_shl(get('listed'), n(2))), get('k')),
                    set('listed', add(get('listed'), n(1))),
                    e.if(c.i32_eq(get('listed'), n(BATCH_ADDITIONS)), flush),
                  ),
                ),
              ),
            ),
            set('start', get('end')),
          ),
        ),
        e.if(get('listed'), flush),
        c.br_if(1, c.i32_eqz(get('any'))),
        set('reach', get('step')),
        c.br(0),
      ),
    ),
  );
  module.exportFunction(name);
}

/** Adds up the weighted buckets from the heaviest down: the running sum is added once for each weight. */
function buildReduce(module: ModuleBuilder, { curve, fieldBytes }: Group): void {
  const name = `${curve}_msmReduce`;
  const { e } = defineFunction(module, name, ['points', 'starts', 'buckets', 'result']);
  const { c, get, set, n, call } = e;
  e.local('b', 'start', 'end', 'point');
  const running = n(module.alloc(3 * fieldBytes));
  e.emit(
    call(`${curve}_zero`, running),
    call(`${curve}_zero`, get('result')),
    set('b', get('buckets')),
    c.block(
      c.loop(
        c.br_if(1, c.i32_eqz(get('b'))),
        set('end', c.i32_load(e.at('starts', get('b'), 4))),
        set('b', c.i32_sub(get('b'), n(1))),
        set('start', c.i32_load(e.at('starts', get('b'), 4))),
        set('point', e.at('points', get('start'), 2 * fieldBytes)),
        // A mixed addition takes no point at infinity.
        e.if(
          c.i32_ne(get('start'), get('end')),
          e.if(
            c.i32_eqz(call(`${curve}_isZeroAffine`, get('point'))),
            call(`${curve}_addMixed`, running, get('point'), running),
          ),
        ),
        call(`${curve}_add`, get('result'), running, get('result')),
        c.br(0),
      ),
    ),
  );
  module.exportFunction(name);
}

/**
 * Sorts scalars by size: zeros are dropped; ones become entries ready for gathering; values below 2^32, those that
 * short of R (negative ones), and larger ones are packed with the list of their indices. `result` receives the four
 * counts and the union of the bits of the short values and of the negated ones.
 */
function buildSplit(module: ModuleBuilder): void {
  const params = [
    'scalars',
    'count',
    'ones',
    'shorts',
    'negatives',
    'longs',
    'values',
    'negated',
    'longValues',
    'result',
  ];
  const { f, e } = defineFunction(module, 'msm_split', params);
  const { c, get, set, n, add } = e;
  e.local('i', 'p', 'low', 'oneCount', 'shortCount', 'negativeCount', 'longCount', 'shortUnion', 'negativeUnion');
  f.addLocal('high', 'i64');
  const order = n(module.modules.frm.pq);
  const rest = n(module.alloc(32));
  const setHigh = (at: Code): Code => {
    const words = [8, 16, 24].map((offset) => c.i64_load(at, offset));
    const first = c.i64_shr_u(c.i64_load(at), c.i64_const(32n));
    return c.setLocal(
      'high',
      words.reduce((a, b) => c.i64_or(a, b), first),
    );
  };
  const isShort = c.i64_eqz(c.getLocal('high'));
  const push = (list: string, count: string, value: Code): Code =>
    e.all(c.i32_store(e.at(list, get(count), 4), value), set(count, add(get(count), n(1))));
  const keep = (name: string, values: string, list: string, value: Code): Code =>
    e.all(e.call('int_copy', value, e.at(values, get(`${name}Count`), 32)), push(list, `${name}Count`, get('i')));
  e.emit(
    set('p', get('scalars')),
    e.loop(
      'i',
      n(0),
      get('count'),
      n(1),
      e.all(
        set('low', c.i32_load(get('p'))),
        setHigh(get('p')),
        e.if(
          isShort,
          e.if(
            c.i32_gt_u(get('low'), n(1)),
            e.all(
              set('shortUnion', c.i32_or(get('shortUnion'), get('low'))),
              keep('short', 'values', 'shorts', get('p')),
            ),
            e.if(get('low'), push('ones', 'oneCount', c.i32_shl(get('i'), n(1)))),
          ),
          e.all(
            c.drop(e.call('int_sub', order, get('p'), rest)),
            setHigh(rest),
            e.if(
              isShort,
              e.all(
                set('negativeUnion', c.i32_or(get('negativeUnion'), c.i32_load(rest))),
                keep('negative', 'negated', 'negatives', rest),
              ),
              keep('long', 'longValues', 'longs', get('p')),
            ),
          ),
        ),
        set('p', add(get('p'), n(32))),
      ),
    ),
    ...['oneCount', 'shortCount', 'negativeCount', 'longCount', 'shortUnion', 'negativeUnion'].map((name, index) =>
      c.i32_store(get('result'), 4 * index, get(name)),
    ),
  );
  module.exportFunction('msm_split');
}
