// A cursor names an entry of the journal: `s=…;i=…;b=…;m=…;t=…;x=…`. `s` is the file series and `i` the entry's number in
// it (journald counts over all of its files), `b` the boot, `m` and `t` microseconds since it and since 1970, `x` a hash
// of the content. All numbers are hexadecimal.

const FIELD = /(?:^|;)([a-z])=([^;]*)/g;

function fieldsOf(cursor: string): ReadonlyMap<string, string> {
  return new Map(Array.from(cursor.matchAll(FIELD), ([, name, value]) => [name!, value!]));
}

/** Whether two cursors name one entry. An entry that was moved from /run to /var has another number there. */
export function isSameEntry(one: string, other: string): boolean {
  const [a, b] = [fieldsOf(one), fieldsOf(other)];
  return ['b', 'm', 't', 'x'].every((name) => a.has(name) && a.get(name) === b.get(name));
}

/** Whether it has what names an entry. */
export function isCursor(text: string): boolean { return isSameEntry(text, text); }

/** Epoch milliseconds of the entry; NaN for what is no cursor. */
export function timeOf(cursor: string): number {
  return Number.parseInt(fieldsOf(cursor).get('t') ?? '', 16) / 1000;
}

/** How many entries of the whole journal lie between two; null where their numbers are of different series. Negative when `to` comes first. */
export function entriesBetween(from: string, to: string): number | null {
  const [a, b] = [fieldsOf(from), fieldsOf(to)];
  if (!a.has('s') || a.get('s') !== b.get('s')) return null;
  const between = Number.parseInt(b.get('i') ?? '', 16) - Number.parseInt(a.get('i') ?? '', 16) - 1;
  return Number.isNaN(between) ? null : between;
}

/** Whether the entry at `cursor` is one of those behind `behind` (empty: from the first) up to and with that at `upTo`: by their numbers, else by their times. */
export function liesBetween(cursor: string, behind: string, upTo: string): boolean {
  const isBehind = (one: string, other: string): boolean => {
    const between = entriesBetween(other, one);
    return between === null ? timeOf(one) > timeOf(other) : between >= 0;
  };
  return (behind === '' || isBehind(cursor, behind)) && (isSameEntry(cursor, upTo) || isBehind(upTo, cursor));
}

/** Entries remembered: some hundred kilobytes. */
const REMEMBERED = 4_096;

/**
 * The latest entries of one reading. When journald moves its files from /run to /var, what follows them is shown entries that it
 * was shown before, under other numbers.
 */
export class RecentEntries {
  readonly #known = new Set<string>();
  readonly #ring: string[] = [];
  #next = 0;

  /** True for an entry that was here already, else remembers it. */
  knows(cursor: string): boolean {
    // Boot, both times and hash: sd_journal_get_cursor(3) writes them last.
    const identity = cursor.slice(cursor.indexOf(';b='));
    if (this.#known.has(identity)) return true;
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#ring[this.#next] = identity;
    this.#next = (this.#next + 1) % REMEMBERED;
    this.#known.add(identity);
    return false;
  }
}
