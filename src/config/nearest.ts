/** Steps from `a` to `b`: insertions, deletions, replacements and swaps of neighbours, one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let steps = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) steps = Math.min(steps, beforeLast[column - 2]! + 1);
      current.push(steps);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/** Longer words are not compared: nobody mistypes them into a key. */
const MAX_WORD = 64;

/** What `word` was probably meant to be, or null: the nearest candidate within a third of its length (at least 1 step), letter case aside. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > MAX_WORD) return null;
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '_');
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of candidates) {
    const steps = editDistance(plain(word), plain(candidate));
    if (steps < least && steps <= Math.max(1, Math.floor(candidate.length / 3))) {
      least = steps;
      best = candidate;
    }
  }
  return best;
}
