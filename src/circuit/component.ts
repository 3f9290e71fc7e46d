import type { EmitConstraint } from './lc.js';

/** A template argument as circom writes it: an integer or nested arrays of integers. */
export type CircomArgument = number | bigint | readonly CircomArgument[];

/** Where a component leaves the values of its own wires while a witness is computed. */
export interface WireSink {
  /** A value that a double holds exactly. */
  set(own: number, value: number): void;
  /** Any field element. */
  setWide(own: number, value: bigint): void;
}

/** Reads the input wires of a component while a witness is computed. */
export interface WireSource {
  get(input: number): number;
  getWide(input: number): bigint;
}

/**
 * One instance of a template of `circuits/`, with all its parameters: what every block of that shape shares. Local wires are
 * numbered 0 = one, 1 … inputs, then the own ones, outputs first. The three faces below are twins of the circom text, held
 * equal by translation validation.
 */
export interface Component {
  /** Template name and file under `circuits/`. */
  readonly template: string;
  readonly file: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly ownWires: number;
  readonly constraints: number;
  /** Names of the own wires inside the component, outputs `y[i]` first, as circom's symbol file writes them; inputs are `x[i]`. */
  readonly ownNames: () => readonly string[];
  readonly parameters: () => readonly CircomArgument[];
  readonly constrain: (emit: EmitConstraint) => void;
  readonly compute: (x: WireSource, own: WireSink) => void;
}

/** `0 … count - 1` as `name[i]`. */
export function indexedNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}[${i}]`);
}
