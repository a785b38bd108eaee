// Sets of code points as sorted, disjoint ranges: [low, high, low, high, …], both ends included.

export type Ranges = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;
export const NEWLINE = 10;
export const ANY: Ranges = [0, LAST_CODE_POINT];
export const DIGIT: Ranges = [0x30, 0x39];
export const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** RE2's `\s`, which knows neither \v nor the spaces beyond ASCII. */
export const SPACE: Ranges = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];

export function normalise(pairs: readonly number[]): Ranges {
  const spans: [number, number][] = [];
  for (let i = 0; i < pairs.length; i += 2) spans.push([pairs[i]!, pairs[i + 1]!]);
  spans.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [low, high] of spans) append(out, low, high);
  return out;
}

/** Adds a range that begins no earlier than the last one. */
function append(out: number[], low: number, high: number): void {
  const last = out.at(-1);
  if (last !== undefined && low <= last + 1) out[out.length - 1] = Math.max(last, high);
  else out.push(low, high);
}

export function union(a: Ranges, b: Ranges): Ranges {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const out: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (j >= b.length || a[i]! <= b[j]!) { append(out, a[i]!, a[i + 1]!); i += 2; }
    else { append(out, b[j]!, b[j + 1]!); j += 2; }
  }
  return out;
}

export function complement(set: Ranges): Ranges {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > next) out.push(next, set[i]! - 1);
    next = set[i + 1]! + 1;
  }
  if (next <= LAST_CODE_POINT) out.push(next, LAST_CODE_POINT);
  return out;
}

export function intersect(a: Ranges, b: Ranges): Ranges {
  const out: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const low = Math.max(a[i]!, b[j]!);
    const high = Math.min(a[i + 1]!, b[j + 1]!);
    if (low <= high) out.push(low, high);
    if (a[i + 1]! <= b[j + 1]!) i += 2; else j += 2;
  }
  return out;
}

export function overlaps(a: Ranges, b: Ranges): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i + 1]! < b[j]!) i += 2;
    else if (b[j + 1]! < a[i]!) j += 2;
    else return true;
  }
  return false;
}

export function contains(set: Ranges, point: number): boolean {
  return overlaps(set, [point, point]);
}

/** Whether every member of `a` is one of `b`. */
export function within(a: Ranges, b: Ranges): boolean {
  return !overlaps(a, complement(b));
}

/** U+017F and U+212A are the only code points beyond ASCII that fold to ASCII letters: s and k. */
const FOLDS_TO_S = 0x17f;
const FOLDS_TO_K = 0x212a;

/** The set under case folding: exact for ASCII, all of non-ASCII as soon as one member is non-ASCII (an upper bound). */
export function folded(set: Ranges): Ranges {
  const extra: number[] = [];
  for (let i = 0; i < set.length; i += 2) {
    for (const [low, high, shift] of [[0x41, 0x5a, 32], [0x61, 0x7a, -32]] as const) {
      const from = Math.max(set[i]!, low);
      const to = Math.min(set[i + 1]!, high);
      if (from <= to) extra.push(from + shift, to + shift);
    }
  }
  if (set.length > 0 && set.at(-1)! > 0x7f) {
    extra.push(0x80, LAST_CODE_POINT);
    if (contains(set, FOLDS_TO_S)) extra.push(0x53, 0x53, 0x73, 0x73);
    if (contains(set, FOLDS_TO_K)) extra.push(0x4b, 0x4b, 0x6b, 0x6b);
  }
  const all = union(set, normalise(extra));
  const beyond: number[] = [];
  if (contains(all, 0x73)) beyond.push(FOLDS_TO_S, FOLDS_TO_S);
  if (contains(all, 0x6b)) beyond.push(FOLDS_TO_K, FOLDS_TO_K);
  return union(all, beyond);
}
