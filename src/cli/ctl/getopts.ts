/** One word of a command line, as getopts of a POSIX shell tells it. */
export type ParsedFlag =
  | { readonly kind: 'flag'; readonly letter: string; readonly argument: string | null }
  /** A letter that is no flag; what follows it in the same word is read on. */
  | { readonly kind: 'unknown'; readonly letter: string }
  /** The last flag lacks its argument. */
  | { readonly kind: 'incomplete'; readonly letter: string };

/**
 * Reads flags one by one, in order, as getopts does: several in one word (`-sa status`), an argument behind its flag or in the next word (`-astatus`),
 * until `--`, or a word that is no flag. Pure.
 * @param flags the letters, a colon behind each that takes an argument
 */
export function* parseFlags(args: readonly string[], flags: string): Generator<ParsedFlag, undefined> {
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (word === '--' || word === '-' || !word.startsWith('-')) return;
    for (let i = 1; i < word.length; i++) {
      const letter = word[i]!;
      const place = letter === ':' ? -1 : flags.indexOf(letter);
      if (place === -1) { yield { kind: 'unknown', letter }; continue; }
      if (flags[place + 1] !== ':') { yield { kind: 'flag', letter, argument: null }; continue; }
      const rest = word.slice(i + 1);
      const argument = rest === '' ? args[++at] : rest;
      yield argument === undefined ? { kind: 'incomplete', letter } : { kind: 'flag', letter, argument };
      break;
    }
  }
}
