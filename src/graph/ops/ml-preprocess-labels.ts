import { sizeOf } from '../../core/tensor.js';
import { constOperand, type Operand } from '../builder.js';
import { call, constant, type ScalarFunction, X } from '../scalar.js';
import type { ImportRule, RuleContext, RuleRecord } from './rule.js';
import { aliasOf, withLabels } from './support/deferred.js';
import { matmul } from './support/matmul.js';
import { takeAxis } from './support/shape.js';

type Word = string | number;

/** Value by key; keys and values are numbers or strings. */
interface Dictionary {
  readonly entries: ReadonlyMap<Word, Word>;
  readonly otherwise: Word;
}

/** `otherwise`, but for the listed arguments the listed values. */
function lookup(entries: readonly (readonly [number, number])[], otherwise: number): ScalarFunction {
  return entries.reduce<ScalarFunction>((rest, [key, value]) => {
    if (value === otherwise) return rest;
    return call('select', call('isZero', call('sub', X, constant(key))), constant(value), rest);
  }, constant(otherwise));
}

/** Applies a dictionary to a numeric tensor or to indices with labels; string values become indices with labels. */
function translate(context: RuleContext, { entries, otherwise }: Dictionary): Operand {
  const words = [...new Set([...entries.values(), otherwise])];
  const isText = words.some((word) => typeof word === 'string');
  const code = (word: Word): number => (isText ? words.indexOf(word) : (word as number));
  const type = isText || words.every((word) => Number.isInteger(word)) ? 'int' : 'float';
  const finish = (y: Operand): Operand => (isText ? withLabels(y, words) : y);

  const strings = context.strings(0);
  if (strings !== undefined) {
    const data = Float64Array.from(strings, (text) => code(entries.get(text) ?? otherwise));
    if (isText) return context.unsupported('strings known at import time are mapped to strings');
    return constOperand({ shape: [strings.length], type, data });
  }
  const x = context.raw(0);
  if (x.kind === 'value' && x.labels !== undefined && x.type === 'int') {
    const codes = x.labels.map((label) => code(entries.get(label) ?? otherwise));
    const bare = { ...x, labels: undefined };
    if (codes.every((value, i) => value === i)) return finish(bare);
    const pairs = codes.map((value, i) => [i, value] as const);
    return finish(context.builder.unary(bare, [lookup(pairs, codes[0])], null, type));
  }
  const pairs = [...entries].map(([key, value]) => {
    if (typeof key === 'string')
      return context.unsupported('strings are computed with', 'encode them before the model');
    return [key, code(value)] as const;
  });
  return finish(context.builder.unary(context.input(0), [lookup(pairs, code(otherwise))], null, type));
}

/** The first list among attributes `prefix_int64s`, `prefix_floats`, `prefix_strings`, `prefix_tensor`. */
function readWords(context: RuleContext, prefix: string): readonly Word[] | undefined {
  const tensor = context.tensor(`${prefix}_tensor`);
  if (tensor !== undefined) return tensor.kind === 'strings' ? tensor.strings : Array.from(tensor.tensor.data);
  const lists = [
    context.ints(`${prefix}_int64s`),
    context.floats(`${prefix}_floats`),
    context.texts(`${prefix}_strings`),
  ];
  return lists.find((list) => list !== undefined && list.length > 0);
}

/** LabelEncoder since version 2: keys to values, the rest to a default that depends on the kind of value. */
function readDictionary(context: RuleContext): Dictionary {
  const keys = readWords(context, 'keys') ?? context.unsupported('the keys are missing');
  const values = readWords(context, 'values') ?? context.unsupported('the values are missing');
  if (keys.length !== values.length) return context.unsupported(`${keys.length} keys for ${values.length} values`);
  const preset = context.tensor('default_tensor');
  const fallback = (): Word => {
    if (preset !== undefined) return preset.kind === 'strings' ? preset.strings[0] : preset.tensor.data[0];
    if (typeof values[0] === 'string') return context.text('default_string', '_Unused');
    const isFloat = context.floats('values_floats') !== undefined;
    return isFloat ? context.float('default_float', 0) : context.int('default_int64', -1);
  };
  return { entries: new Map(keys.map((key, i) => [key, values[i]])), otherwise: fallback() };
}

/** LabelEncoder 1: a list of strings stands for their positions, in the direction that the input asks for. */
const labelEncoder: ImportRule = (context) => {
  const classes = context.texts('classes_strings');
  if (classes === undefined) return translate(context, readDictionary(context));
  return translate(
    context,
    listDictionary(
      context,
      classes.map((text, i) => [i, text]),
    ),
  );
};

const categoryMapper: ImportRule = (context) => {
  const texts = context.texts('cats_strings') ?? [];
  const ints = context.ints('cats_int64s') ?? [];
  if (texts.length !== ints.length) return context.unsupported(`${ints.length} numbers for ${texts.length} strings`);
  return translate(
    context,
    listDictionary(
      context,
      ints.map((value, i) => [value, texts[i]]),
    ),
  );
};

