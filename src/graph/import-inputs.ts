import type { Diagnostic } from '../core/diagnostic.js';
import { ZkinferError } from '../core/error.js';
import { type Shape, sizeOf } from '../core/tensor.js';
import { elementFormats, nameElementType } from '../onnx/element-types.js';
import type { OnnxGraph, OnnxValueInfo } from '../onnx/model.js';

/** A model input as the file declares it, with its dimensions settled. */
export interface ImportedInput {
  readonly name: string;
  readonly shape: Shape;
  /** TensorProto.DataType. */
  readonly elemType: number;
  /** `float32`, `int64` … */
  readonly typeName: string;
  /** False where the shape or type could not be settled: a diagnostic says why. */
  readonly settled: boolean;
}

const MAX_INPUT_ELEMENTS = 2 ** 24;
/** A circuit computes on numbers; which string stands for which number is for whoever prepares the rows. */
const STRING_HINT =
  'turn categories into numbers outside the model (an OrdinalEncoder before the exported pipeline), or export what follows the encoder';

/**
 * The model's inputs that are not initializers. A symbolic or unknown first dimension is the batch, 1; any other needs a
 * size in `dims` (by symbol, or by `input.axis`). What the file fixes stays, but for the first dimension.
 */
export function readInputs(
  graph: OnnxGraph,
  dims: Readonly<Record<string, number>>,
  diagnostics: Diagnostic[],
): ImportedInput[] {
  const declared = graph.inputs.filter((input) => !graph.initializers.has(input.name));
  checkDimNames(declared, dims);
  const batchSymbols = new Set(declared.map((input) => input.dims?.[0]).filter((dim) => typeof dim === 'string'));
  const failed = new Set<string>();
  const fail = (input: OnnxValueInfo, message: string, hint?: string) => {
    failed.add(input.name);
    diagnostics.push({ severity: 'error', where: `input ${input.name}`, message, hint });
  };
  const seen = new Set<string>();
  return declared.map((input) => {
    if (seen.has(input.name)) fail(input, 'two inputs have this name');
    seen.add(input.name);
    if (input.elemType === 8) fail(input, 'strings as inputs are not supported', STRING_HINT);
    else if (elementFormats[input.elemType] === undefined)
      fail(input, `element type ${nameElementType(input.elemType)} is not supported`);
    if (input.dims === null) fail(input, 'the shape is unknown', 'export the model with input shapes');
    const shape = (input.dims ?? []).map((dim, axis) => {
      const given = dims[`${input.name}.${axis}`] ?? (typeof dim === 'string' ? dims[dim] : undefined);
      const fixed = typeof dim === 'number' && dim > 0 && axis > 0;
      if (given !== undefined && !fixed) return given;
      if (typeof dim === 'number' && (dim > 0 || axis > 0)) {
        if (dim < 0) fail(input, `dimension ${axis} is ${dim}`);
        return dim;
      }
      if (axis === 0 || (typeof dim === 'string' && batchSymbols.has(dim))) return 1;
      const key = typeof dim === 'string' ? dim : `${input.name}.${axis}`;
      fail(input, `dimension ${axis} is dynamic (${dim ?? 'unnamed'})`, `give its size: --dim ${key}=N`);
      return 1;
    });
    if (!(sizeOf(shape) <= MAX_INPUT_ELEMENTS)) fail(input, `${sizeOf(shape)} elements are too many`);
    const typeName = nameElementType(input.elemType);
    return { name: input.name, shape, elemType: input.elemType, typeName, settled: !failed.has(input.name) };
  });
}

function checkDimNames(inputs: readonly OnnxValueInfo[], dims: Readonly<Record<string, number>>): void {
  const known = inputs.flatMap((input) =>
    (input.dims ?? []).flatMap((dim, axis) => [`${input.name}.${axis}`, ...(typeof dim === 'string' ? [dim] : [])]),
  );
  /** Dimensions that the file itself fixes at 0. */
  const empty = new Set(
    inputs.flatMap((input) => (input.dims ?? []).flatMap((dim, axis) => (dim === 0 ? [`${input.name}.${axis}`] : []))),
  );
  for (const [name, size] of Object.entries(dims)) {
    const problem =
      !known.includes(name) && !/\.\d+$/.test(name)
        ? `The model has no dimension "${name}"`
        : !Number.isSafeInteger(size) || size < 0 || (size === 0 && !empty.has(name))
          ? `Dimension "${name}" cannot be ${size}`
          : undefined;
    if (problem !== undefined)
      throw new ZkinferError({
        code: 'MODEL_DIM',
        kind: 'usage',
        message: problem,
        facts: [`dimensions: ${known.join(', ')}`],
        hint: 'write --dim NAME=SIZE with a name the model uses and a positive size',
      });
  }
}
