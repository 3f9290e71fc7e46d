import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';

/** Computes witnesses in the workers. It lies in shared memory, and each worker opens it once. */
export interface WitnessProgram {
  /** SHA-256 of module and content, hexadecimal. */
  readonly id: string;
  /** Address of the module that opens the content: it exports `openProgram`, an `OpenProgram`. */
  readonly module: string;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** What a program makes of an input. */
export interface MadeWitness {
  /** A witness file. */
  readonly wtns: Uint8Array;
  /** Whatever else the caller wants to know of the run; it is copied back to the caller. */
  readonly report?: unknown;
}

export type MakeWitness = (input: unknown) => Promise<MadeWitness>;

/** Makes a program ready, from the content that it was shared with. */
export type OpenProgram = (content: unknown) => MakeWitness | Promise<MakeWitness>;

/** Shares a program with the workers. @param content anything that can be cloned; functions cannot */
export function shareWitnessProgram(module: string, content: unknown): WitnessProgram {
  const plain = serialize(content);
  const bytes = new Uint8Array(new SharedArrayBuffer(plain.length));
  bytes.set(plain);
  return { id: createHash('sha256').update(module).update('\n').update(plain).digest('hex'), module, bytes };
}

/** Opens a program in the thread that is to run it. */
export async function openWitnessProgram({ module, bytes }: WitnessProgram): Promise<MakeWitness> {
  const { openProgram } = (await import(module)) as { readonly openProgram: OpenProgram };
  // Reading wants memory of its own.
  return openProgram(deserialize(bytes.slice()));
}
