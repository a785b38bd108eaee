import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentEntries, entriesBetween, isSameEntry, timeOf } from '../../../src/journald/cursor.ts';
import { startJournalctl } from '../../../src/journald/journal-program.ts';
import { entryArgs, journalFault, readingArgs } from '../../../src/journald/journalctl.ts';

const ALL = { directory: null, units: [], priority: 6, matches: [] };
const CURSOR = 's=e77384135a9f49bfb805870178044d5f;i=1f;b=aa;m=ffdc0;t=660d0517094f4;x=41435f0c27e43c5d';

test('entries of this machine are read over all boots, from the entry of the cursor on and without a limit of lines', () => {
  assert.deepEqual(readingArgs(ALL, 'f00', CURSOR, true), ['--output=export', '--no-pager', '--merge', '--no-tail', '--follow', `--cursor=${CURSOR}`, '--priority=6', '_MACHINE_ID=f00']);
  assert.deepEqual(readingArgs({ ...ALL, directory: '/srv/j', units: ['a', 'b'], matches: [['A=1', 'B=2'], ['C=3']] }, 'f00', null, false),
    ['--output=export', '--no-pager', '--merge', '--directory=/srv/j', '--no-tail', '--priority=6', '--unit=a', '--unit=b', 'A=1', 'B=2', '+', 'C=3']);
  assert.deepEqual(readingArgs({ ...ALL, matches: [['A=1'], ['C=3']] }, 'f00', null, false).slice(-5), ['A=1', '_MACHINE_ID=f00', '+', 'C=3', '_MACHINE_ID=f00']);
  assert.deepEqual(entryArgs(ALL, null, null), ['--output=export', '--no-pager', '--merge', '--lines=1']);
});

test('a cursor tells its time, whether another one names the same entry, and how many lie between', () => {
  assert.equal(timeOf(CURSOR), 0x660d0517094f4 / 1000);
  assert.ok(Number.isNaN(timeOf('')));
  assert.ok(isSameEntry(CURSOR, CURSOR.replace('s=e7', 's=00').replace('i=1f', 'i=2')), 'moved from /run to /var');
  assert.ok(!isSameEntry(CURSOR, CURSOR.replace('x=4', 'x=5')));
  assert.ok(!isSameEntry('', ''));
  assert.equal(entriesBetween(CURSOR, CURSOR.replace('i=1f', 'i=2a')), 10);
  assert.equal(entriesBetween(CURSOR, CURSOR), -1);
  assert.equal(entriesBetween(CURSOR, CURSOR.replace('s=e7', 's=00')), null);
});

test('why the journal cannot be read is said with what mends it', () => {
  assert.match(journalFault('No journal files were opened due to insufficient permissions.', ALL, 'agent'), /^the journal of this host may not be read by the user agent: `usermod -aG systemd-journal agent`/);
  assert.match(journalFault('Failed to open /x: No such file or directory', { directory: '/x' }, 'agent'), /^\/x does not exist: create it/);
  assert.equal(journalFault('Failed to add filter for units: No data available\nmore', ALL, 'agent'), 'the journal of this host cannot be read: journalctl says "Failed to add filter for units: No data available"');
});

test('an entry that is shown again under another number is known, as long as not too many came between', () => {
  const recent = new RecentEntries();
  const cursorOf = (i: number, series = 'a'): string => `s=${series};i=${i.toString(16)};b=bb;m=${i.toString(16)};t=${i.toString(16)};x=0`;
  for (let i = 0; i < 10_000; i++) assert.equal(recent.knows(cursorOf(i)), false);
  assert.equal(recent.knows(cursorOf(9_000, 'b')), true);
  assert.equal(recent.knows(cursorOf(1_000, 'b')), false, 'it remembers no more than it may');
});

test('a journalctl that cannot be begun is one that ends with the reason: nobody has to catch it', async () => {
  // More than the kernel takes as one argument.
  const run = startJournalctl('/bin/true', [`A=${'x'.repeat(200_000)}`]);
  for await (const chunk of run.output) assert.fail(chunk.toString());
  assert.deepEqual(await run.ended, { code: null, complaint: 'spawn E2BIG' });
  run.stop();
});
