import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { childConfig, startChild } from '../support/child-agent.ts';
import { append } from '../support/log-files.ts';
import { rigFor } from '../support/rig.ts';

/** MALLOC_ settings of the process that delivers, which must be the one that was started. */
async function settingsOf(t: TestContext, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const rig = await rigFor(t);
  append(rig.path('app.log'), ['one']);
  const child = await startChild(t, { folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: rig.path('app.log') }]), env });
  await rig.arrived(['one']);
  const settings = readFileSync(`/proc/${child.pid}/environ`, 'utf8').split('\0').filter((entry) => entry.startsWith('MALLOC_'));
  assert.equal(await child.stop(), 0);
  return settings.toSorted();
}

test('run: the process that was started delivers, with one allocator arena and free blocks given back', async (t) => {
  assert.deepEqual(await settingsOf(t, {}), ['MALLOC_ARENA_MAX=1', 'MALLOC_MMAP_THRESHOLD_=131072', 'MALLOC_TRIM_THRESHOLD_=131072']);
});

test('run: allocator settings of whoever starts the agent are left alone', async (t) => {
  assert.deepEqual(await settingsOf(t, { MALLOC_ARENA_MAX: '3' }), ['MALLOC_ARENA_MAX=3']);
});
