import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attempts } from '../../../src/aws/attempts.ts';

const client = { systemClockOffset: 0, credentials: () => Promise.resolve(null) };
const attempts = new Attempts(client, { report: { trouble: () => undefined, recovered: () => undefined }, abandon: new AbortController().signal, carries: 'events', attemptMs: 20 });

test('an attempt that never ends is given up as one that failed and may have been stored, with the likely cause', async () => {
  const outcome = await attempts.make(() => new Promise(() => undefined));
  assert.deepEqual([outcome.kind, 'ambiguous' in outcome && outcome.ambiguous], ['retry', true]);
  assert.match('reason' in outcome ? outcome.reason : '', /no end of the attempt after 0\.02 s.*credential_process/);
});

test('one that ends in time is what it is, also when it fails', async () => {
  assert.deepEqual(await attempts.make(() => Promise.resolve({ kind: 'accepted', rejected: null })), { kind: 'accepted', rejected: null });
  assert.equal((await attempts.make(() => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDeniedException' })))).kind, 'retry');
});
