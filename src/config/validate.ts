import { characters } from '../naming/characters.ts';
import { SCHEMA_TEXT } from './generated/schema.generated.ts';
import { placeAt, plainValue, pointerToken, type JsonNode, type Member, type ObjectNode } from './json-tree.ts';
import { nearest } from './nearest.ts';
import type { Advice, Problem, Severity } from './problem.ts';
import { repeats } from './repeats.ts';
import type { Schema, SchemaType } from './schema.ts';
import { expectedOf, oneOf, shown } from './validate-words.ts';

const SCHEMA = JSON.parse(SCHEMA_TEXT) as Schema;

/**
 * Holds the document against config-schema/: one problem per cause, in plain words, at its place. Sections and keys that
 * are accepted without being run are notes; unknown keys are errors or warnings as the schema says.
 */
export function validate(root: JsonNode): readonly Problem[] {
  const check = new SchemaCheck(SCHEMA);
  check.value(root, SCHEMA, '', false);
  return check.problems;
}

type Placed = Pick<JsonNode, 'source' | 'start'>;

/** One walk of a document and its schema side by side. `quiet`: a section around the value has said that it is not run. */
class SchemaCheck {
  readonly problems: Problem[] = [];
  readonly #definitions: Readonly<Record<string, Schema>>;
  readonly #patterns = new Map<string, RegExp>();

  constructor({ definitions = {} }: Schema) {
    this.#definitions = definitions;
  }

  value(node: JsonNode, schema: Schema, pointer: string, quiet: boolean): void {
    const rule = this.#resolved(schema);
    if (rule.anyOf !== undefined && rule.type === undefined) return this.#choice(node, rule, pointer, quiet);
    if (rule.type === undefined ? rule.enum !== undefined && node.kind !== 'scalar' : !hasType(node, rule.type)) {
      return this.#add('error', node, pointer, `${shown(plainValue(node))} is not allowed`, { expected: expectedOf(rule) });
    }
    switch (node.kind) {
      case 'scalar': return this.#scalar(node, node.value, rule, pointer);
      case 'array': return this.#list(node, node.items, rule, pointer, quiet);
      case 'object': return this.#object(node, rule, pointer, quiet);
      default: return node satisfies never;
    }
  }

