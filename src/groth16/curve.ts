import { buildBn128 } from 'wasmcurves';
import { Q, R } from '../core/field.js';
import { addFftKernels } from './fft-kernels.js';
import { improveField } from './field-kernels.js';
import { addMsmKernels } from './msm-kernels.js';
import { buildRelocatable, type RelocatableModule } from './relocate.js';

/** Bytes of a field element. */
export const FIELD_BYTES = 32;
/** Bytes of an affine point of G1 and of G2; Jacobian ones take half as much again. */
export const G1_BYTES = 64;
export const G2_BYTES = 128;
/** Bytes of an element of the target group. */
export const GT_BYTES = 384;

/** Bytes of a page of WebAssembly memory, and the most pages that one can have. */
export const PAGE_BYTES = 65536;
export const MAX_PAGES = 65536;
const FIRST_PAGES = 25;
/** Kernels allocate scratch behind the free pointer without asking for memory, so that much is always there. */
const SCRATCH_BYTES = 32 << 20;
/** Where an instance with a memory of its own keeps its fixed data. */
const OWN_BASE = 64;

/** The compiled curve; it can be posted to a worker, which then starts in a few milliseconds. */
export interface CompiledCurve {
  readonly module: WebAssembly.Module;
  /** Whether its memories can be shared by threads: everywhere but in pages that are not isolated. */
  readonly shared: boolean;
  /** What an instance keeps at its base. */
  readonly fixed: Pick<RelocatableModule, 'size' | 'data'>;
  /** Behind the base. */
  readonly places: { readonly g1Generator: number; readonly g2Generator: number };
  readonly preparedG1Bytes: number;
  readonly preparedG2Bytes: number;
}

let compiled: Promise<CompiledCurve> | undefined;

/** Assembles and compiles BN254 (fields, both groups, pairing, FFT), once per process; about 200 ms. */
export function compileCurve(): Promise<CompiledCurve> {
  compiled ??= compile();
  return compiled;
}

/** Takes the compiled curve of another thread, machine code and all, so that this one need not make its own. */
export function adoptCurve(curve: CompiledCurve): void {
  compiled ??= Promise.resolve(curve);
}

async function compile(): Promise<CompiledCurve> {
  const shared = typeof SharedArrayBuffer !== 'undefined';
  let names: Record<string, number> = {};
  const { bytes, size, data, locate } = buildRelocatable(
    (builder) => {
      buildBn128(builder);
      improveField(builder, 'f1m', Q);
      improveField(builder, 'frm', R);
      addFftKernels(builder);
      addMsmKernels(builder);
      names = builder.modules.bn128;
    },
    { initial: FIRST_PAGES, maximum: MAX_PAGES, shared },
  );
  return {
    module: await WebAssembly.compile(bytes),
    shared,
    fixed: { size, data },
    places: { g1Generator: locate(names.pG1gen), g2Generator: locate(names.pG2gen) },
    preparedG1Bytes: names.prePSize,
    preparedG2Bytes: names.preQSize,
  };
}

/** A memory that instances of the compiled curve can work in. */
export function createCurveMemory(shared: boolean, pages = FIRST_PAGES): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.max(pages, FIRST_PAGES), maximum: MAX_PAGES, shared });
}

type Kernel = (...operands: number[]) => number;

/** A part of a memory, from a byte to the one behind its end. */
export interface Region {
  readonly memory: WebAssembly.Memory;
  readonly start: number;
  readonly end: number;
}

/**
 * One single-threaded instance of the curve. It holds no handle of the system, so a process that used it ends by itself.
 * Addresses are byte offsets; field elements are 32 bytes, little-endian, Montgomery form.
 */
export class Curve {
  /** The exported kernels, by name (`g1m_addMixed`, `frm_mul`, …). */
  readonly call: Readonly<Record<string, Kernel>>;
  readonly addresses: {
    readonly g1Generator: number;
    readonly g2Generator: number;
    readonly preparedG1Bytes: number;
    readonly preparedG2Bytes: number;
  };
  /** The whole memory; replaced whenever the memory grows, so never keep it across an `alloc`. */
  bytes: Uint8Array;
  words: Uint32Array;

