import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../../src/files/finder-turns.ts';

const directories = (count: number, busy: (i: number) => boolean = () => false): { readonly i: number; isBusy(): boolean }[] => Array.from({ length: count }, (_, i) => ({ i, isBusy: () => busy(i) }));

test('a few thousand directories are looked at every second', () => {
  const all = directories(2500);
  assert.deepEqual(new Turns().next(all, 0), all);
});

test('of more, each has its turn, and none twice in a second', () => {
  const all = directories(6000);
  const turns = new Turns();
  const seen = [turns.next(all, 0), turns.next(all, 1000), turns.next(all, 2000)];
  for (const second of seen) assert.equal(new Set(second).size, 2500);
  assert.equal(new Set(seen.flat()).size, 6000);
  assert.deepEqual(seen[2]!.map(({ i }) => i).filter((i) => i < 5000), Array.from({ length: 1500 }, (_, i) => i), 'after the last comes the first');
});

test('busy directories are looked at each second, 500 of them at most', () => {
  const all = directories(10_000, (i) => i >= 9000);
  const turns = new Turns();
  for (let second = 0; second < 3; second++) {
    const next = turns.next(all, second * 1000);
    assert.deepEqual(next.slice(0, 500).map(({ i }) => i), Array.from({ length: 500 }, (_, i) => 9000 + i));
    assert.equal(new Set(next).size, next.length);
  }
});
