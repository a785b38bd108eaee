import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drain } from '../../../src/agent/drain.ts';
import { receiptText } from '../../../src/cli/drain.ts';
import { Trail } from '../../../src/agent/trail.ts';

test('a look for new files that stands still holds no drain beyond its deadline, and none is complete without it', { timeout: 5_000 }, async () => {
  const forever = new AbortController().signal;
  const context = { following: () => true, pipelines: () => [], journals: () => [], metrics: () => null, trail: new Trail(), stop: forever };
  const looked = await drain({ ...context, look: () => Promise.resolve() }, 60_000, forever);
  assert.equal(looked.ended, 'complete');
  const hung = await drain({ ...context, look: () => new Promise(() => undefined) }, 50, forever);
  assert.match(receiptText(hung), /\nnew files may be left too: the look for them did not end in time/);
  assert.deepEqual([hung.complete, hung.ended, hung.searched], [false, 'deadline', false]);
});