/** Numbers paired with strings: read from number to string, or back where the input is a string. */
function listDictionary(context: RuleContext, pairs: readonly [number, string][]): Dictionary {
  const isText = context.strings(0) !== undefined || hasTextLabels(context.raw(0));
  return isText
    ? { entries: new Map(pairs.map(([value, text]) => [text, value])), otherwise: context.int('default_int64', -1) }
    : { entries: new Map(pairs), otherwise: context.text('default_string', '_Unused') };
}

function hasTextLabels(x: Operand): boolean {
  return x.kind === 'value' && x.labels?.some((label) => typeof label === 'string') === true;
}

/** One column per category, 1 where the element is that category. Shape `[…, categories]`. */
const oneHotEncoder: ImportRule = (context) => {
  const texts = context.texts('cats_strings') ?? [];
  const raw = context.raw(0);
  const words: readonly Word[] = texts.length > 0 ? texts : (context.ints('cats_int64s') ?? []);
  if (words.length === 0) return context.unsupported('no categories are given');
  const byLabel = raw.kind === 'value' && raw.type === 'int' ? raw.labels : undefined;
  if (texts.length > 0 && byLabel === undefined)
    return context.unsupported('the input is a tensor of strings', 'encode strings as numbers before the model');
  if (context.int('zeros', 1) === 0)
    context.scope.warn('a category that is not listed gives zeros instead of an error');
  const x = byLabel === undefined ? context.input(0) : ({ ...raw, labels: undefined } as Operand);
  const truncated = x.type === 'float' ? call('trunc', X) : X;
  const functions = words.map((word): ScalarFunction => {
    if (byLabel === undefined) return call('isZero', call('sub', truncated, constant(word as number)));
    const places = byLabel.flatMap((label, i) => (label === word ? [[i, 1] as const] : []));
    return lookup(places, 0);
  });
  const count = words.length;
  const size = sizeOf(x.shape);
  const index = Int32Array.from({ length: size * count }, (_, i) => Math.floor(i / count));
  const spread = context.builder.gather([x], index, new Float64Array(), [...x.shape, count], x.type);
  const which = Int32Array.from({ length: size * count }, (_, i) => i % count);
  return context.builder.unary(spread, functions, which, 'float');
};

/** Entries of the last axis. A constant list read by a computed index is a label: the index, with the list attached. */
const arrayFeatureExtractor: ImportRule = (context) => {
  const texts = context.strings(0);
  const index = context.raw(1);
  if (texts !== undefined) {
    if (index.kind === 'const') return context.unsupported('strings are picked by constant indices');
    return withLabels(aliasOf(context.input(1), [1, sizeOf(index.shape)]), texts);
  }
  if (index.kind === 'const') {
    const x = context.input(0);
    const wide = x.shape.length < 2 ? aliasOf(x, [1, sizeOf(x.shape)]) : x;
    return takeAxis(context.builder, wide, wide.shape.length - 1, Array.from(index.data));
  }
  const list = context.input(0);
  if (list.kind !== 'const' || sizeOf(list.shape) !== list.shape[list.shape.length - 1])
    return pickComputed(context, list, context.input(1));
  const place = aliasOf(context.input(1), [1, sizeOf(index.shape)]);
  const values = Array.from(list.data);
  if (values.every(Number.isInteger)) return withLabels(place, values);
  const pairs = values.map((value, i) => [i, value] as const);
  return context.builder.unary(place, [lookup(pairs, values[0])]);
};

/** Entries of the last axis by computed indices: each index becomes a row of `[index = k]`, multiplied with the tensor. */
function pickComputed(context: RuleContext, x: Operand, index: Operand): Operand {
  const { builder } = context;
  const count = sizeOf(index.shape);
  const extent = x.shape[x.shape.length - 1];
  const source = Int32Array.from({ length: extent * count }, (_, i) => i % count);
  const spread = builder.gather([index], source, new Float64Array(), [extent, count], 'int');
  const tests = Array.from({ length: extent }, (_, k) => call('isZero', call('sub', X, constant(k))));
  const which = Int32Array.from(source, (_, i) => Math.floor(i / count));
  const wide = x.shape.length < 2 ? aliasOf(x, [1, extent]) : x;
  return matmul(builder, wide, builder.unary(spread, tests, which, 'int'));
}

/** A map from label to score is the scores, with their labels. */
const zipMap: ImportRule = (context) => {
  const texts = context.texts('classlabels_strings');
  const labels = texts !== undefined && texts.length > 0 ? texts : (context.ints('classlabels_int64s') ?? []);
  return withLabels(context.raw(0), labels);
};

/** Labels, categories and dictionaries of ai.onnx.ml. */
export const labelRules: RuleRecord = {
  'ai.onnx.ml.LabelEncoder': labelEncoder,
  'ai.onnx.ml.CategoryMapper': categoryMapper,
  'ai.onnx.ml.OneHotEncoder': oneHotEncoder,
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.ZipMap': zipMap,
};
