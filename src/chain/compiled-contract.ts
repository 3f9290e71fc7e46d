/** One entry of a contract's ABI, as solc prints it. */
export interface AbiEntry {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly AbiParameter[];
  readonly outputs?: readonly AbiParameter[];
  readonly stateMutability?: string;
  readonly anonymous?: boolean;
}

export interface AbiParameter {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly indexed?: boolean;
  readonly components?: readonly AbiParameter[];
}

export interface CompiledContract {
  readonly contractName: string;
  readonly abi: readonly AbiEntry[];
  /** Creation code, `0x…`. */
  readonly bytecode: string;
  /** Size of the code as deployed; a chain accepts up to {@link CODE_SIZE_LIMIT}. */
  readonly codeSizeBytes: number;
}

/** The largest contract a chain accepts (EIP-170). */
export const CODE_SIZE_LIMIT = 24_576;
