import { placeAt, plainValue, pointerToken, type JsonNode, type Member, type ObjectNode } from './json-tree.ts';
import type { Problem } from './problem.ts';

/** How the values of one key in several documents become one. */
export type MergeRule =
  /** Objects: key by key. */
  | 'members'
  /** Lists: one after the other, a deep-equal item once. */
  | 'items'
  /** Objects or lists of objects: a list of all that differ. */
  | 'alternatives'
  /** Must be the same wherever it stands. */
  | 'same';

/** As the CloudWatch agent merges its files; `journald`, which it cannot merge, is our addition. */
const RULES: Readonly<Record<string, MergeRule>> = Object.fromEntries([
  ...[
    '', '/agent', '/metrics', '/metrics/metrics_collected', '/logs', '/logs/logs_collected', '/logs/logs_collected/files', '/logs/logs_collected/windows_events',
    '/logs/logs_collected/journald', '/logs/metrics_collected', '/logs/metrics_collected/ecs', '/logs/metrics_collected/kubernetes', '/logs/metrics_collected/prometheus',
    '/traces', '/traces/traces_collected', '/opentelemetry', '/opentelemetry/collect',
  ].map((pointer) => [pointer, 'members'] as const),
  ...[
    '/agent/usage_metadata', '/metrics/metrics_collected/procstat',
    '/logs/logs_collected/files/collect_list', '/logs/logs_collected/windows_events/collect_list', '/logs/logs_collected/journald/collect_list',
  ].map((pointer) => [pointer, 'items'] as const),
  ...['/metrics/metrics_collected', '/logs/metrics_collected', '/traces/traces_collected'].flatMap((section) => [`${section}/jmx`, `${section}/otlp`]).map((pointer) => [pointer, 'alternatives'] as const),
]);

/** The rule of the key at a JSON pointer. */
export const mergeRule = (pointer: string): MergeRule => RULES[pointer] ?? 'same';

/** One document of several, in the order given. A difference that no rule settles is an error that names both places; the first value is kept. */
export function mergeDocuments(roots: readonly JsonNode[]): { readonly root: JsonNode | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const [first, ...others] = roots;
  let root = first ?? null;
  for (const other of others) root = root === null ? other : mergeNodes(root, other, '', problems);
  return { root, problems };
}

function mergeNodes(left: JsonNode, right: JsonNode, pointer: string, problems: Problem[]): JsonNode {
  const rule = mergeRule(pointer);
  if (rule === 'members' && left.kind === 'object' && right.kind === 'object') return mergeMembers(left, right, pointer, problems);
  if (rule === 'items' && left.kind === 'array' && right.kind === 'array') return { ...left, items: union(left.items, right.items) };
  if (fingerprint(left) === fingerprint(right)) return left;
  if (rule === 'alternatives' && left.kind !== 'scalar' && right.kind !== 'scalar') {
    return { kind: 'array', source: left.source, start: left.start, items: union(alternatives(left), alternatives(right)) };
  }
  const at = placeAt(left.source, left.start);
  problems.push({
    severity: 'error', ...placeAt(right.source, right.start), pointer, didYouMean: null,
    message: `a different value is given in ${at.file}:${at.line}:${at.column}`, expected: 'the same value in both places, or the key in one of them only',
  });
  return left;
}

function mergeMembers(left: ObjectNode, right: ObjectNode, pointer: string, problems: Problem[]): ObjectNode {
  const members = new Map<string, Member>(left.members);
  for (const [key, member] of right.members) {
    const known = members.get(key);
    members.set(key, known === undefined ? member : { ...known, node: mergeNodes(known.node, member.node, `${pointer}/${pointerToken(key)}`, problems) });
  }
  return { ...left, members };
}

const alternatives = (node: JsonNode): readonly JsonNode[] => (node.kind === 'array' ? node.items : [node]);

function union(left: readonly JsonNode[], right: readonly JsonNode[]): readonly JsonNode[] {
  const known = new Set(left.map(fingerprint));
  const added = right.filter((item) => {
    const mark = fingerprint(item);
    if (known.has(mark)) return false;
    known.add(mark);
    return true;
  });
  return [...left, ...added];
}

const fingerprint = (node: JsonNode): string => canonicalJson(plainValue(node));

/** JSON with sorted keys: equal for deep-equal values. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
