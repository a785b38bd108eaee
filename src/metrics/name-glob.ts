/**
 * Whether a name matches a glob of `*`, `?` and `[a-z]`, `[!a-z]`; all else stands for itself, also a bracket that is not closed.
 * Pure. At most the product of both lengths in steps, whatever the glob.
 */
export function matchesGlob(glob: string, name: string): boolean {
  let [at, i] = [0, 0];
  /** Where the last `*` stands, and what of the name it has taken. */
  let star = -1;
  let taken = 0;
  while (i < name.length) {
    const step = glob[at] === '*' ? 0 : oneCharacter(glob, at, name[i]!);
    if (glob[at] === '*') {
      star = at;
      taken = i;
      at += 1;
    } else if (step > 0) {
      at += step;
      i += 1;
    } else if (star === -1) {
      return false;
    } else {
      taken += 1;
      at = star + 1;
      i = taken;
    }
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}

/** How long the part of the glob is that stands for this character; 0 if it stands for another. */
function oneCharacter(glob: string, at: number, character: string): number {
  const sign = glob[at];
  if (sign === undefined) return 0;
  if (sign === '?') return 1;
  const close = sign === '[' ? glob.indexOf(']', at + (/[!^]/.test(glob[at + 1] ?? '') ? 3 : 2)) : -1;
  if (close === -1) return sign === character ? 1 : 0;
  const negated = glob[at + 1] === '!' || glob[at + 1] === '^';
  return holds(glob.slice(at + (negated ? 2 : 1), close), character) === negated ? 0 : close + 1 - at;
}

function holds(set: string, character: string): boolean {
  for (let i = 0; i < set.length; i++) {
    const range = set[i + 1] === '-' && i + 2 < set.length;
    if (range ? set[i]! <= character && character <= set[i + 2]! : set[i] === character) return true;
    if (range) i += 2;
  }
  return false;
}
