#!/usr/bin/env node
import { runCli } from './run.js';
import { cleanUpOnSignals } from './signals.js';

cleanUpOnSignals();
// A reader that has seen enough (`| head`) closes the pipe: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 4));
process.exitCode = await runCli(process.argv.slice(2));
// Libraries with threads of their own should have ended them; if one did not, the process still ends.
setTimeout(() => process.exit(), 2000).unref();
