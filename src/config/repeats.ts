import { canonicalJson } from './merge.ts';

/** An item of a list that is deep-equal to an earlier one. */
export interface Repeat {
  readonly index: number;
  /** Index of the first of them. */
  readonly first: number;
}

/** The items that stand in the list before, whatever the order of their keys. Only those that share a sketch are written out and compared. */
export function* repeats(items: readonly unknown[]): Generator<Repeat> {
  const bySketch = new Map<number, number>();
  const byText = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const key = sketch(item);
    const alike = bySketch.get(key);
    if (alike === undefined) {
      bySketch.set(key, index);
      continue;
    }
    byText.set(canonicalJson(items[alike]), alike);
    const text = canonicalJson(item);
    const first = byText.get(text);
    if (first === undefined) byText.set(text, index);
    else yield { index, first };
  }
}

/** Whether an item is there twice. */
export const hasRepeats = (items: readonly unknown[]): boolean => repeats(items).next().done !== true;

/** A number that deep-equal values share: the sum over an object's members, so that their order does not count. */
function sketch(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => (Math.imul(sum, 31) + sketch(item)) | 0, 1);
  if (typeof value !== 'object' || value === null) return hash(String(value));
  let sum = 2;
  for (const [key, member] of Object.entries(value)) sum = (sum + Math.imul(hash(key), sketch(member))) | 0;
  return sum;
}

function hash(text: string): number {
  let result = 7;
  for (let at = 0; at < text.length; at++) result = (Math.imul(result, 31) + text.charCodeAt(at)) | 0;
  return result;
}
