import { type Command, Option } from 'commander';
import type { CompileRequest } from '../pipeline/compile-bundle.js';

/** What a circuit can be told about its statement; `compile` and `build` share it. */
export function addCompileOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <name>', 'circom compiles the text and checks it against our own constraints')
        .choices(['circom', 'direct'])
        .default('circom'),
    )
    .addOption(
      new Option('--input <visibility>', 'what a verifier learns of the input: all, nothing, or a salted commitment')
        .choices(['public', 'private', 'committed'])
        .default('public'),
    )
    .addOption(
      new Option('--output <kind>', 'prove the outputs as they are, or only the label of the largest')
        .choices(['logits', 'label'])
        .default('logits'),
    )
    .addOption(
      new Option('--statement <form>', 'packed: a public signal for every 31 bytes; bound: three signals for any size')
        .choices(['auto', 'packed', 'bound'])
        .default('packed'),
    )
    .addOption(
      new Option('--overflow <mode>', 'beyond the calibrated range of a layer: clamp, or have no proof (cheaper)')
        .choices(['saturate', 'assert'])
        .default('saturate'),
    )
    .option('--no-audit', 'leave the soundness audit out');
}

/** The circuit's part of parsed options. */
export function readCompileOptions(
  options: Readonly<Record<string, unknown>>,
): Pick<CompileRequest, 'engine' | 'input' | 'output' | 'statement' | 'overflow' | 'audit'> {
  const { engine, input, output, statement, overflow, audit } = options as ReturnType<typeof readCompileOptions>;
  return { engine, input, output, statement, overflow, audit };
}
