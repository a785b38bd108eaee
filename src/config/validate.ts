import { characters } from '../naming/characters.ts';
import { failureTree, type FailureTree } from './failure-tree.ts';
import { satisfiesSchema } from './generated/validator.generated.js';
import { placeAt, plainValue, pointerToken, type JsonNode } from './json-tree.ts';
import { nearest } from './nearest.ts';
import type { Advice, Problem, Severity } from './problem.ts';
import { repeats } from './repeats.ts';
import type { SchemaFailure } from './schema.ts';
import { expectedOf, oneOf, shown } from './validate-words.ts';

/**
 * Holds the document against config-schema/: one problem per cause, in plain words, at its place, in the order of the
 * document. Sections and keys that are accepted without being run are notes; unknown keys are errors or warnings as the
 * schema says. All of them are failures for ajv; the schema around a failure tells what it is here.
 * @param document the plain value of `root`, where it is there already
 */
export function validate(root: JsonNode, document = plainValue(root)): readonly Problem[] {
  if (satisfiesSchema(document)) return [];
  const found = new Findings();
  found.visit(root, root, failureTree(satisfiesSchema.errors ?? []), '', false);
  return found.problems;
}

type Placed = Pick<JsonNode, 'source' | 'start'>;

/** One walk through what failed of a document. */
class Findings {
  readonly problems: Problem[] = [];

  /** `key`: where the key of the node is, if it has one. `quiet`: a section around the node has said that it is not run. */
  visit(node: JsonNode, key: Placed, { here, inside }: FailureTree, pointer: string, quiet: boolean): void {
    const notRun = here.find(isNotRun)?.parentSchema['x-not-run'];
    if (notRun !== undefined && !quiet) this.problems.push({ severity: 'note', ...placeAt(key.source, key.start), pointer, message: notRun, expected: null, didYouMean: null, notRun: true });
    for (const failure of withoutEchoes(causes(here), inside)) this.#say(failure, node, key, pointer);
    for (const [token, child, childKey] of inside.size === 0 ? [] : children(node)) {
      const failed = inside.get(token);
      if (failed !== undefined) this.visit(child, childKey, failed, `${pointer}/${token}`, quiet || notRun !== undefined);
    }
  }

  #say(failure: SchemaFailure, node: JsonNode, key: Placed, pointer: string): void {
    const { keyword, params, parentSchema: rule, data } = failure;
    const wrong = (message: string, advice: Advice = { expected: expectedOf(rule) }): void => this.#add('error', node, pointer, message, advice);
    switch (keyword) {
      case 'additionalProperties': {
        const severity = rule['x-unknown-keys'] ?? 'error';
        return this.#add(severity, key, pointer, severity === 'error' ? 'unknown key' : 'unknown key, ignored', { didYouMean: suggestion(failure) });
      }
      case 'required': return wrong(`"${String(params['missingProperty'])}" is missing`, {});
      case 'anyOf': return wrong(`${oneOf(rule.anyOf!.flatMap(({ required = [] }) => required))} is missing`, {});
      case 'uniqueItems':
        if (node.kind !== 'array') return;
        for (const { index, first } of repeats(data as readonly unknown[])) {
          this.#add('error', node.items[index]!, `${pointer}/${index}`, `this is the same as ${pointer}/${first}, word for word`, { expected: 'it once, or a difference' });
        }
        return;
      case 'minProperties': return wrong('nothing is named here', { expected: rule['x-expected'] ?? null });
      case 'maxProperties': return wrong(`${Object.keys(data as object).length} keys stand here`);
      case 'minItems': return wrong((data as readonly unknown[]).length === 0 ? 'the list is empty' : 'the list is too short');
      case 'maxItems': return wrong(`the list has ${(data as readonly unknown[]).length} items`);
      case 'minLength': case 'maxLength': {
        const length = characters(String(data));
        return wrong(length === 0 ? 'the text is empty' : `the text has ${length} ${length === 1 ? 'character' : 'characters'}`);
      }
      case 'enum': return wrong(`${shown(data)} is not allowed`, { expected: expectedOf(rule), didYouMean: typeof data === 'string' ? nearest(data, rule.enum!.map(String)) : null });
      case 'type':
        if (rule['x-wrong-type'] === undefined) return wrong(`${shown(data)} is not allowed`);
        return this.#add(rule['x-wrong-type'], node, pointer, `${shown(data)} is no section, ignored`, { expected: expectedOf(rule) });
      default: return wrong(`${shown(data)} is not allowed`);
    }
  }

  #add(severity: Severity, { source, start }: Placed, pointer: string, message: string, { expected = null, didYouMean = null }: Advice): void {
    this.problems.push({ severity, ...placeAt(source, start), pointer, message, expected, didYouMean });
  }
}

/** What is inside a node: its token in a pointer, and where its key is. */
function* children(node: JsonNode): Generator<readonly [string, JsonNode, Placed]> {
  switch (node.kind) {
    case 'scalar': return;
    case 'array': for (const [index, item] of node.items.entries()) yield [String(index), item, item]; return;
    case 'object': for (const [name, member] of node.members) yield [pointerToken(name), member.node, member]; return;
    default: return node satisfies never;
  }
}

const isNotRun = ({ keyword, parentSchema }: SchemaFailure): boolean => keyword === 'not' && parentSchema['x-not-run'] !== undefined;

/** A misspelt key is one mistake, not two: that the key it was to be is missing is left out. */
function withoutEchoes(failures: readonly SchemaFailure[], inside: FailureTree['inside']): readonly SchemaFailure[] {
  const unknown = [...inside.values()].flatMap(({ here }) => here.filter(({ keyword, parentSchema }) => keyword === 'additionalProperties' && (parentSchema['x-unknown-keys'] ?? 'error') === 'error'));
  const meant = new Set(unknown.map(suggestion));
  return failures.filter(({ keyword, params }) => keyword !== 'required' || !meant.has(String(params['missingProperty'])));
}

/** The known key that an unknown one is probably meant to be. */
const suggestion = ({ params, parentSchema: rule }: SchemaFailure): string | null => nearest(String(params['additionalProperty']), Object.keys(rule.properties ?? {}));

/** What is said of one place: its type if that is wrong, one thing of a text or a number, else all; a key that is missing before a choice of keys. */
function causes(failures: readonly SchemaFailure[]): readonly SchemaFailure[] {
  const told = failures.filter((failure) => !isNotRun(failure));
  const only = told.find(({ keyword }) => keyword === 'type') ?? told.find(({ data }) => typeof data !== 'object');
  return only === undefined ? told.toSorted((a, b) => Number(a.keyword === 'anyOf') - Number(b.keyword === 'anyOf')) : [only];
}
