import { MAX_REGEXES, readComparison, takeOperator } from './condition.ts';
import type { FilterPattern } from './filter-pattern.ts';
import { Scanner } from './scanner.ts';
import { splitFields } from './split-fields.ts';

interface Field { readonly name: string; readonly test: (value: string) => boolean }

const NAME = /[A-Za-z0-9_-]+/y;
const ALWAYS = (): boolean => true;

class FieldPatternParser {
  readonly #scanner: Scanner;
  #regexes = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /** The fields before and after `...`; `after` is null without it. */
  parse(): { readonly before: readonly Field[]; readonly after: readonly Field[] | null } {
    const scanner = this.#scanner;
    scanner.take('[');
    const before: Field[] = [];
    let after: Field[] | null = null;
    do {
      scanner.skipSpace();
      if (scanner.take('...')) {
        if (after !== null) throw scanner.fail("'...' may stand once");
        after = [];
      } else (after ?? before).push(this.#field(before.length + (after?.length ?? 0) + 1));
      scanner.skipSpace();
    } while (scanner.take(','));
    if (!scanner.take(']')) throw scanner.fail("expected ',' or ']'");
    scanner.skipSpace();
    if (!scanner.done) throw scanner.fail("nothing may follow the closing ']'");
    return { before, after };
  }

  #field(position: number): Field {
    const scanner = this.#scanner;
    const name = scanner.run(NAME);
    scanner.skipSpace();
    if (name === '') {
      if (scanner.peek === ',' || scanner.peek === ']') return { name: String(position), test: ALWAYS };
      throw scanner.fail('a field begins with its name');
    }
    if (scanner.peek === ',' || scanner.peek === ']') return { name, test: ALWAYS };
    const anyOf = [this.#conditions(name, false)];
    while (scanner.take('||')) anyOf.push(this.#conditions(name, true));
    return { name, test: (value) => anyOf.some((allOf) => allOf(value)) };
  }

  #conditions(name: string, named: boolean): (value: string) => boolean {
    const allOf = [this.#condition(name, named)];
    while (this.#scanner.take('&&')) allOf.push(this.#condition(name, true));
    return (value) => allOf.every((test) => test(value));
  }

  #condition(name: string, named: boolean): (value: string) => boolean {
    const scanner = this.#scanner;
    scanner.skipSpace();
    if (named && scanner.run(NAME) !== name) throw scanner.fail(`conditions joined by && or || must all be on the field ${name}`);
    scanner.skipSpace();
    const operator = takeOperator(scanner);
    if (operator === null) throw scanner.fail('expected =, !=, <, <=, > or >=');
    scanner.skipSpace();
    const compare = readComparison(scanner, operator, true, () => {
      if (++this.#regexes > MAX_REGEXES) throw scanner.fail(`a pattern may have ${MAX_REGEXES} regular expressions`);
    });
    scanner.skipSpace();
    return compare;
  }
}

/** The value of each field, or null if the line has too few. Without `...` the last field takes what is left of the line. */
function assign(message: string, before: readonly Field[], after: readonly Field[] | null): readonly (readonly [Field, string])[] | null {
  const fields = splitFields(message);
  const named = [...before, ...(after ?? [])];
  if (fields.length < named.length) return null;
  return named.map((field, i) => {
    const at = i < before.length ? i : fields.length - named.length + i;
    const value = fields[at];
    if (after === null && i === named.length - 1 && fields.length > named.length) return [field, message.slice(value?.start ?? 0)];
    return [field, value?.text ?? ''];
  });
}

/** `[field, field = condition, ..., field]` over a line split at spaces. */
export function parseFieldPattern(text: string): FilterPattern {
  const { before, after } = new FieldPatternParser(new Scanner(text)).parse();
  return {
    matches(message) {
      return assign(message, before, after)?.every(([field, value]) => field.test(value)) ?? false;
    },
    extract(message) {
      return Object.fromEntries((assign(message, before, after) ?? []).map(([field, value]) => [`$${field.name}`, value]));
    },
  };
}
