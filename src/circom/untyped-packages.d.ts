declare module 'circom2' {
  /** Runs the circom compiler's WebAssembly build; the package ships without types. */
  export class CircomRunner {
    constructor(options: {
      args: readonly string[];
      env?: Readonly<Record<string, string | undefined>>;
      preopens?: Readonly<Record<string, string>>;
      bindings: object;
    });
    execute(wasm: Uint8Array): Promise<unknown>;
  }
  export const bindings: object;
}