  #resolved(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : this.#definitions[schema.$ref.slice('#/definitions/'.length)]!;
  }

  /** A value that may have several shapes is held against the one of its own type. */
  #choice(node: JsonNode, rule: Schema, pointer: string, quiet: boolean): void {
    const shape = rule.anyOf!.map((branch) => this.#resolved(branch)).find(({ type, enum: [first] = [] }) => hasType(node, type ?? (typeof first === 'number' ? 'number' : 'string')));
    if (shape === undefined) return this.#add('error', node, pointer, `${shown(plainValue(node))} is not allowed`, { expected: expectedOf(rule) });
    // A wrong word may have been meant for any of the shapes.
    this.value(node, shape.enum === undefined ? shape : { ...shape, 'x-expected': expectedOf(rule) }, pointer, quiet);
  }

  #scalar(node: JsonNode, value: string | number | boolean | null, rule: Schema, pointer: string): void {
    const wrong = (message: string, advice: Advice = {}): void => this.#add('error', node, pointer, message, { expected: expectedOf(rule), ...advice });
    if (rule.enum !== undefined && !rule.enum.includes(value as string | number)) {
      wrong(`${shown(value)} is not allowed`, { didYouMean: typeof value === 'string' ? nearest(value, rule.enum.map(String)) : null });
    } else if (typeof value === 'number') {
      if (value < (rule.minimum ?? -Infinity) || value > (rule.maximum ?? Infinity)) wrong(`${value} is not allowed`);
    } else if (typeof value === 'string') {
      const length = rule.minLength === undefined && rule.maxLength === undefined ? 0 : characters(value);
      if (length < (rule.minLength ?? 0) || length > (rule.maxLength ?? Infinity)) wrong(length === 0 ? 'the text is empty' : `the text has ${length} ${length === 1 ? 'character' : 'characters'}`);
      else if (rule.pattern !== undefined && !this.#pattern(rule.pattern).test(value)) wrong(`${shown(value)} is not allowed`);
    }
  }

  #pattern(source: string): RegExp {
    const pattern = this.#patterns.get(source) ?? new RegExp(source, 'u');
    this.#patterns.set(source, pattern);
    return pattern;
  }

  #list(node: JsonNode, items: readonly JsonNode[], rule: Schema, pointer: string, quiet: boolean): void {
    if (items.length < (rule.minItems ?? 0)) this.#add('error', node, pointer, items.length === 0 ? 'the list is empty' : 'the list is too short', { expected: expectedOf(rule) });
    if (items.length > (rule.maxItems ?? Infinity)) this.#add('error', node, pointer, `the list has ${items.length} items`, { expected: expectedOf(rule) });
    for (const { index, first } of rule.uniqueItems === true ? repeats(items) : []) {
      this.#add('error', items[index]!, `${pointer}/${index}`, `this is the same as ${pointer}/${first}, word for word`, { expected: 'it once, or a difference' });
    }
    if (rule.items === undefined) return;
    for (const [index, item] of items.entries()) this.value(item, rule.items, `${pointer}/${index}`, quiet);
  }

  #object(node: ObjectNode, rule: Schema, pointer: string, quiet: boolean): void {
    const { members } = node;
    for (const key of rule.required ?? []) if (!members.has(key)) this.#add('error', node, pointer, `"${key}" is missing`);
    const choices = (rule.anyOf ?? []).flatMap(({ required = [] }) => required);
    if (choices.length > 0 && !choices.some((key) => members.has(key))) this.#add('error', node, pointer, `${oneOf(choices)} is missing`);
    if (members.size < (rule.minProperties ?? 0)) this.#add('error', node, pointer, 'nothing is named here', { expected: rule['x-expected'] ?? null });
    if (members.size > (rule.maxProperties ?? Infinity)) this.#add('error', node, pointer, `${members.size} keys stand here`, { expected: expectedOf(rule) });
    for (const [key, member] of members) this.#member(key, member, rule, `${pointer}/${pointerToken(key)}`, quiet);
  }

  #member(key: string, member: Member, rule: Schema, pointer: string, quiet: boolean): void {
    const { properties = {}, additionalProperties } = rule;
    const known = Object.hasOwn(properties, key) ? properties[key]! : typeof additionalProperties === 'object' ? additionalProperties : undefined;
    if (known === undefined) {
      const didYouMean = nearest(key, Object.keys(properties));
      if (rule['x-unknown-keys'] === 'warning') this.#add('warning', member, pointer, 'unknown key, ignored', { didYouMean });
      else if (additionalProperties === false) this.#add('error', member, pointer, 'unknown key', { didYouMean });
      return;
    }
    const { type } = this.#resolved(known);
    if (known['x-wrong-type'] === 'warning' && type !== undefined && !hasType(member.node, type)) {
      return this.#add('warning', member.node, pointer, `${shown(plainValue(member.node))} is no section, ignored`, { expected: expectedOf({ type }) });
    }
    const notRun = known['x-not-run'];
    if (notRun !== undefined && !quiet) this.problems.push({ severity: 'note', ...placeAt(member.source, member.start), pointer, message: notRun, expected: null, didYouMean: null, notRun: true });
    this.value(member.node, known, pointer, quiet || notRun !== undefined);
  }

  #add(severity: Severity, { source, start }: Placed, pointer: string, message: string, { expected = null, didYouMean = null }: Advice = {}): void {
    this.problems.push({ severity, ...placeAt(source, start), pointer, message, expected, didYouMean });
  }
}

function hasType(node: JsonNode, type: SchemaType): boolean {
  switch (type) {
    case 'object': case 'array': return node.kind === type;
    case 'integer': return node.kind === 'scalar' && Number.isInteger(node.value);
    case 'string': case 'number': case 'boolean': return node.kind === 'scalar' && typeof node.value === type;
    default: return type satisfies never;
  }
}
