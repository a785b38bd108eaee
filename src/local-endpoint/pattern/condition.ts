import { Glob } from './glob.ts';
import { Regex } from './regex.ts';
import type { Scanner } from './scanner.ts';

/** A scalar as found: a field of a line is text, a member of a JSON message may be more. */
export type Scalar = string | number | boolean | null;

export type Comparison = (value: Scalar) => boolean;

export const MAX_REGEXES = 2;

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A value without quotation marks. */
const BARE = /[^\s"%,&|()[\]{}=<>!]+/y;

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

export function takeOperator(scanner: Scanner): Operator | null {
  for (const operator of ['!=', '<=', '>=', '=', '<', '>'] as const) if (scanner.take(operator)) return operator;
  return null;
}

function ordered(operator: '<' | '<=' | '>' | '>=', value: Scalar, bound: number, numericText: boolean): boolean {
  const numeric = typeof value === 'string' && numericText && isNumber(value) ? Number(value) : value;
  if (typeof numeric !== 'number') return false;
  switch (operator) {
    case '<': return numeric < bound;
    case '<=': return numeric <= bound;
    case '>': return numeric > bound;
    case '>=': return numeric >= bound;
    default: return operator satisfies never;
  }
}

/** Numbers with numbers, text with text; a star compares the text of either; null equals nothing. */
function equality(literal: string, quoted: boolean, numericText: boolean): Comparison {
  const glob = new Glob(literal);
  const bound = !quoted && isNumber(literal) ? Number(literal) : null;
  return (value) => {
    if (value === null) return false;
    if (glob.hasStar) return glob.test(String(value));
    if (bound !== null && typeof value === 'number') return value === bound;
    if (bound !== null && numericText && typeof value === 'string' && isNumber(value)) return Number(value) === bound;
    return typeof value === 'string' && bound === null ? glob.test(value) : numericText && value === literal;
  };
}

/**
 * Reads the value after an operator and returns the comparison. `numericText`: text that looks like a number is one (the
 * fields of a line); in JSON the type decides.
 */
export function readComparison(scanner: Scanner, operator: Operator, numericText: boolean, countRegex: () => void): Comparison {
  const equal = operator === '=' || operator === '!=';
  if (scanner.peek === '%') {
    if (!equal) throw scanner.fail('a regular expression can only be compared with = and !=');
    countRegex();
    const offset = scanner.at + 1;
    const regex = new Regex(scanner.regexSource(), offset);
    return operator === '='
      ? (value) => value !== null && regex.test(String(value))
      : (value) => value !== null && !regex.test(String(value));
  }
  const quoted = scanner.peek === '"';
  const start = scanner.at;
  const literal = quoted ? scanner.quoted() : scanner.run(BARE);
  if (!quoted && literal === '') throw scanner.fail('a value is missing after the operator');
  if (operator === '=' || operator === '!=') {
    const equals = equality(literal, quoted, numericText);
    return operator === '=' ? equals : (value) => !equals(value);
  }
  if (quoted || !isNumber(literal)) {
    scanner.at = start;
    throw scanner.fail(`${operator} compares with a number`);
  }
  const bound = Number(literal);
  return (value) => ordered(operator, value, bound, numericText);
}
