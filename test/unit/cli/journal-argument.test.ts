import assert from 'node:assert/strict';
import { test } from 'node:test';
import { journalArgument, meansKey } from '../../../src/cli/journal-argument.ts';

test('`journal` means every entry that reads it, `journal:GROUP` those of a log group with their numbers; all else is a file', () => {
  const keys = ['journald g', 'journald g#2', 'journald gg', 'journald h#1', '/var/log/journald g', 'g'];
  const meant = (word: string): readonly string[] | null => {
    const argument = journalArgument(word);
    return argument === null ? null : keys.filter((key) => meansKey(argument, key));
  };
  assert.deepEqual(meant('journal'), ['journald g', 'journald g#2', 'journald gg', 'journald h#1']);
  assert.deepEqual(meant('journal:g'), ['journald g', 'journald g#2']);
  assert.deepEqual(meant('journal:g#2'), ['journald g#2']);
  assert.deepEqual(meant('journal:h#1'), ['journald h#1']);
  assert.deepEqual(['journal:', './journal', 'journal.log', '/journal', './journal:g'].map(meant), [null, null, null, null, null]);
});
