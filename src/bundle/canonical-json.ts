function isPrimitive(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function printPrimitive(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
  return text;
}

function print(value: unknown, indent: string): string {
  if (isPrimitive(value)) return printPrimitive(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every(isPrimitive)) return `[${value.map(printPrimitive).join(', ')}]`;
    return `[\n${value.map((part) => deeper + print(part, deeper)).join(',\n')}\n${indent}]`;
  }
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort();
  if (keys.length === 0) return '{}';
  const lines = keys.map((key) => `${deeper}${JSON.stringify(key)}: ${print(object[key], deeper)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/**
 * JSON with sorted keys and one way to write each value, so that equal values have equal bytes. Keys whose value is
 * undefined are left out.
 * @throws RangeError for NaN and infinities, TypeError for what JSON can't hold
 */
export function printCanonicalJson(value: unknown): string {
  return `${print(value, '')}\n`;
}
