import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constantFrom, integer, property } from 'fast-check';
import { NumberedReceipt, compareLines, isProven, storedLines, textLines } from '../../../../src/cli/demo/proof.ts';

const receiptOf = (messages: readonly string[]): NumberedReceipt => {
  const receipt = new NumberedReceipt(/line (\d+)/g);
  for (const message of messages) receipt.take(message);
  return receipt;
};

test('numbered lines that all arrived once and in order are proven, several in one message too', () => {
  const verdict = receiptOf(['line 0', 'line 1\n  at line 2\n  at line 3', 'line 4']).verdict(5);
  assert.deepEqual(verdict, { expected: 5, delivered: 5, lost: 0, twice: 0, outOfOrder: 0, examples: [] });
  assert.ok(isProven(verdict));
});

test('a lost, a doubled and a late line are each counted, the lost ones by number', () => {
  const verdict = receiptOf(['line 0', 'line 2', 'line 1', 'line 2', 'line 5']).verdict(7);
  assert.deepEqual(verdict, { expected: 7, delivered: 4, lost: 3, twice: 1, outOfOrder: 1, examples: ['line 3 is missing', 'line 4 is missing', 'line 6 is missing'] });
  assert.ok(!isProven(verdict));
});

test('whatever is dropped, doubled or swapped of a hundred lines, the counts say so', () => {
  check(property(array(integer({ min: 0, max: 99 }), { maxLength: 200 }), (numbers) => {
    const { delivered, lost, twice } = receiptOf(numbers.map((n) => `line ${n}`)).verdict(100);
    const distinct = new Set(numbers).size;
    assert.deepEqual([delivered, lost, twice], [distinct, 100 - distinct, numbers.length - distinct]);
  }), { numRuns: 100 });
});

test('a file counts by its lines with text: no blank ones, carriage returns or leading NULs', () => {
  assert.deepEqual([...textLines('a\r\n\n  \r\n\0\0b\n  c\r\r\nd')], ['a', 'b', '  c', 'd']);
});

test('the pieces of a cut message are put together again; marks that are part of a log stay', () => {
  assert.deepEqual([...storedLines(['a', 'b1[Truncated...]', '[...Continued]b2[Truncated...]', '[...Continued]b3\n c', 'd[Truncated...]', 'e', 'f[Truncated...]'])], ['a', 'b1b2b3', ' c', 'd[Truncated...]', 'e', 'f[Truncated...]']);
});

test('a file is proven by any beginning of it that covers what is due, and by nothing else', () => {
  const file = ['a', 'b', 'a', 'c'];
  assert.ok(isProven(compareLines(file, 2, ['a', 'b', 'a'])));
  assert.deepEqual(compareLines(file, 3, ['a', 'b']), { expected: 3, delivered: 2, lost: 1, twice: 0, outOfOrder: 0, examples: [] });
  assert.deepEqual(compareLines(file, 4, ['a', 'b', 'a', 'c', 'c']), { expected: 4, delivered: 4, lost: 0, twice: 1, outOfOrder: 0, examples: ['stored line 5 is not line 5 of the file'] });
  assert.equal(compareLines(file, 4, ['a', 'b', 'c', 'a']).outOfOrder, 1);
  assert.equal(compareLines(file, 4, ['a', 'x', 'a', 'c']).lost, 1);
});

test('no other sequence than a beginning of the file is ever proven', () => {
  check(property(array(constantFrom('a', 'b', 'c'), { maxLength: 6 }), array(constantFrom('a', 'b', 'c'), { maxLength: 6 }), integer({ min: 0, max: 6 }), (file, stored, due) => {
    const covered = Math.min(due, file.length);
    const right = stored.length >= covered && stored.length <= file.length && stored.every((line, i) => line === file[i]);
    assert.equal(isProven(compareLines(file, covered, stored)), right);
  }), { numRuns: 300 });
});
