import type { Command } from 'commander';
import type { Reporter } from './reporter.js';

/** What a command has to say when it is done: lines for people, one object for programs. */
export interface CommandResult {
  readonly text: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  /** 0 where left out; 1 where the command worked and the answer is no. */
  readonly exitCode?: number;
}

/** One command of the command line. It parses words and prints; everything it does, a library function does. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** Complete command lines, for the help. */
  readonly examples: readonly string[];
  /** Declares arguments and options. */
  readonly configure: (command: Command) => void;
  /** @param args positional arguments, in order. @param options by camel-case name */
  readonly run: (
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
    reporter: Reporter,
  ) => Promise<CommandResult>;
}
