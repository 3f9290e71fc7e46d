import { type Code, type CodeBuilder, ModuleBuilder } from 'wasmbuilder';

/** Where fixed data seem to lie while code is generated: above every number that the code uses otherwise. */
const APPARENT = 0x7000_0000;
const APPARENT_END = APPARENT + (1 << 20);

/** WebAssembly: `global.get 0`, `i32.add`, and `i32.const 0`, the address where kernels look for free memory. */
const GET_BASE = [0x23, 0];
const ADD = 0x6a;
const isZero = (code: Code): boolean => code.length === 2 && code[0] === 0x41 && code[1] === 0;

/** A module whose instances keep their fixed data, constants and scratch, wherever they are told. */
export interface RelocatableModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes that an instance needs at its base; the first word is the address of its free memory. */
  readonly size: number;
  /** Constants, by their place in those bytes; the rest is zero. */
  readonly data: readonly { readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> }[];
  /** The place behind the base of an address that the generator gave out. */
  readonly locate: (address: number) => number;
}

/**
 * Builds a module that imports its memory and, as a global, the address of its fixed data. So instances of one module can
 * work side by side in one memory. The code generators know fixed addresses only: these are told apart from other constants
 * by their size.
 * @param generate puts functions and data into the module
 */
export function buildRelocatable(
  generate: (builder: ModuleBuilder) => void,
  memory: { readonly initial: number; readonly maximum: number; readonly shared: boolean },
): RelocatableModule {
  const builder = new ModuleBuilder();
  builder.free = APPARENT + 8;
  const restore = relocateConstants();
  try {
    generate(builder);
  } finally {
    restore();
  }
  if (builder.free > APPARENT_END) throw new Error('internal: the fixed data of the curve outgrew their place');
  const data = builder.datas.map(({ offset, bytes }) => ({ at: offset - APPARENT, bytes: Uint8Array.from(bytes) }));
  // Memories that threads share cannot be written by each instance anew, so data come apart from the code.
  builder._buildData = () => [];
  builder._buildImport = () => buildImports(memory);
  return {
    bytes: builder.build(),
    size: builder.free - APPARENT,
    data,
    locate: (address) => address - APPARENT,
  };
}

const isFixed = (value: unknown): value is number =>
  typeof value === 'number' && value >= APPARENT && value < APPARENT_END;

/** Makes code builders add the base to fixed addresses, until the returned function is called. */
function relocateConstants(): () => void {
  const prototype = Object.getPrototypeOf(new ModuleBuilder().addFunction('any').getCodeBuilder()) as CodeBuilder;
  const plain = Object.fromEntries(
    Object.getOwnPropertyNames(prototype)
      .filter((name) => name === 'i32_const' || /^i(32|64)_(load|store)/.test(name))
      .map((name) => [name, prototype[name]]),
  );
  for (const [name, emit] of Object.entries(plain)) {
    if (name === 'i32_const') {
      prototype[name] = function (value) {
        return isFixed(value) ? [...GET_BASE, ...emit.call(this, value - APPARENT), ADD] : emit.call(this, value);
      };
      continue;
    }
    // A fixed address may also stand in the instruction itself, with an index or nothing to add to it.
    prototype[name] = function (address, offset, ...rest) {
      const code = address as Code;
      if (isFixed(offset)) return emit.call(this, [...code, ...GET_BASE, ADD], offset - APPARENT, ...rest);
      const operands = offset === undefined ? rest : [offset, ...rest];
      return emit.call(this, isZero(code) ? GET_BASE : code, ...operands);
    };
  }
  return () => Object.assign(prototype, plain);
}

/** The import section: `env.memory` and the global `env.base`, an i32. */
function buildImports(memory: { readonly initial: number; readonly maximum: number; readonly shared: boolean }): Code {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const limits = [memory.shared ? 3 : 1, ...encodeUnsigned(memory.initial), ...encodeUnsigned(memory.maximum)];
  const content = [2, ...name('env'), ...name('memory'), 2, ...limits, ...name('env'), ...name('base'), 3, 0x7f, 0];
  return [2, ...encodeUnsigned(content.length), ...content];
}

function encodeUnsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...encodeUnsigned(value >>> 7)];
}
