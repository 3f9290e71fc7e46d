import { ZkinferError } from '../core/error.js';
import { R, toField } from '../core/field.js';
import type { WireSink, WireSource } from './component.js';
import type { Wire } from './constraints.js';
import type { CircuitProgram } from './program.js';

/** Bytes of a field element in a witness, least significant first, as snarkjs' wtns files hold them. */
export const WITNESS_ELEMENT_BYTES = 32;

/** The value of every wire. */
export interface Witness {
  readonly wireCount: number;
  /** `wireCount` field elements of 32 bytes, little-endian: the body of a wtns file. */
  readonly bytes: Uint8Array;
}

/** Value of one wire. */
export function readWire(witness: Witness, wire: Wire): bigint {
  let value = 0n;
  const at = wire * WITNESS_ELEMENT_BYTES;
  for (let i = WITNESS_ELEMENT_BYTES - 1; i >= 0; i--) value = (value << 8n) | BigInt(witness.bytes[at + i]);
  return value;
}

/** What private weights are committed with: the packs in the circuit's order, and the blinding. */
export interface WeightsOpening {
  readonly packs: readonly bigint[];
  readonly blinding: bigint;
}

/** A field element as the number of least size that it stands for; inexact where that is large. */
function toSigned(element: bigint): number {
  const value = toField(element);
  return Number(value > R >> 1n ? value - R : value);
}

/** Small values in doubles, field elements beside them. */
class WireValues implements WireSource, WireSink {
  readonly small: Float64Array;
  readonly wide = new Map<Wire, bigint>();
  inputs: Int32Array = new Int32Array(0);
  outputs = 0;
  outputsAt = 0;
  hintsAt = 0;

  constructor(wireCount: number) {
    this.small = new Float64Array(wireCount);
  }

  get(input: number): number {
    return this.small[this.inputs[input]];
  }

  getWide(input: number): bigint {
    const wire = this.inputs[input];
    return this.wide.get(wire) ?? toField(this.small[wire]);
  }

  set(own: number, value: number): void {
    this.small[own < this.outputs ? this.outputsAt + own : this.hintsAt + own - this.outputs] = value;
  }

  setWide(own: number, value: bigint): void {
    this.wide.set(own < this.outputs ? this.outputsAt + own : this.hintsAt + own - this.outputs, value);
  }
}

/**
 * Computes every wire of a program, straight from the integers: no circom involved.
 * @param inputs quantized elements of each model input by name, row-major
 * @param publicInput the context of a packed statement, the challenge of a bound one
 * @param salt of the commitment to the input, where the statement has one
 * @param weights where they are private
 * @throws ZkinferError INPUT_RANGE for a missing input, a wrong count or a value that is no integer
 */
export function computeWitness(
  program: CircuitProgram,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  publicInput: bigint,
  salt?: bigint,
  weights?: WeightsOpening,
): Witness {
  const values = new WireValues(program.wireCount);
  values.small[0] = 1;
  for (const port of program.inputs) {
    const data = inputs[port.modelInput];
    if (data?.length !== port.count)
      throw badInput(port.modelInput, `${data?.length ?? 'no'} elements given, ${port.count} expected`);
    for (let i = 0; i < port.count; i++) {
      if (!Number.isSafeInteger(data[i])) throw badInput(port.modelInput, `element ${i} is ${data[i]}`);
      values.small[port.firstWire + i] = data[i];
    }
  }
  for (const port of program.publicInputs) {
    const opened: Readonly<Record<string, readonly bigint[] | undefined>> = {
      weights: weights?.packs,
      blinding: weights && [weights.blinding],
    };
    const given = port.name in opened ? opened[port.name] : [publicInput];
    if (given?.length !== (port.count ?? 1)) throw badInput(port.name, `${given?.length ?? 'no'} elements given`);
    given.forEach((element, i) => {
      values.wide.set(port.firstWire + i, toField(element));
      // A pack of one kernel's bias alone may be read as the number that it is.
      const signed = toSigned(element);
      if (Number.isSafeInteger(signed)) values.small[port.firstWire + i] = signed;
    });
  }
  for (const port of program.privateInputs) {
    if (port.name !== 'salt') continue;
    if (salt === undefined) throw badInput('salt', 'a committed input needs one');
    values.wide.set(port.firstWire, toField(salt));
  }
  for (const layer of program.layers) {
    for (const block of layer.blocks) {
      values.inputs = block.inputs;
      values.outputs = block.component.outputs;
      values.outputsAt = block.outputsAt;
      values.hintsAt = block.hintsAt;
      block.component.compute(values, values);
    }
  }
  return { wireCount: program.wireCount, bytes: encodeValues(values) };
}

function badInput(name: string, fact: string): ZkinferError {
  return new ZkinferError({
    code: 'INPUT_RANGE',
    kind: 'usage',
    message: `input ${JSON.stringify(name)} does not fit the circuit`,
    facts: [fact],
    hint: 'give the quantized integers of every model input, row-major',
  });
}

function encodeValues(values: WireValues): Uint8Array {
  const { small, wide } = values;
  const bytes = new Uint8Array(small.length * WITNESS_ELEMENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let wire = 0; wire < small.length; wire++) {
    const value = small[wire];
    const at = wire * WITNESS_ELEMENT_BYTES;
    if (value >= 0) {
      if (value === 0) continue;
      view.setUint32(at, value % 2 ** 32, true);
      view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    } else writeWide(view, at, R + BigInt(value));
  }
  for (const [wire, value] of wide) writeWide(view, wire * WITNESS_ELEMENT_BYTES, value);
  return bytes;
}

function writeWide(view: DataView, at: number, value: bigint): void {
  for (let limb = 0; limb < 4; limb++) {
    view.setBigUint64(at + 8 * limb, value & 0xffff_ffff_ffff_ffffn, true);
    value >>= 64n;
  }
}
