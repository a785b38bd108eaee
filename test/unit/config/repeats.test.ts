import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson } from '../../../src/config/merge.ts';
import { repeats } from '../../../src/config/repeats.ts';

const found = (items: readonly unknown[]): readonly (readonly [number, number])[] => [...repeats(items)].map(({ index, first }) => [index, first]);

test('each item that was there before is found with its first, and no other', () => {
  const few = fc.oneof(fc.constantFrom<unknown>('a', 'b', 'ab', 1, 0, true, null), fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b', 1), { maxKeys: 2 }));
  fc.assert(fc.property(fc.array(few, { maxLength: 12 }), (items) => {
    const texts = items.map(canonicalJson);
    assert.deepEqual(found(items), texts.flatMap((text, index) => (texts.indexOf(text) < index ? [[index, texts.indexOf(text)]] : [])));
  }));
});

test('the order of keys does not count, that of a list does', () => {
  assert.deepEqual(found([{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, { a: 1, b: [2, 1] }, { a: 2, b: [1, 2] }]), [[1, 0]]);
});

test('values that share their members but not their keys are told apart', () => {
  assert.deepEqual(found([{ a: 'x', b: 'y' }, { a: 'y', b: 'x' }, 'Aa', 'BB', 'Aa', 'BB']), [[4, 2], [5, 3]]);
});
