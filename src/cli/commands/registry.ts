import type { CommandSpec } from '../command.js';
import { auditCommand } from './audit.js';
import { buildCommand } from './build.js';
import { calldataCommand } from './calldata.js';
import { ceremonyCommand } from './ceremony.js';
import { chainCommand } from './chain.js';
import { checkCommand } from './check.js';
import { compileCommand } from './compile.js';
import { demoCommand } from './demo.js';
import { deployCommand } from './deploy.js';
import { diffCommand } from './diff.js';
import { exportVerifierCommand } from './export-verifier.js';
import { gasCommand } from './gas.js';
import { inspectCommand } from './inspect.js';
import { marketCommand } from './market.js';
import { proveCommand } from './prove.js';
import { ptauCommand } from './ptau.js';
import { quantizeCommand } from './quantize.js';
import { registerCommand } from './register.js';
import { reportCommand } from './report.js';
import { serveCommand } from './serve.js';
import { setupCommand } from './setup.js';
import { submitCommand } from './submit.js';
import { verifyCommand } from './verify.js';
import { weightsCommand } from './weights.js';
import { workerCommand } from './worker.js';

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  demoCommand,
  inspectCommand,
  quantizeCommand,
  compileCommand,
  setupCommand,
  buildCommand,
  proveCommand,
  verifyCommand,
  serveCommand,
  workerCommand,
  exportVerifierCommand,
  checkCommand,
  reportCommand,
  diffCommand,
  auditCommand,
  ptauCommand,
  ceremonyCommand,
  weightsCommand,
  deployCommand,
  registerCommand,
  submitCommand,
  marketCommand,
  calldataCommand,
  gasCommand,
  chainCommand,
];
