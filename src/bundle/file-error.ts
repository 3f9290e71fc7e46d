import { ZkinferError } from '../core/error.js';

const RESOURCE = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EFBIG']);

/** What the system said about a file, as an error with an exit code: 4 for exhaustion, 2 for a place that can't be written. */
export function fileError(cause: unknown, action: string, path: string): ZkinferError {
  if (cause instanceof ZkinferError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const full = RESOURCE.has(code);
  return new ZkinferError({
    code: full ? 'FILE_NO_SPACE' : 'FILE_UNUSABLE',
    kind: full ? 'resource' : 'usage',
    message: full ? `there is no room to ${action} this file` : `cannot ${action} this file`,
    facts: [path, (cause as Error).message],
    hint: full
      ? 'free some space and run the command again; what was there before is intact'
      : 'check that the path exists and that you may write there',
    cause,
  });
}
