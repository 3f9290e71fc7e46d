import type { CommandSpec } from '../command.js';
import { verifyCommand } from './verify.js';

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [verifyCommand];
