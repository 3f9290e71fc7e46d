import type { InputLayout, OutputLayout, Statement } from '../core/statement.js';
import { sizeOf } from '../core/tensor.js';
import {
  type Read,
  readArray,
  readCount,
  readLabel,
  readNumber,
  readObject,
  readOneOf,
  readOptional,
  readString,
  SchemaError,
} from './schema.js';

const tensorFields = {
  name: readString,
  shape: readArray(readCount),
  scale: readArray(readNumber),
  zeroPoint: readArray(readNumber),
  bytesPerElement: readCount,
  max: readArray(readCount),
};

function checkLengths(layout: InputLayout | OutputLayout, path: string): void {
  const size = sizeOf(layout.shape);
  const arrays = {
    scale: layout.scale,
    zeroPoint: layout.zeroPoint,
    max: layout.max,
    ...('min' in layout && { min: layout.min }),
  };
  for (const [key, array] of Object.entries(arrays)) {
    if (array.length !== 1 && array.length !== size)
      throw new SchemaError(`${path}.${key}`, `1 or ${size} entries`, array.length);
  }
  if (layout.bytesPerElement < 1 || layout.bytesPerElement > 7) {
    throw new SchemaError(`${path}.bytesPerElement`, '1 to 7', layout.bytesPerElement);
  }
  if (layout.max.some((max) => max >= 256 ** layout.bytesPerElement)) {
    throw new SchemaError(`${path}.max`, `values of ${layout.bytesPerElement} bytes`, layout.max);
  }
}

const readInput: Read<InputLayout> = (value, path) => {
  const layout = readObject({ ...tensorFields, bits: readCount, min: readArray(readCount) })(value, path);
  checkLengths(layout, path);
  return layout;
};

const readOutput: Read<OutputLayout> = (value, path) => {
  const fields = { ...tensorFields, labels: readOptional(readArray(readLabel)), cut: readOptional(readString) };
  const layout = readObject(fields)(value, path);
  checkLengths(layout, path);
  return layout;
};

/** Reads the statement part of a manifest. @throws SchemaError */
export const readStatement: Read<Statement> = (value, path) => {
  const statement = readObject({
    form: readOneOf('packed', 'bound'),
    visibility: readOneOf('public', 'private', 'committed'),
    inputs: readArray(readInput),
    outputs: readArray(readOutput),
    publicSignals: readArray(readString),
  })(value, path);
  const names = [...statement.inputs, ...statement.outputs].map((layout) => layout.name);
  for (const side of [statement.inputs, statement.outputs]) {
    const twice = side.find((layout, i) => side.findIndex((other) => other.name === layout.name) !== i);
    if (twice) throw new SchemaError(path, 'distinct names', twice.name);
  }
  if (names.length === 0) throw new SchemaError(path, 'inputs and outputs', names);
  return statement;
};
