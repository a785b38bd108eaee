import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseState } from '../../src/agent/import/cloudwatch-agent-state.ts';
import { giveBack, positionsToGiveBack } from '../../src/agent/import/give-back.ts';
import { readIdentity, readWindow } from '../../src/files/file-id.ts';
import type { Checkpoint } from '../../src/flow.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'give-back-'));
  t.after(() => { rmSync(path, { recursive: true }); });
  return path;
}

function checkpoint(path: string, offset: number, entry = 'e'): Checkpoint {
  const fd = openSync(path, 'r');
  try {
    const identity = readIdentity(fd);
    assert.ok(identity.kind === 'identity');
    return { entry, path, id: identity.id, offset, ...readWindow(fd, offset)!, split: null, ended: false, updatedAt: 0 };
  } finally {
    closeSync(fd);
  }
}

test('of two entries that read one file the one that is behind counts; a file that was truncated or is gone has no position', (t) => {
  const root = folder(t);
  const [two, short, gone] = ['two.log', 'short.log', 'gone.log'].map((name) => join(root, name)) as [string, string, string];
  for (const path of [two, short, gone]) writeFileSync(path, 'line\n'.repeat(10));
  const known = [checkpoint(two, 30, 'a'), checkpoint(two, 20, 'b'), checkpoint(short, 40), checkpoint(gone, 10)];
  truncateSync(short, 5);
  rmSync(gone);
  assert.deepEqual(positionsToGiveBack(known, () => true), { given: [{ path: short, offset: null, size: 5 }, { path: two, offset: 20, size: 50 }], left: [] });
  assert.deepEqual(positionsToGiveBack(known, () => false), { given: [], left: [{ path: two, bytes: 30 }] });
});

test('what is written is what the import reads; a link in the place of a state file is replaced, and what it leads to stays', async (t) => {
  const root = folder(t);
  const state = join(root, 'state');
  await giveBack([{ path: '/var/log/a b.log', offset: 25, size: 30 }], state);
  assert.deepEqual(readdirSync(state), ['_var_log_a_b.log']);
  assert.deepEqual(parseState(readFileSync(join(state, '_var_log_a_b.log'), 'utf8'), true), { path: '/var/log/a b.log', offset: 25, again: [] });
  assert.equal(statSync(join(state, '_var_log_a_b.log')).mode & 0o777, 0o644);
  const precious = join(root, 'precious');
  writeFileSync(precious, 'precious');
  symlinkSync(precious, join(state, '_c.log'));
  await giveBack([{ path: '/c.log', offset: 1, size: 1 }], state);
  assert.deepEqual([readFileSync(precious, 'utf8'), readFileSync(join(state, '_c.log'), 'utf8')], ['precious', '1\n/c.log\n0-1']);
  await giveBack([{ path: '/c.log', offset: null, size: 1 }], state);
  assert.deepEqual(readdirSync(state), ['_var_log_a_b.log']);
});
