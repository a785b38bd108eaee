import { isObject } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { MAX_REGEXES, readComparison, takeOperator } from './condition.ts';
import type { Comparison, Scalar } from './condition.ts';
import type { FilterPattern } from './filter-pattern.ts';
import { Scanner } from './scanner.ts';
import { Selector } from './selector.ts';

type Expression = (message: JsonObject) => boolean;

const MAX_WILDCARDS = 3;
/** Nesting that 1,024 characters cannot exceed in earnest. */
const MAX_DEPTH = 100;

function isScalar(value: Json): value is Scalar {
  return typeof value !== 'object' || value === null;
}

/** `or` binds loosest, then `and`, then parentheses. */
class JsonPatternParser {
  readonly #scanner: Scanner;
  readonly selectors: Selector[] = [];
  #regexes = 0;
  #depth = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  parse(): Expression {
    this.#scanner.take('{');
    const expression = this.#or();
    if (!this.#scanner.take('}')) throw this.#scanner.fail("expected &&, || or '}'");
    this.#scanner.skipSpace();
    if (!this.#scanner.done) throw this.#scanner.fail("nothing may follow the closing '}'");
    return expression;
  }

  #or(): Expression {
    const parts = [this.#and()];
    while (this.#scanner.take('||')) parts.push(this.#and());
    return parts.length === 1 ? parts[0]! : (message) => parts.some((part) => part(message));
  }

  #and(): Expression {
    const parts = [this.#primary()];
    while (this.#scanner.take('&&')) parts.push(this.#primary());
    return parts.length === 1 ? parts[0]! : (message) => parts.every((part) => part(message));
  }

  #primary(): Expression {
    const scanner = this.#scanner;
    scanner.skipSpace();
    let expression: Expression;
    if (scanner.take('(')) {
      if (++this.#depth > MAX_DEPTH) throw scanner.fail('too many parentheses');
      expression = this.#or();
      if (!scanner.take(')')) throw scanner.fail("')' is missing");
      this.#depth--;
    } else expression = this.#condition();
    scanner.skipSpace();
    return expression;
  }

  #condition(): Expression {
    const scanner = this.#scanner;
    const selector = Selector.read(scanner);
    this.selectors.push(selector);
    if (this.selectors.reduce((sum, each) => sum + each.wildcards, 0) > MAX_WILDCARDS) throw scanner.fail(`a pattern may have ${MAX_WILDCARDS} wildcard selectors`);
    scanner.skipSpace();
    if (scanner.run(/NOT\s+EXISTS\b/y) !== '') return (message) => selector.values(message).length === 0;
    const is = scanner.run(/IS\s+(?:NULL|TRUE|FALSE)\b/y);
    if (is !== '') {
      const wanted = is.endsWith('NULL') ? null : is.endsWith('TRUE');
      return (message) => selector.values(message).includes(wanted);
    }
    const operator = takeOperator(scanner);
    if (operator === null) throw scanner.fail('expected =, !=, <, <=, >, >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS');
    scanner.skipSpace();
    const compare: Comparison = readComparison(scanner, operator, false, () => {
      if (++this.#regexes > MAX_REGEXES) throw scanner.fail(`a pattern may have ${MAX_REGEXES} regular expressions`);
    });
    return (message) => selector.values(message).some((value) => isScalar(value) && compare(value));
  }
}

function parseMessage(message: string): JsonObject | null {
  if (!/^\s*\{/.test(message)) return null;
  try {
    const value = JSON.parse(message) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** `{ conditions on a JSON message }`: what is not a JSON object never matches. */
export function parseJsonPattern(text: string): FilterPattern {
  const parser = new JsonPatternParser(new Scanner(text));
  const expression = parser.parse();
  const { selectors } = parser;
  return {
    matches(message) {
      const value = parseMessage(message);
      return value !== null && expression(value);
    },
    extract(message) {
      const value = parseMessage(message);
      if (value === null) return {};
      return Object.fromEntries(selectors.flatMap((selector) => {
        const found = selector.values(value).filter(isScalar)[0];
        return found === undefined ? [] : [[selector.text, String(found)]];
      }));
    },
  };
}
