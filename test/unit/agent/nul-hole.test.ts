import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zerosUntil } from '../../../src/agent/nul-hole.ts';

/** Longer and shorter than the blocks that are compared at once, and exactly one and two of them. */
for (const length of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
  test(`a run of ${length} NULs is found to its last byte, before text and before the end of what was read`, () => {
    const bytes = Buffer.alloc(length + 100);
    bytes.fill('x', 0, 7);
    bytes.fill('x', 7 + length);
    assert.equal(zerosUntil(bytes, 7, bytes.length), 7 + length);
    assert.equal(zerosUntil(bytes, 7, 7 + length), 7 + length);
  });
}
