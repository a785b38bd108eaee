import assert from 'node:assert/strict';
import { appendFileSync, existsSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { monotonicClock } from '../support/clock.ts';
import { append, numbered } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';

/** Makes the first file clearly the older one, whatever the clock's tick. */
function age(path: string): void { utimesSync(path, new Date(), new Date(Date.now() - 5_000)); }

test('auto_removal: a file goes when a newer one matches and every byte of it is acknowledged, not before; nothing is lost', async (t) => {
  const first = numbered('first', 1_000);
  const rig = await rigFor(t, { entries: [{ path: 'app-*.log', autoRemoval: true }], files: { 'app-1.log': first } });
  const [older, newer] = [rig.path('app-1.log'), rig.path('app-2.log')];
  age(older);
  const served = rig.outage();
  await rig.start();
  await rig.stalled();
  append(newer, ['second']);
  await until('the newer file to be followed', () => [...rig.generations].length === 2);
  const attempts = rig.attempts;
  await until('more attempts', () => rig.attempts > attempts + 2);
  assert.ok(existsSync(older), 'not acknowledged yet');
  served();
  await rig.arrived([...first, 'second']);
  await until('the older file to be removed', () => !existsSync(older));
  assert.ok(existsSync(newer), 'the newest stays');
  await rig.stop();
});

test('auto_removal: a file whose last line has no newline yet stays', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app-*.log', autoRemoval: true }], files: { 'app-1.log': ['one'] } });
  const older = rig.path('app-1.log');
  await rig.arrived(['one']);
  appendFileSync(older, 'no newline yet');
  age(older);
  append(rig.path('app-2.log'), ['two']);
  await rig.arrived(['one', 'two']);
  await until('housekeeping to have looked', () => rig.generations.length === 2 && rig.generations.some(({ pending }) => pending > 0));
  assert.ok(existsSync(older));
  await rig.stop();
});

test('auto_removal with follow: all: an older match has a writer of its own perhaps, and goes only when it was quiet for ten minutes', async (t) => {
  const clock = monotonicClock(t);
  const rig = await startRig(t, { entries: [{ path: 'app-*.log', autoRemoval: true, follow: 'all' }], files: { 'app-1.log': ['one'] } });
  const older = rig.path('app-1.log');
  await rig.arrived(['one']);
  append(rig.path('app-2.log'), ['two']);
  await rig.arrived(['one', 'two']);
  clock.advance(9 * 60_000);
  append(older, ['three']);
  await rig.arrived(['one', 'two', 'three']);
  append(rig.path('app-2.log'), ['four']);
  await rig.arrived(['one', 'two', 'three', 'four']);
  clock.advance(9 * 60_000);
  append(rig.path('app-2.log'), ['five']);
  await rig.arrived(['one', 'two', 'three', 'four', 'five']);
  assert.ok(existsSync(older));
  clock.advance(2 * 60_000);
  await until('the older file to be removed', () => !existsSync(older));
  assert.ok(existsSync(rig.path('app-2.log')));
  await rig.stop();
});
