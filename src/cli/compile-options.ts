import { type Command, Option } from 'commander';
import type { CompileRequest } from '../pipeline/compile-bundle.js';
import type { CircuitRequest } from '../pipeline/plan-circuit.js';
import { wholeNumber } from './options.js';

/** What a circuit can be told about its statement. */
export function addStatementOptions(command: Command): Command {
  return command
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
    );
}

/** What a compilation can be told; `compile` and `build` share it. */
export function addCompileOptions(command: Command): Command {
  return addStatementOptions(
    command.addOption(
      new Option('--engine <name>', 'circom compiles the text and checks it against our own constraints')
        .choices(['circom', 'direct'])
        .default('circom'),
    ),
  ).option('--no-audit', 'leave the soundness audit out');
}

/** Private weights, which `compile` and `inspect` know. */
export function addWeightsOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--weights <kind>', 'constants of the circuit, or private: one setup for all models of a shape')
        .choices(['constants', 'private'])
        .default('constants'),
    )
    .option('--room <bits>', 'private weights: bits for models with larger sums', wholeNumber(0, 16), 1);
}

/** The circuit's part of parsed options. */
export function readCircuitOptions(options: Readonly<Record<string, unknown>>): CircuitRequest {
  const { input, output, statement, overflow, weights, room } = options as CircuitRequest;
  return { input, output, statement, overflow, weights, room };
}

/** The same, and how it is compiled. */
export function readCompileOptions(
  options: Readonly<Record<string, unknown>>,
): CircuitRequest & Pick<CompileRequest, 'engine' | 'audit'> {
  const { engine, audit } = options as ReturnType<typeof readCompileOptions>;
  return { ...readCircuitOptions(options), engine, audit };
}
