/** Whose end it is: a test, or a run of a longer experiment. */
export interface Owner { after(fn: () => Promise<void>): void }

const endings = new WeakMap<Owner, (() => unknown)[]>();

/** Runs `end` after the test, the latest first. Unlike hooks of node:test, all of them run even if one fails; the first failure counts. */
export function atEnd(t: Owner, end: () => unknown): void {
  const known = endings.get(t);
  if (known !== undefined) { known.push(end); return; }
  const list = [end];
  endings.set(t, list);
  t.after(async () => {
    const failures: unknown[] = [];
    for (const one of list.toReversed()) {
      try { await one(); } catch (error) { failures.push(error); }
    }
    if (failures.length > 0) throw failures[0];
  });
}
