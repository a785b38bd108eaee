import type { Schema } from './schema.ts';

/** Longer values are not repeated in a message. */
const SHOWN_VALUE = 40;

/** A value as a message names it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length <= SHOWN_VALUE ? text : 'this text';
}

/** What a schema wants, in words. */
export function expectedOf(schema: Schema): string {
  if (schema['x-expected'] !== undefined) return schema['x-expected'];
  if (schema.enum !== undefined) return schema.enum.length === 1 ? JSON.stringify(schema.enum[0]) : `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (schema.type) {
    case 'boolean': return 'true or false, without quotes';
    case 'object': return schema.maxProperties === undefined ? 'an object { … }' : `an object { … } of at most ${schema.maxProperties} keys`;
    case 'integer': return `a whole number${range(schema.minimum, schema.maximum, '')}`;
    case 'number': return `a number${range(schema.minimum, schema.maximum, '')}`;
    case 'array': return `a list [ … ]${range(schema.minItems, schema.maxItems, ' items')}`;
    case 'string': case undefined: return `a text in double quotes${range(schema.minLength, schema.maxLength, ' characters')}`;
    default: return schema.type satisfies never;
  }
}

/** `"a", "b" or "c"`. */
export function oneOf(keys: readonly string[]): string {
  const quoted = keys.map((key) => `"${key}"`);
  return quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

function range(from: number | undefined, to: number | undefined, unit: string): string {
  if (from === undefined && to === undefined) return '';
  const one = to === 1 ? unit.slice(0, -1) : unit;
  const words = to === undefined ? `${from} or more` : from === undefined ? `at most ${to}` : `${from} to ${to}`;
  return unit === '' ? ` ${to === undefined ? `of ${words}` : `from ${words}`}` : ` of ${words}${one}`;
}
