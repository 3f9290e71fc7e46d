import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex, createAddressFromString, hexToBytes } from '@ethereumjs/util';
import { createVM, type VM } from '@ethereumjs/vm';

/** A bare EVM whose rules a test can bend. */
export interface RawVm {
  readonly vm: VM;
  /** Runs creation code, or calls `to`. @returns what came back, and whether it reverted */
  run(data: string, to?: string): Promise<{ answer: string; reverted: boolean; created?: string }>;
}

/**
 * @param options.without addresses of precompiles that this chain does not have
 * @param options.anySize contracts and creation code of any size
 * @param options.prices gas of the curve precompiles, where they differ from the main network's
 */
export async function createRawVm(options: {
  readonly without?: readonly number[];
  readonly anySize?: boolean;
  readonly prices?: Readonly<Record<string, number>>;
}): Promise<RawVm> {
  const common = createCustomCommon({ chainId: 31337, name: 'bent' }, Mainnet, { hardfork: Hardfork.Osaka });
  const customPrecompiles = (options.without ?? []).map((number) => ({
    address: createAddressFromString(`0x${number.toString(16).padStart(40, '0')}`),
  }));
  const { anySize = false } = options;
  const unlimited = { allowUnlimitedContractSize: anySize, allowUnlimitedInitCodeSize: anySize };
  const vm = await createVM({ common, evmOpts: { customPrecompiles, ...unlimited } });
  if (options.prices) vm.common.updateParams({ 1108: { ...options.prices } });
  return {
    vm,
    run: async (data, to) => {
      const { execResult, createdAddress } = await vm.evm.runCall({
        data: hexToBytes(data as `0x${string}`),
        to: to === undefined ? undefined : createAddressFromString(to),
        gasLimit: 16_000_000n,
      });
      return {
        answer: bytesToHex(execResult.returnValue),
        reverted: execResult.exceptionError !== undefined,
        created: createdAddress?.toString(),
      };
    },
  };
}