  private constructor(
    private readonly memory: WebAssembly.Memory,
    instance: WebAssembly.Instance,
    { places, preparedG1Bytes, preparedG2Bytes }: CompiledCurve,
    private readonly base: number,
    /** Where the memory ends for this instance; the end of the memory itself where it has that for itself. */
    private readonly end: number | undefined,
  ) {
    this.call = instance.exports as Record<string, Kernel>;
    this.addresses = {
      g1Generator: base + places.g1Generator,
      g2Generator: base + places.g2Generator,
      preparedG1Bytes,
      preparedG2Bytes,
    };
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
  }

  /** Makes an instance with a memory of its own; hand over a posted `CompiledCurve` to skip the assembly. */
  static async create(source?: CompiledCurve): Promise<Curve> {
    const compiled = source ?? (await compileCurve());
    return Curve.instantiate(compiled, createCurveMemory(compiled.shared), OWN_BASE, undefined);
  }

  /** Makes an instance that keeps its data in a region of a memory that it shares with others. */
  static async createIn({ memory, start, end }: Region): Promise<Curve> {
    const compiled = await compileCurve();
    // Whoever had the region before left its scratch there.
    new Uint8Array(memory.buffer, start, compiled.fixed.size).fill(0);
    return Curve.instantiate(compiled, memory, start, end);
  }

  private static async instantiate(
    compiled: CompiledCurve,
    memory: WebAssembly.Memory,
    base: number,
    end: number | undefined,
  ): Promise<Curve> {
    const { module, fixed } = compiled;
    const instance = await WebAssembly.instantiate(module, { env: { memory, base } });
    const curve = new Curve(memory, instance, compiled, base, end);
    for (const { at, bytes } of fixed.data) curve.bytes.set(bytes, base + at);
    curve.release(base + fixed.size);
    return curve;
  }

  get memoryBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Looks at the memory anew, where another thread may have let it grow. */
  refresh(): void {
    if (this.memory.buffer.byteLength === this.bytes.length) return;
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
  }

  /** Reserves `size` bytes, 64-byte aligned and not cleared. */
  alloc(size: number, scratchBytes = SCRATCH_BYTES): number {
    const address = (this.mark() + 63) & ~63;
    const end = (address >>> 0) + size;
    if (this.end === undefined) {
      const missing = end + scratchBytes - this.memory.buffer.byteLength;
      if (missing > 0) {
        this.memory.grow(Math.ceil(missing / PAGE_BYTES));
        this.refresh();
      }
    } else if (end > this.end) throw new Error(`internal: ${end - this.end} bytes too many for the region of a thread`);
    this.release(end);
    return address >>> 0;
  }

  /** The state of the allocator, for `release`. */
  mark(): number {
    return this.words[this.base >> 2];
  }

  /** Frees everything allocated since `mark`. */
  release(mark: number): void {
    this.words[this.base >> 2] = mark;
  }

  /** Reserves room for `data` and copies it in. */
  load(data: Uint8Array): number {
    const address = this.alloc(data.length);
    this.bytes.set(data, address);
    return address;
  }

  /** Writes an integer below 2^256 as it is, not in Montgomery form. */
  writeInteger(address: number, value: bigint): void {
    writeInteger(this.bytes, address, value);
  }

  readInteger(address: number): bigint {
    return readInteger(this.bytes, address);
  }

  /** Puts an element of the scalar field into new memory, in Montgomery form. */
  putScalar(value: bigint): number {
    const address = this.alloc(FIELD_BYTES);
    this.writeInteger(address, value);
    this.call.frm_toMontgomery(address, address);
    return address;
  }

  /** Reads an element of the base field out of Montgomery form. */
  readBase(address: number): bigint {
    const mark = this.mark();
    const plain = this.alloc(FIELD_BYTES);
    this.call.f1m_fromMontgomery(address, plain);
    const value = this.readInteger(plain);
    this.release(mark);
    return value;
  }
}

let shared: Promise<Curve> | undefined;

/** The process's curve for small work; callers release what they allocate, before they give way to other work. */
export function shareCurve(): Promise<Curve> {
  shared ??= Curve.create();
  return shared;
}

/** Writes 32 little-endian bytes. */
export function writeInteger(bytes: Uint8Array, at: number, value: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FIELD_BYTES);
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(word * 8, value & 0xffffffffffffffffn, true);
    value >>= 64n;
  }
}

/** Reads 32 little-endian bytes. */
export function readInteger(bytes: Uint8Array, at: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FIELD_BYTES);
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(word * 8, true);
  return value;
}
