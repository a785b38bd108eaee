import { hash } from 'node:crypto';

/**
 * The last part of a name such as `/web/config/002-of-005-3f9a1c22b0de`: which part of how many, and the revision they all
 * belong to, a checksum of their values. So whoever reads while a config is replaced sees which parts belong together.
 */
const PART = /^(\d{3})-of-(\d{3})-([0-9a-f]{12})$/;
const REVISION_LENGTH = 12;

/** A config of more parts than this belongs into a file. With the parts of the revision before, what one path may hold is twice as many. */
export const MAX_PARTS = 100;

/** What is known of a stored parameter here. */
export interface StoredPart {
  readonly name: string;
  readonly value: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** The revision of these values, in their order. */
export const revisionOf = (values: readonly string[]): string => hash('sha256', values.join('\n'), 'hex').slice(0, REVISION_LENGTH);

/** The names of these values as parts below a path. */
export function partNames(path: string, values: readonly string[]): readonly string[] {
  const digits = (n: number): string => String(n).padStart(3, '0');
  const revision = revisionOf(values);
  return values.map((_, index) => `${path === '/' ? '' : path}/${digits(index + 1)}-of-${digits(values.length)}-${revision}`);
}

const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1);

export const isPart = (name: string): boolean => PART.test(baseName(name));

/**
 * Of the parameters below a path those that make the config, in the order of their names: in each folder all of them, or
 * where they are parts, those of the newest complete revision. In `fault` why there is none.
 */
export function wholeConfig<T extends StoredPart>(stored: readonly T[]): { readonly chosen: readonly T[] } | { readonly fault: string; readonly expected: string } {
  const chosen: T[] = [];
  for (const [folder, members] of Map.groupBy(stored, ({ name }) => folderOf(name))) {
    const parts = members.filter(({ name }) => isPart(name));
    if (parts.length === 0) {
      chosen.push(...members);
      continue;
    }
    const other = members.find(({ name }) => !isPart(name));
    if (other !== undefined) return { fault: `${folder} holds parts of a config and ${JSON.stringify(baseName(other.name))}, which is none`, expected: 'parts alone (delete the other parameter, or push to another path)' };
    const revisions = [...Map.groupBy(parts, ({ name }) => baseName(name).slice('001-of-'.length)).values()];
    const newest = revisions.filter(isWhole).toSorted((a, b) => latest(b) - latest(a))[0];
    if (newest === undefined) {
      const most = revisions.toSorted((a, b) => b.length - a.length)[0]!;
      return { fault: `${folder} holds ${most.length} of ${countOf(most[0]!.name)} parts of a config, or parts that do not belong together`, expected: 'a complete set: a push is under way or was broken off (push again)' };
    }
    chosen.push(...newest);
  }
  return { chosen: chosen.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

const countOf = (name: string): number => Number(PART.exec(baseName(name))?.[2]);
const latest = (parts: readonly StoredPart[]): number => Math.max(...parts.map(({ modifiedAt }) => modifiedAt));

/** All parts of a revision, and each as it was written. */
function isWhole(parts: readonly StoredPart[]): boolean {
  const inOrder = parts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = partNames(folderOf(parts[0]!.name).slice(0, -1) || '/', inOrder.map(({ value }) => value));
  return inOrder.every(({ name }, index) => name === names[index]);
}
