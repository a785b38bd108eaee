import type { Dimensions } from '../metrics-plan.ts';

/** CloudWatch takes no more of one metric. */
export const MAX_DIMENSIONS = 30;

/**
 * The dimensions of all lists, sorted by name. Where two lists have a name, the earlier one counts; an empty value is none. Of
 * more than 30 the first list's go before the second's, and so on.
 */
export function mergedDimensions(...lists: readonly Dimensions[]): Dimensions {
  const [first = []] = lists;
  if (lists.every((list, index) => index === 0 || list.length === 0) && first.length <= MAX_DIMENSIONS && first.every(([, value]) => value !== '')) return first;
  const merged = new Map<string, string>();
  for (const list of lists) {
    for (const [name, value] of list) if (value !== '' && !merged.has(name) && merged.size < MAX_DIMENSIONS) merged.set(name, value);
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The datum's dimensions reduced to `names` (sorted), or null: it has not all of them, or nothing would be reduced.
 */
export function reducedDimensions(dimensions: Dimensions, names: readonly string[]): Dimensions | null {
  if (names.length >= dimensions.length) return null;
  const reduced = dimensions.filter(([name]) => names.includes(name));
  return reduced.length === names.length ? reduced : null;
}
