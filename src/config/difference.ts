import { pointerToken } from './json-tree.ts';
import { canonicalJson, mergeRule } from './merge.ts';

/** One thing in which two configs differ. */
export type Difference = {
  /** Of the value in the later config; of a removed one in the earlier. */
  readonly pointer: string;
  /** `file_path`, or of a journald entry `log_group_name`, of the entry of a list it lies in, or is; null elsewhere. */
  readonly entry: string | null;
} & (
  | { readonly kind: 'added'; readonly to: unknown }
  | { readonly kind: 'removed'; readonly from: unknown }
  | { readonly kind: 'changed'; readonly from: unknown; readonly to: unknown }
);

/**
 * What turns one config (plain JSON values) into the other, in the order of the later one, removals behind. Objects are compared key by key. The lists
 * that several files may share are sets: their order says nothing, and an entry is the same one when its `file_path` (of a journald entry: `log_group_name`) is.
 */
export function differences(from: unknown, to: unknown): readonly Difference[] {
  const found: Difference[] = [];
  compare(from, to, { pointer: '', entry: null }, found);
  return found;
}

type At = Pick<Difference, 'pointer' | 'entry'>;

function compare(from: unknown, to: unknown, at: At, found: Difference[]): void {
  if (isObject(from) && isObject(to)) {
    compareNamed(new Map(Object.entries(from)), new Map(Object.entries(to)), (key) => ({ pointer: `${at.pointer}/${pointerToken(key)}`, entry: at.entry }), found);
  } else if (Array.isArray(from) && Array.isArray(to) && mergeRule(at.pointer) === 'items') {
    const [before, after] = [byIdentity(from), byIdentity(to)];
    const [earlier, later] = [[...before.keys()], [...after.keys()]];
    const place = (key: string): At => ({ pointer: `${at.pointer}/${after.has(key) ? later.indexOf(key) : earlier.indexOf(key)}`, entry: pathOf(after.get(key) ?? before.get(key)) });
    compareNamed(before, after, place, found);
  } else if (canonicalJson(from) !== canonicalJson(to)) {
    found.push({ ...at, kind: 'changed', from, to });
  }
}

function compareNamed(from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>, at: (key: string) => At, found: Difference[]): void {
  for (const [key, value] of to) {
    if (from.has(key)) compare(from.get(key), value, at(key), found);
    else found.push({ ...at(key), kind: 'added', to: value });
  }
  for (const [key, value] of from) if (!to.has(key)) found.push({ ...at(key), kind: 'removed', from: value });
}

/** The items by what makes each the same one in both configs: its path, and which one of that path it is; else all of it. */
function byIdentity(items: readonly unknown[]): ReadonlyMap<string, unknown> {
  const uses = new Map<string, number>();
  return new Map(items.map((item) => {
    const name = JSON.stringify(pathOf(item)) + (pathOf(item) === null ? canonicalJson(item) : '');
    const use = (uses.get(name) ?? 0) + 1;
    uses.set(name, use);
    return [`${use} ${name}`, item] as const;
  }));
}

function pathOf(item: unknown): string | null {
  // Selections of the journal are told apart by their groups.
  const path = isObject(item) ? item['file_path'] ?? item['log_group_name'] : null;
  return typeof path === 'string' ? path : null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
