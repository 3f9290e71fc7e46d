import { ZkinferError } from '../core/error.js';
import { R } from '../core/field.js';
import { FIELD_BYTES } from './curve.js';
import { refuseArtifact } from './section-file.js';
import { writeWtnsBytes } from './wtns-file.js';

/** The functions that circom 2 exports from a witness calculator. */
interface Calculator {
  init(sanityCheck: number): void;
  getVersion(): number;
  getFieldNumLen32(): number;
  getRawPrime(): void;
  getWitnessSize(): number;
  getInputSize(): number;
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, position: number): void;
  getWitness(wire: number): void;
  readSharedRWMemory(word: number): number;
  writeSharedRWMemory(word: number, value: number): void;
  getMessageChar(): number;
}

const WORDS = FIELD_BYTES / 4;
const PROBLEMS = [
  '',
  'a signal is not found',
  'there are too many signals',
  'a signal is set twice',
  'an assertion of the circuit does not hold',
  'there is not enough memory',
  'an input array has more values than the circuit takes',
];

/** Compiles a witness calculator, once for many witnesses. @throws ZkinferError `ARTIFACT_DAMAGED` */
export async function compileWitnessWasm(wasm: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    throw refuseArtifact('wasm', 'it does not compile', [String(cause).slice(0, 200)]);
  }
}

/**
 * Runs circom's witness calculator in memory.
 * @param inputs every input signal by name, its elements flat in row-major order, each in `[0, R)`
 * @returns a witness file
 * @throws ZkinferError `WITNESS_INPUT` (a name or length that the circuit does not have), `WITNESS_FAILED`
 */
export async function computeWasmWitness(
  module: WebAssembly.Module,
  inputs: Readonly<Record<string, readonly bigint[]>>,
): Promise<Uint8Array<ArrayBuffer>> {
  let problem = '';
  const messages: string[] = [];
  let calculator: Calculator | undefined;
  const readMessage = (): string => {
    let text = '';
    for (let code = calculator?.getMessageChar() ?? 0; code !== 0; code = calculator?.getMessageChar() ?? 0) {
      text += String.fromCharCode(code);
    }
    return text;
  };
  const runtime = {
    exceptionHandler: (code: number) => {
      problem = PROBLEMS[code] ?? `code ${code}`;
      throw new Error(problem);
    },
    printErrorMessage: () => messages.push(readMessage()),
    writeBufferMessage: () => void readMessage(),
    showSharedRWMemory: () => {},
  };
  const instance = await WebAssembly.instantiate(module, { runtime });
  calculator = instance.exports as unknown as Calculator;
  if (calculator.getVersion() !== 2 || calculator.getFieldNumLen32() !== WORDS) {
    throw refuseArtifact('wasm', 'it is not a witness calculator of circom 2 over BN254');
  }
  calculator.getRawPrime();
  if (readShared(calculator) !== R) throw refuseArtifact('wasm', 'its field is not the scalar field of BN254');
  try {
    calculator.init(1);
    setInputs(calculator, inputs);
  } catch (cause) {
    if (cause instanceof ZkinferError) throw cause;
    throw new ZkinferError({
      code: 'WITNESS_FAILED',
      kind: 'usage',
      message: `The circuit has no witness for this input: ${problem || 'the calculator failed'}.`,
      facts: messages.filter((message) => message !== '').slice(0, 20),
      cause,
    });
  }
  return readWitness(calculator);
}

function setInputs(calculator: Calculator, inputs: Readonly<Record<string, readonly bigint[]>>): void {
  const total = Object.values(inputs).reduce((sum, values) => sum + values.length, 0);
  if (total !== calculator.getInputSize()) {
    throw refuseInput(`${total} input values given, the circuit takes ${calculator.getInputSize()}`);
  }
  const hashed = Object.entries(inputs).map(([name, values]) => {
    const hash = hashName(name);
    const [high, low] = [Number(hash >> 32n) | 0, Number(hash & 0xffffffffn) | 0];
    const size = calculator.getInputSignalSize(high, low);
    if (size <= 0) throw refuseInput(`the circuit has no input ${JSON.stringify(name)}`);
    if (size !== values.length) {
      throw refuseInput(`input ${JSON.stringify(name)} has ${values.length} values, the circuit takes ${size}`);
    }
    return { high, low, values };
  });
  for (const { high, low, values } of hashed) {
    values.forEach((value, position) => {
      if (value < 0n || value >= R) throw refuseInput('a value is not in [0, R)');
      for (let word = 0; word < WORDS; word++) {
        calculator.writeSharedRWMemory(word, Number((value >> BigInt(32 * word)) & 0xffffffffn) | 0);
      }
      calculator.setInputSignal(high, low, position);
    });
  }
}

function readWitness(calculator: Calculator): Uint8Array<ArrayBuffer> {
  const count = calculator.getWitnessSize();
  const words = new Uint32Array(count * WORDS);
  for (let wire = 0; wire < count; wire++) {
    calculator.getWitness(wire);
    for (let word = 0; word < WORDS; word++) words[wire * WORDS + word] = calculator.readSharedRWMemory(word);
  }
  return writeWtnsBytes(new Uint8Array(words.buffer));
}

function readShared(calculator: Calculator): bigint {
  let value = 0n;
  for (let word = WORDS - 1; word >= 0; word--) {
    value = (value << 32n) | BigInt(calculator.readSharedRWMemory(word) >>> 0);
  }
  return value;
}

/** FNV-1a, 64 bits: how circom's calculators name their inputs. */
function hashName(name: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name))
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

function refuseInput(problem: string): ZkinferError {
  return new ZkinferError({
    code: 'WITNESS_INPUT',
    kind: 'usage',
    message: `The input does not fit the circuit: ${problem}.`,
  });
}
