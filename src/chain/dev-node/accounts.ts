import { HDNodeWallet } from 'ethers';

/** The phrase that every local Ethereum tool uses: its keys are public, never send anything of value to them. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk';

export interface DevAccount {
  /** Checksummed address. */
  readonly address: string;
  /** `0x…`, 32 bytes; known to everybody. */
  readonly privateKey: string;
}

/** The first `count` accounts of {@link DEV_MNEMONIC}, the same ones that anvil opens. */
export function listDevAccounts(count: number): DevAccount[] {
  const root = HDNodeWallet.fromPhrase(DEV_MNEMONIC, '', "m/44'/60'/0'/0");
  return Array.from({ length: count }, (_, index) => {
    const { address, privateKey } = root.deriveChild(index);
    return { address, privateKey };
  });
}
