declare module 'circomlibjs' {
  /** The part of circomlibjs that the tests compare with; it ships without types. */
  export function buildPoseidon(): Promise<{
    (inputs: readonly bigint[]): Uint8Array;
    readonly F: { toObject(element: Uint8Array): bigint };
  }>;
}
