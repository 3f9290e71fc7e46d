/** The part of JSON Schema 2020-12 that the API's description uses. */
export interface Schema {
  readonly $ref?: `#/components/schemas/${string}`;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Other keys than those of `properties`: allowed where left out. */
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly oneOf?: readonly Schema[];
  readonly format?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function checkType(value: unknown, type: NonNullable<Schema['type']>): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeOf(value) === type;
}

/**
 * What is wrong with a value, one line a problem; nothing where it has the form.
 * @param schemas those that `$ref` may name
 */
export function findProblems(value: unknown, schema: Schema, schemas: Schemas, path = '$'): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/components/schemas/'.length);
    return Object.hasOwn(schemas, name)
      ? findProblems(value, schemas[name], schemas, path)
      : [`${path}: no schema is called ${name}`];
  }
  if (schema.oneOf !== undefined) {
    const fitting = schema.oneOf.filter((one) => findProblems(value, one, schemas, path).length === 0);
    return fitting.length === 1 ? [] : [`${path}: fits ${fitting.length} of ${schema.oneOf.length} forms, not one`];
  }
  if (schema.type !== undefined && !checkType(value, schema.type))
    return [`${path}: expected ${schema.type}, given ${typeOf(value)}`];
  return [...findScalarProblems(value, schema, path), ...findPartProblems(value, schema, schemas, path)];
}

function findScalarProblems(value: unknown, schema: Schema, path: string): string[] {
  const problems: string[] = [];
  if (schema.enum && !schema.enum.includes(value as string)) problems.push(`expected ${schema.enum.join(' or ')}`);
  if (typeof value === 'string') {
    if (schema.maxLength !== undefined && value.length > schema.maxLength)
      problems.push(`at most ${schema.maxLength} characters`);
    else if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
      problems.push(`expected ${schema.pattern}`);
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) problems.push(`at least ${schema.minimum}`);
    if (schema.maximum !== undefined && value > schema.maximum) problems.push(`at most ${schema.maximum}`);
  }
  return problems.map((problem) => `${path}: ${problem}`);
}

function findPartProblems(value: unknown, schema: Schema, schemas: Schemas, path: string): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((part, i) => findProblems(part, items, schemas, `${path}[${i}]`)) : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const object = value as Record<string, unknown>;
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(object, key));
  return [
    ...missing.map((key) => `${path}.${key}: missing`),
    ...Object.keys(object).flatMap((key) => {
      const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
      const part = known ?? schema.additionalProperties ?? true;
      if (part === false) return [`${path}.${key}: no such key`];
      return part === true ? [] : findProblems(object[key], part, schemas, `${path}.${key}`);
    }),
  ];
}
