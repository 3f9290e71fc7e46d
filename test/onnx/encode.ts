import { PbfWriter } from 'pbf';

/** Writes ONNX files for tests, field by field, so that wrong ones can be written too. */
export type Field = (writer: PbfWriter) => void;

export function message(fields: readonly Field[]): Uint8Array {
  const writer = new PbfWriter();
  for (const field of fields) field(writer);
  return writer.finish();
}

export const int =
  (tag: number, value: number): Field =>
  (writer) => {
    writer.writeVarintField(tag, value);
  };

export const text =
  (tag: number, value: string): Field =>
  (writer) => {
    writer.writeStringField(tag, value);
  };

export const bytes =
  (tag: number, value: Uint8Array): Field =>
  (writer) => {
    writer.writeBytesField(tag, value);
  };

export const nested = (tag: number, fields: readonly Field[]): Field => bytes(tag, message(fields));

export const float =
  (tag: number, value: number): Field =>
  (writer) => {
    writer.writeFloatField(tag, value);
  };

export const packedFloats =
  (tag: number, values: number[]): Field =>
  (writer) => {
    writer.writePackedFloat(tag, values);
  };

export const packedDoubles =
  (tag: number, values: number[]): Field =>
  (writer) => {
    writer.writePackedDouble(tag, values);
  };

export const packedInts =
  (tag: number, values: number[]): Field =>
  (writer) => {
    writer.writePackedVarint(tag, values);
  };

/** A TensorProto: name, TensorProto.DataType, dims, and whatever holds the data. */
export function tensor(name: string, elemType: number, dims: number[], ...data: Field[]): Field[] {
  return [...(dims.length > 0 ? [packedInts(1, dims)] : []), int(2, elemType), text(8, name), ...data];
}

export function floatTensor(name: string, dims: number[], values: number[]): Field[] {
  return tensor(name, 1, dims, packedFloats(4, values));
}

export function intTensor(name: string, dims: number[], values: number[]): Field[] {
  return tensor(name, 7, dims, packedInts(7, values));
}

export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly ref: string };

function attribute(name: string, value: AttributeValue): Field[] {
  if (typeof value === 'number') return [text(1, name), int(3, value), int(20, 2)];
  if (typeof value === 'string') return [text(1, name), text(4, value), int(20, 3)];
  if (Array.isArray(value)) return [text(1, name), ...value.map((item: number) => int(8, item)), int(20, 7)];
  if ('ref' in value) return [text(1, name), text(21, value.ref), int(20, 1)];
  return [text(1, name), float(2, (value as { float: number }).float), int(20, 1)];
}

export interface NodeSpec {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export function node(spec: NodeSpec): Field[] {
  return [
    ...spec.in.map((name) => text(1, name)),
    ...spec.out.map((name) => text(2, name)),
    text(3, spec.name ?? ''),
    text(4, spec.op),
    ...Object.entries(spec.attributes ?? {}).map(([name, value]) => nested(5, attribute(name, value))),
    text(7, spec.domain ?? ''),
  ];
}

/** A ValueInfoProto; a dimension is a number or a symbol, null is unknown. */
export function valueInfo(name: string, dims: readonly (number | string | null)[], elemType = 1): Field[] {
  const shape = dims.map((dim) =>
    nested(1, dim === null ? [] : [typeof dim === 'number' ? int(1, dim) : text(2, dim)]),
  );
  return [text(1, name), nested(2, [nested(1, [int(1, elemType), nested(2, shape)])])];
}

export interface ModelSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly Field[][];
  readonly outputs: readonly string[];
  readonly initializers?: readonly Field[][];
  readonly functions?: readonly Field[][];
  readonly opset?: number;
  readonly extraGraphFields?: readonly Field[];
  /** Leaves the outputs' shapes undeclared, as runtimes want it where they differ from a scalar. */
  readonly anyOutputShape?: boolean;
  readonly extraOpsets?: readonly (readonly [domain: string, version: number])[];
}

/** A whole model file. */
export function encodeModel(spec: ModelSpec): Uint8Array {
  return message([
    int(1, 8),
    text(2, 'test'),
    nested(7, [
      ...spec.nodes.map((item) => nested(1, node(item))),
      text(2, 'g'),
      ...(spec.initializers ?? []).map((item) => nested(5, item)),
      ...spec.inputs.map((item) => nested(11, item)),
      ...spec.outputs.map((name) => nested(12, spec.anyOutputShape ? [text(1, name)] : valueInfo(name, []))),
      ...(spec.extraGraphFields ?? []),
    ]),
    ...(spec.functions ?? []).map((item) => nested(25, item)),
    nested(8, [text(1, ''), int(2, spec.opset ?? 17)]),
    ...(spec.extraOpsets ?? []).map(([domain, version]) => nested(8, [text(1, domain), int(2, version)])),
  ]);
}
