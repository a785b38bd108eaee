import { isObject } from '../wire/json.ts';
import type { Json } from '../wire/json.ts';
import type { Scanner } from './scanner.ts';

type Step = { readonly kind: 'member'; readonly name: string } | { readonly kind: 'element'; readonly index: number } | { readonly kind: 'members' } | { readonly kind: 'elements' };

const NAME = /[A-Za-z0-9_-]+/y;
const INDEX = /\d{1,9}/y;

/** A path into a JSON message, such as `$.a.b[0]` or `$.list[*].id`. */
export class Selector {
  readonly text: string;
  readonly wildcards: number;
  readonly #steps: readonly Step[];

  private constructor(text: string, steps: readonly Step[]) {
    this.text = text;
    this.#steps = steps;
    this.wildcards = steps.filter((step) => step.kind === 'members' || step.kind === 'elements').length;
  }

  static read(scanner: Scanner): Selector {
    const start = scanner.at;
    if (!scanner.take('$')) throw scanner.fail("a condition begins with a selector such as $.name");
    const steps: Step[] = [];
    for (;;) {
      if (scanner.take('.')) steps.push(readMember(scanner));
      else if (scanner.take('[')) steps.push(readBracket(scanner));
      else break;
    }
    if (steps.length === 0) throw scanner.fail("'$' needs a property, as in $.name");
    const selector = new Selector(scanner.text.slice(start, scanner.at), steps);
    if (selector.wildcards > 1) throw scanner.fail('a selector may have one wildcard');
    return selector;
  }

  /** All values the path leads to; none if a part of it is missing. */
  values(message: Json): readonly Json[] {
    let values: readonly Json[] = [message];
    for (const step of this.#steps) values = values.flatMap((value) => follow(value, step));
    return values;
  }
}

function readMember(scanner: Scanner): Step {
  if (scanner.take('*')) return { kind: 'members' };
  if (scanner.take('[')) return readBracket(scanner);
  const name = scanner.run(NAME);
  if (name === '') throw scanner.fail("a property name is missing after '.'; other characters need ['…']");
  return { kind: 'member', name };
}

function readBracket(scanner: Scanner): Step {
  let step: Step;
  if (scanner.take('*')) step = { kind: 'elements' };
  else if (scanner.take("'")) {
    const end = scanner.text.indexOf("'", scanner.at);
    if (end < 0) throw scanner.fail("the property name is never closed by '");
    step = { kind: 'member', name: scanner.text.slice(scanner.at, end) };
    scanner.at = end + 1;
  } else {
    const digits = scanner.run(INDEX);
    if (digits === '') throw scanner.fail("'[' needs an index, a star, or a quoted property name");
    step = { kind: 'element', index: Number(digits) };
  }
  if (!scanner.take(']')) throw scanner.fail("']' is missing");
  return step;
}

function follow(value: Json, step: Step): readonly Json[] {
  switch (step.kind) {
    case 'member': return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name] ?? null] : [];
    case 'members': return isObject(value) ? Object.values(value).map((member) => member ?? null) : [];
    case 'element': return Array.isArray(value) && step.index < value.length ? [value[step.index] as Json] : [];
    case 'elements': return Array.isArray(value) ? (value as readonly Json[]) : [];
    default: return step satisfies never;
  }
}
