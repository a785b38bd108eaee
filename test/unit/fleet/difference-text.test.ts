import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceText } from '../../../src/fleet/difference-text.ts';

const NONE = { kept: 0, changed: 0, added: 0, removed: 0 };

test('a reload says what it changed of the entries, and of collectors where there are any', () => {
  assert.equal(differenceText({ ...NONE, kept: 1, added: 2 }), '1 entry unchanged, 0 changed, 2 new, 0 gone');
  assert.equal(differenceText({ ...NONE, collectors: { ...NONE, kept: 3, removed: 1, publishing: false } }), '0 entries unchanged, 0 changed, 0 new, 0 gone; 3 collectors unchanged, 0 changed, 0 new, 1 gone');
  assert.match(differenceText({ ...NONE, collectors: { ...NONE, kept: 1, publishing: true } }), /; 1 collector unchanged, .*; metrics are published in another way$/);
});
