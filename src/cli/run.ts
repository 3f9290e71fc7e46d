import { Command, CommanderError } from 'commander';
import { EXIT } from '../core/error.js';
import type { CommandSpec } from './command.js';
import { commands } from './commands/registry.js';
import { Reporter, type ReporterOptions, type Streams } from './reporter.js';
import { readVersion } from './version.js';

const EXIT_CODES = `
Exit codes: 0 done · 1 the proof or check said no · 2 bad usage or input · 3 artifact damaged or mismatched ·
4 resource or timeout · 5 refused by policy · 70 internal · 130, 143 ended by a signal`;

function addCommand(program: Command, spec: CommandSpec, streams: Streams, finish: (exitCode: number) => void): void {
  const command = program.command(spec.name).summary(spec.summary).description(spec.summary);
  spec.configure(command);
  command
    .option('--json', 'print one JSON object on stdout instead of text')
    .option('--quiet', 'print no progress')
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}\n${EXIT_CODES}`)
    .action(async (...given: unknown[]) => {
      const options = command.opts<ReporterOptions & Record<string, unknown>>();
      const reporter = new Reporter(streams, options);
      try {
        const result = await spec.run(given.slice(0, -2), options, reporter);
        reporter.finish(result);
        finish(result.exitCode ?? EXIT.ok);
      } catch (error) {
        finish(reporter.fail(error));
      }
    });
}

/**
 * Runs one command line.
 * @param argv the words after the program's name
 * @returns the exit code
 */
export async function runCli(argv: readonly string[], streams: Streams = process): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = new Command('zkinfer')
    .description('Proves that a public machine-learning model gave this output for this input.')
    .version(readVersion(), '-V, --version')
    .showHelpAfterError('(add --help for the options and examples)')
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  for (const spec of commands) {
    addCommand(program, spec, streams, (code) => {
      exitCode = code;
    });
  }
  // Options that hold for the whole program are inherited only by commands made after they are set.
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError('(add --help for the options and examples)');
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return new Reporter(streams).fail(error);
    const asked = ['commander.helpDisplayed', 'commander.version'].includes(error.code);
    if (!asked && argv.includes('--json')) {
      const facts = { code: 'USAGE', message: error.message, exitCode: EXIT.usage };
      streams.stdout.write(`${JSON.stringify({ error: facts })}\n`);
    }
    return asked ? EXIT.ok : EXIT.usage;
  }
  return exitCode;
}
