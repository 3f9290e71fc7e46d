/** A content hash: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const FORM = /^sha256:[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && FORM.test(value);
}
