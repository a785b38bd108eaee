import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isCursor, liesBetween } from '../../../src/journald/cursor.ts';

const cursor = (number: number, time: number, series = 'a'): string => `s=${series.repeat(32)};i=${number.toString(16)};b=${'b'.repeat(32)};m=${time.toString(16)};t=${time.toString(16)};x=${number.toString(16)}`;
const number = fc.integer({ min: 1, max: 50 });

test('an entry lies behind one cursor and up to another by its number, whatever the clock did', () => {
  fc.assert(fc.property(number, number, number, fc.array(number, { minLength: 51, maxLength: 51 }), (one, behind, upTo, times) => {
    const [asked, first, last] = [one, behind, upTo].map((n) => cursor(n, times[n]!)) as [string, string, string];
    assert.equal(liesBetween(asked, first, last), behind < one && one <= upTo);
    assert.equal(liesBetween(asked, '', last), one <= upTo);
  }));
});

test('where the numbers are of different series, the times tell; the same entry under another number is the same', () => {
  assert.equal(liesBetween(cursor(9, 5, 'c'), cursor(1, 4), cursor(2, 6)), true);
  assert.equal(liesBetween(cursor(9, 4, 'c'), cursor(1, 4), cursor(2, 6)), false);
  assert.equal(liesBetween(cursor(9, 7, 'c'), cursor(1, 4), cursor(2, 6)), false);
  assert.equal(liesBetween(cursor(2, 6).replace('s=a', 's=c'), cursor(1, 4), cursor(2, 6)), true);
});

test('a text without what names an entry is no cursor', () => {
  assert.deepEqual(['', 'none', 's=a;i=1', cursor(1, 1)].map(isCursor), [false, false, false, true]);
});
