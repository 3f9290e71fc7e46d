#!/usr/bin/env node
import { runCli } from './run.js';
import { cleanUpOnSignals } from './signals.js';

cleanUpOnSignals();
process.exitCode = await runCli(process.argv.slice(2));
// Libraries with threads of their own should have ended them; if one did not, the process still ends.
setTimeout(() => process.exit(), 2000).unref();
