import { PbfReader } from 'pbf';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface Field {
  readonly wireType: number;
  /** Where the value stands, the length prefix left out. */
  readonly start: number;
  readonly end: number;
}

/**
 * One protobuf message, its fields found and bounds-checked, read by field number. Every length is checked against the
 * bytes that are there before anything is read or allocated.
 * @throws Error with a short reason where the bytes are not a message
 */
export class Message {
  private readonly fields = new Map<number, Field[]>();

  constructor(private readonly bytes: Uint8Array) {
    const reader = new PbfReader(bytes);
    while (reader.pos < bytes.length) {
      const tag = reader.readVarint();
      const number = Math.floor(tag / 8);
      if (number === 0) throw new Error(`field number 0 at byte ${reader.pos - 1}`);
      const field = locate(reader, tag % 8);
      if (field.end > bytes.length) throw new Error(`field ${number} ends after the last byte (the file is cut)`);
      reader.pos = field.end;
      const list = this.fields.get(number);
      if (list === undefined) this.fields.set(number, [field]);
      else list.push(field);
    }
  }

  has(number: number): boolean {
    return this.fields.has(number);
  }

  /** A signed integer; the last one wins, as protobuf says. Beyond 2^53 the nearest double. */
  int(number: number, fallback: number): number {
    const field = this.last(number);
    if (field === undefined) return fallback;
    this.expect(number, field, VARINT);
    return this.at(field).readVarint(true);
  }

  float(number: number): number {
    const field = this.last(number);
    if (field === undefined) return 0;
    this.expect(number, field, FIXED32);
    return this.at(field).readFloat();
  }

  text(number: number): string {
    const field = this.last(number);
    return field === undefined ? '' : this.decode(number, field);
  }

  texts(number: number): string[] {
    return this.all(number).map((field) => this.decode(number, field));
  }

  data(number: number): Uint8Array {
    const field = this.last(number);
    if (field === undefined) return new Uint8Array();
    this.expect(number, field, BYTES);
    return this.bytes.subarray(field.start, field.end);
  }

  message(number: number): Message | undefined {
    const field = this.last(number);
    return field === undefined ? undefined : this.open(number, field);
  }

  messages(number: number): Message[] {
    return this.all(number).map((field) => this.open(number, field));
  }

  /** Repeated integers, packed or not. @param signed false for uint64 */
  ints(number: number, signed = true): number[] {
    return this.repeated(number, VARINT, (reader) => reader.readVarint(signed));
  }

  floats(number: number): number[] {
    return this.repeated(number, FIXED32, (reader) => reader.readFloat());
  }

  doubles(number: number): number[] {
    return this.repeated(number, FIXED64, (reader) => reader.readDouble());
  }

  private repeated(number: number, wireType: number, read: (reader: PbfReader) => number): number[] {
    const values: number[] = [];
    for (const field of this.all(number)) {
      if (field.wireType !== BYTES) this.expect(number, field, wireType);
      const reader = this.at(field);
      while (reader.pos < field.end) values.push(read(reader));
      if (reader.pos !== field.end) throw new Error(`field ${number} is cut inside a number`);
    }
    return values;
  }

  private all(number: number): readonly Field[] {
    return this.fields.get(number) ?? [];
  }

  private last(number: number): Field | undefined {
    return this.fields.get(number)?.at(-1);
  }

  private at(field: Field): PbfReader {
    const reader = new PbfReader(this.bytes);
    reader.pos = field.start;
    return reader;
  }

  private open(number: number, field: Field): Message {
    this.expect(number, field, BYTES);
    return new Message(this.bytes.subarray(field.start, field.end));
  }

  private decode(number: number, field: Field): string {
    this.expect(number, field, BYTES);
    return new TextDecoder('utf-8').decode(this.bytes.subarray(field.start, field.end));
  }

  private expect(number: number, field: Field, wireType: number): void {
    if (field.wireType !== wireType) throw new Error(`field ${number} has wire type ${field.wireType}`);
  }
}

/** Finds where the value at the reader's position ends. */
function locate(reader: PbfReader, wireType: number): Field {
  const start = reader.pos;
  switch (wireType) {
    case VARINT:
      reader.readVarint();
      return { wireType, start, end: reader.pos };
    case FIXED64:
      return { wireType, start, end: start + 8 };
    case FIXED32:
      return { wireType, start, end: start + 4 };
    case BYTES: {
      const length = reader.readVarint();
      return { wireType, start: reader.pos, end: reader.pos + length };
    }
    default:
      throw new Error(`wire type ${wireType} at byte ${start}`);
  }
}
