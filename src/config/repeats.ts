import { plainValue, type JsonNode } from './json-tree.ts';
import { canonicalJson } from './merge.ts';

/** An item of a list that is deep-equal to an earlier one. */
export interface Repeat {
  readonly index: number;
  /** Index of the first of them. */
  readonly first: number;
}

/** The items that stand in the list before, whatever the order of their keys. Only those that share a sketch are written out and compared. */
export function* repeats(items: readonly JsonNode[]): Generator<Repeat> {
  const bySketch = new Map<number, number>();
  const byText = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const key = sketch(item);
    const alike = bySketch.get(key);
    if (alike === undefined) {
      bySketch.set(key, index);
      continue;
    }
    byText.set(textOf(items[alike]!), alike);
    const text = textOf(item);
    const first = byText.get(text);
    if (first === undefined) byText.set(text, index);
    else yield { index, first };
  }
}

const textOf = (node: JsonNode): string => canonicalJson(plainValue(node));

/** A number that deep-equal values share: the sum over an object's members, so that their order does not count. */
function sketch(node: JsonNode): number {
  switch (node.kind) {
    case 'scalar': return hash(String(node.value));
    case 'array': return node.items.reduce((sum, item) => (Math.imul(sum, 31) + sketch(item)) | 0, 1);
    case 'object': {
      let sum = 2;
      for (const [key, member] of node.members) sum = (sum + Math.imul(hash(key), sketch(member.node))) | 0;
      return sum;
    }
    default: return node satisfies never;
  }
}

function hash(text: string): number {
  let result = 7;
  for (let at = 0; at < text.length; at++) result = (Math.imul(result, 31) + text.charCodeAt(at)) | 0;
  return result;
}
