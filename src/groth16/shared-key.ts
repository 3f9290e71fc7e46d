import { randomUUID } from 'node:crypto';
import { ZkinferError } from '../core/error.js';
import { Curve, createCurveMemory, FIELD_BYTES, MAX_PAGES, PAGE_BYTES, type Region } from './curve.js';
import { placeParts, type ResidentKey } from './resident-key.js';
import { buildTransformTables, type TransformTables } from './transform-tables.js';
import { readZkeyLayout, type ZkeyInfo } from './zkey-file.js';

/**
 * A proving key in memory that all workers prove in: the file once, its tables once, and for each worker a region to compute
 * in. It can be posted to threads.
 */
export interface SharedKeyMemory {
  /** Names the memory, not the key: threads that work together must be in the same one. */
  readonly memoryId: string;
  /** The key file. */
  readonly zkey: Uint8Array<SharedArrayBuffer>;
  readonly memory: WebAssembly.Memory;
  /** Who has which pages. */
  readonly pages: Int32Array<SharedArrayBuffer>;
}

/** The file begins behind a null pointer. */
const FILE_AT = 64;
/** Words of `pages`: the next free page, the first page of the tables, whether they are filled, then owner and page of each region. */
const NEXT = 0;
const TABLES = 1;
const TABLES_READY = 2;
const REGIONS_AT = 4;
/** More than the largest pool has threads, with those that are about to end. */
const MAX_REGIONS = 2048;
/** For what does not grow with the circuit: fixed data of the curve, counters of buckets, points. */
const EXTRA_BYTES = 3 << 20;

/** Makes room for a key file, which the caller writes into `zkey`. @throws ZkinferError `KEY_TOO_LARGE` */
export function createSharedKey(size: number): SharedKeyMemory {
  const used = Math.ceil((FILE_AT + size) / PAGE_BYTES);
  if (used > MAX_PAGES) throw tooLarge();
  const memory = createCurveMemory(true, used);
  const pages = new Int32Array(new SharedArrayBuffer(4 * (REGIONS_AT + 2 * MAX_REGIONS)));
  pages[NEXT] = memory.buffer.byteLength / PAGE_BYTES;
  const zkey = new Uint8Array(memory.buffer as unknown as SharedArrayBuffer, FILE_AT, size);
  return { memoryId: randomUUID(), zkey, memory, pages };
}

/**
 * Opens a shared key for a thread, in a region of its own.
 * @param owner the thread, a positive number; the region is its until `leaveSharedKey`
 * @throws ZkinferError `ARTIFACT_DAMAGED`, `KEY_TOO_LARGE`
 */
export async function joinSharedKey(shared: SharedKeyMemory, owner: number): Promise<ResidentKey> {
  const layout = readZkeyLayout(shared.zkey);
  const { info } = layout;
  const curve = await Curve.createIn(claimRegion(shared, owner, regionBytes(info)));
  const tables = shareTables(shared, curve, info.domainSize);
  return { curve, info, parts: placeParts(layout, FILE_AT), tables };
}

/** Gives the regions of a thread to the next one. The thread must not compute any more. */
export function leaveSharedKey({ pages }: SharedKeyMemory, owner: number): void {
  for (let region = 0; region < MAX_REGIONS; region++) {
    Atomics.compareExchange(pages, REGIONS_AT + 2 * region, owner, 0);
  }
}

/** What a proof needs at once: witness, its split, the quotient's vectors, and the points of one product. */
function regionBytes({ wireCount, domainSize }: ZkeyInfo): number {
  const witness = (1 + 3) * FIELD_BYTES + 4 * 4;
  const productOfH = (2 * FIELD_BYTES + 4) * domainSize;
  const productInG2 = (4 * FIELD_BYTES + 4) * wireCount;
  return EXTRA_BYTES + witness * wireCount + 3 * FIELD_BYTES * domainSize + Math.max(productOfH, productInG2);
}

function claimRegion({ memory, pages }: SharedKeyMemory, owner: number, size: number): Region {
  const count = Math.ceil(size / PAGE_BYTES);
  for (let region = 0; region < MAX_REGIONS; region++) {
    const at = REGIONS_AT + 2 * region;
    if (Atomics.compareExchange(pages, at, 0, owner) !== 0) continue;
    let page = Atomics.load(pages, at + 1);
    if (page === 0) {
      page = takePages(memory, pages, count);
      Atomics.store(pages, at + 1, page);
    }
    return { memory, start: page * PAGE_BYTES, end: (page + count) * PAGE_BYTES };
  }
  throw tooLarge();
}

/** Reserves pages at the end of the memory, which grows as needed. */
function takePages(memory: WebAssembly.Memory, pages: Int32Array, count: number): number {
  const page = Atomics.add(pages, NEXT, count);
  // Another thread may let it grow at the same time: then it is larger than needed, which costs nothing.
  for (;;) {
    const missing = page + count - memory.buffer.byteLength / PAGE_BYTES;
    if (missing <= 0) return page;
    try {
      memory.grow(missing);
    } catch {
      throw tooLarge();
    }
  }
}

/** The tables of a domain, computed by whoever comes first, or by several at once: they write the same. */
function shareTables({ memory, pages }: SharedKeyMemory, curve: Curve, size: number): TransformTables {
  const bytes = size * FIELD_BYTES;
  if (Atomics.load(pages, TABLES) === 0) {
    const page = takePages(memory, pages, Math.ceil((3 * bytes) / PAGE_BYTES));
    Atomics.compareExchange(pages, TABLES, 0, page);
  }
  const at = Atomics.load(pages, TABLES) * PAGE_BYTES;
  const tables = { size, inverseRoots: at, roots: at + bytes, shifts: at + 2 * bytes };
  if (Atomics.load(pages, TABLES_READY) === 0) {
    const mark = curve.mark();
    const own = buildTransformTables(curve, size);
    curve.refresh();
    for (const name of ['inverseRoots', 'roots', 'shifts'] as const) {
      curve.bytes.copyWithin(tables[name], own[name], own[name] + bytes);
    }
    curve.release(mark);
    Atomics.store(pages, TABLES_READY, 1);
  }
  return tables;
}

function tooLarge(): ZkinferError {
  return new ZkinferError({
    code: 'KEY_TOO_LARGE',
    kind: 'resource',
    message: 'The proving key and its workers do not fit into one memory of 4 GiB.',
    hint: 'Use fewer workers, or the backend snarkjs or rapidsnark.',
  });
}
