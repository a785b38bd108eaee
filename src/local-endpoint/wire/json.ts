import { serialization } from '../service-error.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject { readonly [name: string]: Json | undefined }

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws SerializationException, as the service does, if the body is not one JSON object. An empty body is `{}`. */
export function parseObject(text: string): JsonObject {
  if (text === '') return {};
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw serialization('Unable to parse the request body as JSON');
  }
  if (!isObject(value)) throw serialization('Start of list or value found where a structure was expected');
  return value;
}

function typeName(value: Json): string {
  switch (typeof value) {
    case 'string': return 'STRING_VALUE';
    case 'number': return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
    case 'boolean': return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default: return '';
  }
}

/** SerializationException for a member of the wrong JSON type. */
export function wrongType(value: Json, expected: string): Error {
  if (Array.isArray(value)) return serialization('Start of list found where not expected');
  if (isObject(value)) return serialization('Start of structure or map found where not expected');
  return serialization(`${typeName(value)} can not be converted to ${expected}`);
}
