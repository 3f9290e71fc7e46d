import { ZkinferError } from '../core/error.js';

/** Raises a usage error about the file. */
export function failRead(
  code: string,
  message: string,
  detail: { readonly facts?: readonly string[]; readonly hint: string; readonly cause?: unknown },
): never {
  throw new ZkinferError({ code, kind: 'usage', message, ...detail });
}
