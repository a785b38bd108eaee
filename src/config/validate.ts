import { characters } from '../naming/characters.ts';
import { validateDocument, type SchemaFailure } from './generated/validate.generated.js';
import { placeOf, plainValue, pointerToken, type JsonNode } from './json-tree.ts';
import { nearest } from './nearest.ts';
import type { Problem, Severity } from './problem.ts';

/** The keywords and annotations of config-schema/agent.schema.json that a message is made of. */
interface SchemaPart {
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Pick<SchemaPart, 'enum'>[];
  readonly 'x-expected'?: string;
  readonly 'x-unknown-keys'?: 'warning';
  readonly 'x-not-run'?: string;
}

/** Longer values are not repeated in a message. */
const SHOWN_VALUE = 40;

/**
 * Holds the document against the schema: one problem per cause, in plain words. Sections and keys that this version
 * accepts without running them are notes; unknown keys are errors or warnings as the schema says.
 */
export function validate(root: JsonNode): readonly Problem[] {
  if (validateDocument(plainValue(root))) return [];
  const failures = withoutAlternatives(validateDocument.errors ?? []);
  const wrongType = new Set(failures.filter((failure) => failure.keyword === 'type').map((failure) => failure.instancePath));
  return failures.filter((failure) => isCause(failure, wrongType)).map((failure) => problemOf(root, failure));
}

/** A value may be of several kinds: an object is told what is wrong inside it, anything else what would be right. */
function withoutAlternatives(failures: readonly SchemaFailure[]): readonly SchemaFailure[] {
  const isChoice = ({ keyword, parentSchema }: SchemaFailure): boolean => keyword === 'anyOf' && (parentSchema as SchemaPart).type === undefined;
  const isObject = ({ data }: SchemaFailure): boolean => typeof data === 'object' && data !== null && !Array.isArray(data);
  const others = new Set(failures.filter((failure) => isChoice(failure) && !isObject(failure)).map(({ instancePath }) => instancePath));
  return failures.filter((failure) => others.has(failure.instancePath) ? isChoice(failure) : !isChoice(failure));
}

/** The branches of an anyOf only repeat what it says itself; a value of the wrong type needs no second remark. */
function isCause({ keyword, schemaPath, instancePath }: SchemaFailure, wrongType: ReadonlySet<string>): boolean {
  return !schemaPath.includes('/anyOf/') && (keyword === 'type' || !wrongType.has(instancePath));
}

function problemOf(root: JsonNode, failure: SchemaFailure): Problem {
  const schema = failure.parentSchema as SchemaPart;
  const at = (severity: Severity, what: 'key' | 'value', pointer: string, message: string, expected: string | null, didYouMean: string | null = null): Problem =>
    ({ severity, ...placeOf(root, pointer, what), pointer, message, expected, didYouMean });
  const { instancePath, keyword, params, data } = failure;
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const didYouMean = nearest(key, Object.keys(schema.properties ?? {}));
      const severity = schema['x-unknown-keys'] ?? 'error';
      return at(severity, 'key', `${instancePath}/${pointerToken(key)}`, severity === 'warning' ? 'unknown key, ignored' : 'unknown key', null, didYouMean);
    }
    case 'not':
      return at('note', 'key', instancePath, schema['x-not-run'] ?? 'not run by this version', null);
    case 'required':
      return at('error', 'value', instancePath, `"${String(params['missingProperty'])}" is missing`, null);
    case 'anyOf': case 'minProperties':
      // Alternatives of an object say which of its members it needs.
      if (schema.type !== 'object') return at('error', 'value', instancePath, `${shown(data)} is not allowed`, schema['x-expected'] ?? null, typeof data === 'string' ? nearest(data, (schema.anyOf ?? []).flatMap((one) => one.enum ?? []).map(String)) : null);
      return at('error', 'value', instancePath, 'nothing to collect is named here', schema['x-expected'] ?? null);
    case 'enum':
      return at('error', 'value', instancePath, `${shown(data)} is not allowed`, expectedOf(schema), typeof data === 'string' ? nearest(data, (schema.enum ?? []).map(String)) : null);
    case 'minItems': case 'maxItems':
      return at('error', 'value', instancePath, Array.isArray(data) && data.length === 0 ? 'the list is empty' : 'the list is too long', expectedOf(schema));
    case 'minLength': case 'maxLength':
      return at('error', 'value', instancePath, data === '' ? 'the text is empty' : `the text has ${characters(String(data))} characters`, expectedOf(schema));
    default:
      return at('error', 'value', instancePath, `${shown(data)} is not allowed`, expectedOf(schema));
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_VALUE ? text : 'this text';
}

function expectedOf(schema: SchemaPart): string {
  if (schema['x-expected'] !== undefined) return schema['x-expected'];
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (schema.type) {
    case 'boolean': return 'true or false, without quotes';
    case 'object': return 'an object { … }';
    case 'integer': return `a whole number${range(schema.minimum, schema.maximum, '')}`;
    case 'number': return `a number${range(schema.minimum, schema.maximum, '')}`;
    case 'array': return `a list [ … ]${range(schema.minItems, schema.maxItems, ' items')}`;
    default: return `a text in double quotes${range(schema.minLength, schema.maxLength, ' characters')}`;
  }
}

function range(from: number | undefined, to: number | undefined, unit: string): string {
  if (from === undefined && to === undefined) return '';
  const words = to === undefined ? `${from} or more` : from === undefined ? `at most ${to}` : `${from} to ${to}`;
  return unit === '' ? ` ${to === undefined ? `of ${words}` : `from ${words}`}` : ` of ${words}${unit}`;
}
