/** The few Ethereum words that options are made of, read without loading a library for every command. */

/** An address as it was written, or undefined. Whether a mixed-case checksum is right is checked where it is used. */
export function getAddress(text: string): string | undefined {
  return /^0x[0-9a-fA-F]{40}$/.test(text) ? text : undefined;
}

export function isHexString(text: string, bytes: number): boolean {
  return new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`).test(text);
}

/** `0.05` in wei; undefined where it is no amount, or finer than a wei. */
export function parseEther(text: string): bigint | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(text);
  return match ? BigInt(match[1]) * 10n ** 18n + BigInt((match[2] ?? '').padEnd(18, '0')) : undefined;
}
