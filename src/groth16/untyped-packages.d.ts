/** The few entry points that this folder uses of packages which ship no types. */
declare module 'wasmbuilder' {
  /** Instruction bytes. */
  export type Code = number[];

  export interface CodeBuilder {
    [instruction: string]: (...operands: (number | bigint | string | Code | Code[])[]) => Code;
  }

  export interface FunctionBuilder {
    addParam(name: string, type: 'i32' | 'i64'): void;
    addLocal(name: string, type: 'i32' | 'i64'): void;
    setReturnType(type: 'i32' | 'i64'): void;
    getCodeBuilder(): CodeBuilder;
    addCode(...code: (Code | Code[])[]): void;
    /** The state of a function, so that it can be written anew. */
    code: Code;
    params: unknown[];
    locals: unknown[];
    nextLocal: number;
    localIdxByName: Record<string, number>;
  }

  export class ModuleBuilder {
    free: number;
    modules: Record<string, Record<string, number>>;
    functionIdxByName: Record<string, number>;
    functions: FunctionBuilder[];
    datas: { readonly offset: number; readonly bytes: ArrayLike<number> }[];
    _buildImport(): Code;
    _buildData(): Code;
    setMemory(pages: number): void;
    addFunction(name: string): FunctionBuilder;
    exportFunction(name: string): void;
    alloc(sizeOrBytes: number | number[]): number;
    build(): Uint8Array<ArrayBuffer>;
  }
}

declare module 'wasmcurves' {
  import type { ModuleBuilder } from 'wasmbuilder';
  export function buildBn128(module: ModuleBuilder): void;
}

declare module 'snarkjs' {
  interface Logger {
    debug(text: string): void;
    info(text: string): void;
    warn(text: string): void;
    error(text: string): void;
  }
  type FileRef = string | Uint8Array | { type: 'mem'; data?: Uint8Array };

  export const groth16: {
    prove(
      zkey: FileRef,
      wtns: FileRef,
      logger?: Logger,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: unknown; publicSignals: string[] }>;
    verify(vk: unknown, publicSignals: unknown, proof: unknown, logger?: Logger): Promise<boolean>;
  };
  export const zKey: {
    newZKey(r1cs: FileRef, ptau: FileRef, zkey: FileRef, logger?: Logger): Promise<Uint8Array | -1>;
    contribute(
      oldZkey: FileRef,
      newZkey: FileRef,
      name: string,
      entropy: string,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    beacon(
      oldZkey: FileRef,
      newZkey: FileRef,
      name: string,
      beaconHash: string,
      iterationsExp: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    verifyFromR1cs(r1cs: FileRef, ptau: FileRef, zkey: FileRef, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: FileRef, logger?: Logger): Promise<unknown>;
  };
  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, file: FileRef, logger?: Logger): Promise<Uint8Array>;
    contribute(oldFile: FileRef, newFile: FileRef, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    beacon(
      oldFile: FileRef,
      newFile: FileRef,
      name: string,
      beaconHash: string,
      iterationsExp: number,
      logger?: Logger,
    ): Promise<Uint8Array>;
    preparePhase2(oldFile: FileRef, newFile: FileRef, logger?: Logger): Promise<void>;
    verify(file: FileRef, logger?: Logger): Promise<boolean>;
  };
  export const curves: {
    getCurveFromName(name: string, options?: { singleThread?: boolean }): Promise<{ terminate(): Promise<void> }>;
  };
  export const wtns: {
    check(r1cs: FileRef, wtns: FileRef, logger?: Logger): Promise<boolean>;
  };
}

declare module 'ffjavascript' {
  /** The generator of random numbers that snarkjs seeds with beacons. */
  export class ChaCha {
    constructor(seed: readonly number[]);
    nextU64(): bigint;
  }
}
