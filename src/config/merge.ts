import { placeAt, plainValue, pointerToken, type JsonNode, type Member } from './json-tree.ts';
import type { Problem } from './problem.ts';

/** Lists of this name are joined; a second deep-equal item is left out, as the CloudWatch agent does. */
const JOINED_LIST = 'collect_list';

/**
 * One document of several, in the order given: objects are merged key by key, `collect_list`s are joined, and everything else
 * must be the same wherever it stands. A difference is an error that names both places; the first value is kept.
 */
export function mergeDocuments(roots: readonly JsonNode[]): { readonly root: JsonNode | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const [first, ...others] = roots;
  let root = first ?? null;
  for (const other of others) root = root === null ? other : mergeNodes(root, other, '', problems);
  return { root, problems };
}

function mergeNodes(left: JsonNode, right: JsonNode, pointer: string, problems: Problem[]): JsonNode {
  if (left.kind === 'object' && right.kind === 'object') {
    const members = new Map<string, Member>(left.members);
    for (const [key, member] of right.members) {
      const known = members.get(key);
      members.set(key, known === undefined ? member : { ...known, node: mergeNodes(known.node, member.node, `${pointer}/${pointerToken(key)}`, problems) });
    }
    return { ...left, members };
  }
  if (left.kind === 'array' && right.kind === 'array' && pointer.endsWith(`/${JOINED_LIST}`)) {
    const known = new Set(left.items.map(fingerprint));
    return { ...left, items: [...left.items, ...right.items.filter((item) => !known.has(fingerprint(item)))] };
  }
  if (fingerprint(left) !== fingerprint(right)) {
    const at = placeAt(left.source, left.start);
    problems.push({
      severity: 'error', ...placeAt(right.source, right.start), pointer, didYouMean: null,
      message: `a different value is given in ${at.file}:${at.line}:${at.column}`, expected: 'the same value in both files, or the key in one of them only',
    });
  }
  return left;
}

const fingerprint = (node: JsonNode): string => canonicalJson(plainValue(node));

/** JSON with sorted keys: equal for deep-equal values. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
