import { parseFieldPattern } from './field-pattern.ts';
import { parseJsonPattern } from './json-pattern.ts';
import { parseTermPattern } from './term-pattern.ts';

/** A compiled filter pattern. */
export interface FilterPattern {
  matches(message: string): boolean;
  /** What TestMetricFilter shows of a matching message: `$name` or `$.selector` to the value as text. */
  extract(message: string): Readonly<Record<string, string>>;
}

const EVERYTHING: FilterPattern = { matches: () => true, extract: () => ({}) };

/**
 * Compiles a pattern of the filter language: terms, `{ JSON conditions }`, or `[fields]`; an empty one matches
 * everything. Throws InvalidParameterException naming the character.
 */
export function parseFilterPattern(text: string): FilterPattern {
  const trimmed = text.trim();
  if (trimmed === '' || /^"\s*"$/.test(trimmed)) return EVERYTHING;
  if (trimmed.startsWith('{')) return parseJsonPattern(trimmed);
  if (trimmed.startsWith('[')) return parseFieldPattern(trimmed);
  return parseTermPattern(trimmed);
}
