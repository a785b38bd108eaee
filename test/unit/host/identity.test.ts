import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityIn } from '../../../src/host/identity.ts';

const status = (caps: string): string => `Name:\tagent\nUid:\t990\t990\t990\t990\nGid:\t980\t980\t980\t980\nGroups:\t4 27 \nCapEff:\t${caps}\n`;

test('user, groups and whether modes matter are read from what the kernel says of a process', () => {
  assert.deepEqual(identityIn(status('0000000000000000')), { uid: 990, groups: new Set([980, 4, 27]), readsAll: false, administers: false });
  assert.deepEqual([1, 21].map((bit) => identityIn(status((1n << BigInt(bit)).toString(16).padStart(16, '0')))?.administers), [false, true]);
  assert.equal(identityIn(status('0000000000000004'))?.readsAll, true);
  assert.equal(identityIn(status('0000000000000001'))?.readsAll, false);
  assert.equal(identityIn('nothing of it'), null);
});
