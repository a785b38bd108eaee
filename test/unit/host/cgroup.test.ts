import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { misfit } from '../../../src/cli/host-limits.ts';
import { isOfUnit, limitsOf } from '../../../src/host/cgroup.ts';

function limitsWith(t: TestContext, self: string, files: Readonly<Record<string, string>>): ReturnType<typeof limitsOf> {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  writeFileSync(join(root, 'self'), self);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'mounted', name)), { recursive: true });
    writeFileSync(join(root, 'mounted', name), `${text}\n`);
  }
  return limitsOf(join(root, 'self'), join(root, 'mounted'));
}

test('version 2: the least limit of the group and of those around it counts', (t) => {
  assert.deepEqual(limitsWith(t, '0::/system.slice/unified-agent.service\n', {
    'system.slice/memory.max': '536870912', 'system.slice/memory.high': 'max', 'system.slice/cpu.max': '150000 100000',
    'system.slice/unified-agent.service/memory.max': 'max', 'system.slice/unified-agent.service/memory.high': '268435456', 'system.slice/unified-agent.service/cpu.max': 'max 100000',
  }), { memoryMax: 536_870_912, memoryHigh: 268_435_456, cpus: 1.5 });
});

test('version 1: its own files, and its number for no limit', (t) => {
  const self = '4:memory:/a\n3:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/\n';
  assert.deepEqual(limitsWith(t, self, { 'memory/memory.limit_in_bytes': '9223372036854771712', 'memory/a/memory.limit_in_bytes': '134217728', 'cpu/cpu.cfs_quota_us': '-1', 'cpu/cpu.cfs_period_us': '100000', 'cpu/a/cpu.cfs_quota_us': '50000', 'cpu/a/cpu.cfs_period_us': '200000' }), { memoryMax: 134_217_728, memoryHigh: null, cpus: 0.25 });
  assert.deepEqual(limitsWith(t, self, { 'memory/a/memory.limit_in_bytes': '9223372036854771712' }), { memoryMax: null, memoryHigh: null, cpus: null });
});

test('a process is of a unit when its group, or one around it, has that name', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cgroup-'));
  t.after(() => { rmSync(folder, { recursive: true }); });
  const self = join(folder, 'cgroup');
  const isOf = (text: string): boolean => { writeFileSync(self, text); return isOfUnit('unified-agent.service', self); };
  assert.deepEqual(['0::/system.slice/unified-agent.service\n', '0::/system.slice/unified-agent.service/inner\n', '1:name=systemd:/system.slice/unified-agent.service\n', '0::/system.slice/my-unified-agent.service\n', '0::/user.slice\n'].map(isOf), [true, true, true, false, false]);
  assert.equal(isOfUnit('unified-agent.service', join(folder, 'none')), false);
});

test('a budget that does not fit below the limit is said, with the figures and what to change', () => {
  const none = { memoryMax: null, memoryHigh: null, cpus: null };
  assert.equal(misfit(none, 1 << 30), null);
  assert.equal(misfit({ ...none, memoryMax: 256 << 20, memoryHigh: 128 << 20 }, 32 << 20), null);
  assert.match(misfit({ ...none, memoryMax: 256 << 20, memoryHigh: 128 << 20 }, 64 << 20)!, /allows 134 MB of memory \(MemoryHigh\), and the agent may take 156 MB: 89 MB for itself and 67 MB for events\. the kernel slows/);
  assert.match(misfit({ ...none, memoryMax: 100 << 20 }, 32 << 20)!, /MemoryMax.*kills.*lower logs\.memory_budget/);
});
