// The schema of the config as it is written: config-schema/*.schema.json, joined.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from '../src/config/schema.ts';

/** The schema with what it tells people. */
export interface WrittenSchema extends Schema {
  readonly title?: string;
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly examples?: readonly unknown[];
  /** Our addition to the CloudWatch agent's keys, and the key it extends: one beside it, from the root with dots, or of a file entry. */
  readonly 'x-ours'?: boolean;
  readonly 'x-extends'?: string;
  readonly properties?: Readonly<Record<string, WrittenSchema>>;
  readonly items?: WrittenSchema;
  readonly anyOf?: readonly WrittenSchema[];
  readonly definitions?: Readonly<Record<string, WrittenSchema>>;
}

const FOLDER = join(import.meta.dirname, '../config-schema');
const MAIN = 'agent.schema.json';
/** What is for people and for the page. */
const PROSE = new Set(['$schema', '$id', 'title', 'description', 'default', 'examples', 'x-ours', 'x-extends']);

/** All of config-schema/ as one schema: the main file, with the definitions of every file. A reference that leads nowhere is an error. */
export function wholeSchema(): WrittenSchema {
  const files = new Map(readdirSync(FOLDER).filter((name) => name.endsWith('.schema.json')).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));
  const parsed = new Map([...files].map(([name, text]) => [name, JSON.parse(text) as WrittenSchema]));
  const definitions: Record<string, WrittenSchema> = {};
  for (const [name, text] of files) {
    for (const [, file = '', definition = ''] of text.matchAll(/"\$ref": "([^"#]*)#\/definitions\/([^"]+)"/g)) {
      if (parsed.get(file === '' ? name : file)?.definitions?.[definition] === undefined) throw new Error(`config-schema/${name}: ${file}#/definitions/${definition} leads nowhere`);
    }
    const joined = JSON.parse(text.replaceAll(/("\$ref": ")[^"#]+#/g, '$1#')) as WrittenSchema;
    for (const [key, definition] of Object.entries(joined.definitions ?? {})) {
      if (definitions[key] !== undefined) throw new Error(`config-schema/${name}: the definition ${key} stands in another file too`);
      definitions[key] = definition;
    }
    parsed.set(name, joined);
  }
  return { ...parsed.get(MAIN)!, definitions };
}

/** The schema without what is for people only. */
export const withoutProse = (schema: WrittenSchema): Schema =>
  mapSchema(schema, (part) => Object.fromEntries(Object.entries(part).filter(([keyword]) => !PROSE.has(keyword))));

/** The schema with each of its parts changed, the inner ones first. */
export function mapSchema(schema: Schema, change: (part: Schema) => object): object {
  const inner = (part: Schema): object => mapSchema(part, change);
  const named = (parts: Readonly<Record<string, Schema>>): object => Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, inner(part)]));
  const { properties, definitions, items, anyOf, additionalProperties } = schema;
  const changed: object = {
    ...schema,
    ...(properties === undefined ? {} : { properties: named(properties) }),
    ...(definitions === undefined ? {} : { definitions: named(definitions) }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(inner) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: inner(additionalProperties) } : {}),
  };
  return change(changed);
}
