import { ZkinferError } from '../core/error.js';

/** Wrong usage that commander's own checks let through (exit code 2). */
export function usage(message: string, hint = 'add --help for examples'): ZkinferError {
  return new ZkinferError({ code: 'USAGE', kind: 'usage', message, hint });
}

/** A command with actions was given none that it knows. */
export function unknownAction(action: unknown, actions: readonly string[]): ZkinferError {
  return usage(`there is no action ${JSON.stringify(action)}`, `one of ${actions.join(', ')}`);
}
