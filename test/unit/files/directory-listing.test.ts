import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DirectoryListing } from '../../../src/files/directory-listing.ts';

const WALL = 1_760_000_000_000;

test('a directory whose mtime is old is listed once, and again only when the mtime moves', () => {
  const listing = new DirectoryListing();
  listing.seen(WALL - 60_000.5, true, 0, WALL);
  assert.equal(listing.isDue(0), true);
  listing.listed(0, 1);
  listing.seen(WALL - 60_000.5, false, 1000, WALL + 1000);
  assert.deepEqual([listing.isDue(1000), listing.isBusy(1000)], [false, false]);
  listing.seen(WALL + 1999.5, false, 2000, WALL + 2000);
  assert.deepEqual([listing.isDue(2000), listing.isBusy(2000), listing.isBusy(62_001)], [true, true, false]);
});

test('a directory that was just changing is listed once more at the next look, and with a clock of whole seconds until two have passed', () => {
  const listedAt = (mtimeMs: number): number[] => {
    const listing = new DirectoryListing();
    const times: number[] = [];
    for (let now = 0; now <= 5000; now += 1000) {
      listing.seen(mtimeMs, now === 0, now, WALL + now);
      if (!listing.isDue(now)) continue;
      times.push(now);
      listing.listed(now, now);
    }
    return times;
  };
  assert.deepEqual(listedAt(WALL - 5.5), [0, 1000]);
  assert.deepEqual(listedAt(WALL), [0, 1000, 2000]);
});

test('no change is missed: the last listing began after the last change, whatever the tick of the clock', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 12 });
  fc.assert(fc.property(gaps, fc.constantFrom(4, 1000), (changes, tick) => {
    const listing = new DirectoryListing();
    const times: number[] = [];
    for (const gap of changes) times.push((times.at(-1) ?? 0) + gap);
    const last = times.at(-1) ?? 0;
    let listedFrom = -1;
    for (let now = 1, first = true; now < last + 5000; now += 1000, first = false) {
      const changed = times.filter((time) => time <= now).at(-1) ?? 0;
      // A clock of milliseconds never shows a whole second here: that is what tells the two apart.
      const mtimeMs = Math.floor((WALL + changed) / tick) * tick + (tick < 1000 ? 0.5 : 0);
      listing.seen(mtimeMs, first, now, WALL + now);
      if (!listing.isDue(now)) continue;
      listing.listed(now, now);
      listedFrom = now;
    }
    assert.ok(listedFrom >= last, `changed at ${last}, listed at ${listedFrom}`);
  }), { numRuns: 300 });
});

test('a slow listing, and one that failed, is not repeated at once; what is newly wanted does not wait', () => {
  const listing = new DirectoryListing();
  listing.seen(WALL, true, 0, WALL);
  listing.listed(0, 30);
  assert.deepEqual([listing.isDue(1199), listing.isDue(1200)], [false, true], 'forty times as long as it took');
  listing.listed(1200, 1300);
  assert.deepEqual([listing.isDue(3199), listing.isDue(3200)], [false, true], 'two seconds at most');
  listing.failed(4000);
  assert.deepEqual([listing.isDue(8999), listing.isDue(9000)], [false, true]);
  listing.want();
  assert.equal(listing.isDue(4001), true);
});

test('a directory that is gone is listed when it is back, although its mtime is the same', () => {
  const listing = new DirectoryListing();
  listing.seen(WALL - 60_000, true, 0, WALL);
  listing.listed(0, 1);
  listing.vanished();
  listing.seen(WALL - 60_000, false, 1000, WALL + 1000);
  assert.equal(listing.isDue(1000), true);
});
