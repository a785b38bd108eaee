import assert from 'node:assert/strict';
import { fstatSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { Descriptors } from '../../../src/files/descriptors.ts';

const isOpen = (fd: number): boolean => {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
};

test('what is out of reach is not closed before it is in reach again: a close may hang, too', () => {
  const owner = { path: import.meta.filename, pinned: false, isOutOfReach: true };
  const descriptors = new Descriptors(4, { debug: () => {} });
  const fd = openSync(owner.path, 'r');
  descriptors.put(owner, fd);
  descriptors.close(owner);
  descriptors.closeLate();
  assert.deepEqual([isOpen(fd), descriptors.get(owner)], [true, null]);
  owner.isOutOfReach = false;
  descriptors.closeLate();
  assert.equal(isOpen(fd), false);
});
