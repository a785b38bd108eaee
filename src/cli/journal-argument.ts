/** In the place of a file: the entries of the config that read the journal; null: all of them. */
export interface JournalArgument { readonly group: string | null }

const WORD = 'journal';
/** How keys of journald entries begin, see JournalEntryPlan; what follows is the log group as the config has it. */
const KEY = 'journald ';

/** For the help of a command. */
export const JOURNAL_ARGUMENT = '`journal` for the entries that read the journal of systemd, or `journal:GROUP` for those of one log group (a file of that name is ./journal)';

/** `journal`, or `journal:` and the log group as the config has it; null: the word names a file. */
export function journalArgument(word: string): JournalArgument | null {
  if (word === WORD) return { group: null };
  return word.startsWith(`${WORD}:`) && word.length > WORD.length + 1 ? { group: word.slice(WORD.length + 1) } : null;
}

/** Whether the argument means the entry of this key. */
export function meansKey({ group }: JournalArgument, key: string): boolean {
  if (!key.startsWith(KEY)) return false;
  const named = key.slice(KEY.length);
  return group === null || named === group || named.replace(/#\d+$/, '') === group;
}
