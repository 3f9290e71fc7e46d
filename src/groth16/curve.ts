import { ModuleBuilder } from 'wasmbuilder';
import { buildBn128 } from 'wasmcurves';
import { Q, R } from '../core/field.js';
import { addFftKernels } from './fft-kernels.js';
import { improveField } from './field-kernels.js';
import { addMsmKernels } from './msm-kernels.js';

/** Bytes of a field element. */
export const FIELD_BYTES = 32;
/** Bytes of an affine point of G1 and of G2; Jacobian ones take half as much again. */
export const G1_BYTES = 64;
export const G2_BYTES = 128;
/** Bytes of an element of the target group. */
export const GT_BYTES = 384;

const PAGE_BYTES = 65536;
/** Kernels allocate scratch behind the free pointer without asking for memory, so that much is always there. */
const SCRATCH_BYTES = 32 << 20;

/** The compiled curve; it can be posted to a worker, which then starts in a few milliseconds. */
export interface CompiledCurve {
  readonly module: WebAssembly.Module;
  readonly addresses: {
    readonly g1Generator: number;
    readonly g2Generator: number;
    readonly preparedG1Bytes: number;
    readonly preparedG2Bytes: number;
  };
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
  const builder = new ModuleBuilder();
  builder.setMemory(25);
  buildBn128(builder);
  improveField(builder, 'f1m', Q);
  improveField(builder, 'frm', R);
  addFftKernels(builder);
  addMsmKernels(builder);
  const { pG1gen, pG2gen, prePSize, preQSize } = builder.modules.bn128;
  return {
    module: await WebAssembly.compile(builder.build()),
    addresses: { g1Generator: pG1gen, g2Generator: pG2gen, preparedG1Bytes: prePSize, preparedG2Bytes: preQSize },
  };
}

type Kernel = (...operands: number[]) => number;

/**
 * One single-threaded instance of the curve with a memory of its own. It holds no handle of the system, so a process
 * that used it ends by itself. Addresses are byte offsets; field elements are 32 bytes, little-endian, Montgomery form.
 */
export class Curve {
  /** The exported kernels, by name (`g1m_addMixed`, `frm_mul`, …). */
  readonly call: Readonly<Record<string, Kernel>>;
  readonly addresses: CompiledCurve['addresses'];
  /** The whole memory; replaced whenever the memory grows, so never keep it across an `alloc`. */
  bytes: Uint8Array<ArrayBuffer>;
  words: Uint32Array<ArrayBuffer>;

  private constructor(
    private readonly memory: WebAssembly.Memory,
    instance: WebAssembly.Instance,
    addresses: CompiledCurve['addresses'],
  ) {
    this.call = instance.exports as Record<string, Kernel>;
    this.addresses = addresses;
    this.bytes = new Uint8Array(memory.buffer as ArrayBuffer);
    this.words = new Uint32Array(memory.buffer as ArrayBuffer);
  }

  /** Makes an instance; hand over a posted `CompiledCurve` to skip the assembly. */
  static async create(source?: CompiledCurve): Promise<Curve> {
    const { module, addresses } = source ?? (await compileCurve());
    const memory = new WebAssembly.Memory({ initial: 25, maximum: 65536 });
    return new Curve(memory, await WebAssembly.instantiate(module, { env: { memory } }), addresses);
  }

  get memoryBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Reserves `size` bytes, 64-byte aligned and not cleared. */
  alloc(size: number, scratchBytes = SCRATCH_BYTES): number {
    const address = (this.words[0] + 63) & ~63;
    const end = (address >>> 0) + size;
    const missing = end + scratchBytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.bytes = new Uint8Array(this.memory.buffer as ArrayBuffer);
      this.words = new Uint32Array(this.memory.buffer as ArrayBuffer);
    }
    this.words[0] = end;
    return address >>> 0;
  }

  /** The state of the allocator, for `release`. */
  mark(): number {
    return this.words[0];
  }

  /** Frees everything allocated since `mark`. */
  release(mark: number): void {
    this.words[0] = mark;
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
