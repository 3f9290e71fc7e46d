import type { CommandSpec } from '../command.js';
import { auditCommand } from './audit.js';
import { buildCommand } from './build.js';
import { compileCommand } from './compile.js';
import { exportVerifierCommand } from './export-verifier.js';
import { proveCommand } from './prove.js';
import { quantizeCommand } from './quantize.js';
import { setupCommand } from './setup.js';
import { verifyCommand } from './verify.js';

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  quantizeCommand,
  compileCommand,
  setupCommand,
  buildCommand,
  proveCommand,
  verifyCommand,
  exportVerifierCommand,
  auditCommand,
];
