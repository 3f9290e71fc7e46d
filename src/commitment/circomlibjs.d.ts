declare module 'circomlibjs' {
  /** The part of circomlibjs that is used here; it ships without types. */
  export function buildPoseidon(): Promise<{
    (inputs: readonly bigint[]): Uint8Array;
    readonly F: { toObject(element: Uint8Array): bigint };
  }>;
}
