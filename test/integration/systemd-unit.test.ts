// The unit as systemd itself judges it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

const UNITS = join(import.meta.dirname, '../../systemd');
const NAME = 'unified-agent.service';
/** `systemd-analyze security` counts tenths. */
const MOST_EXPOSED = 20;
const skip = spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'this host has no systemd-analyze';

/** A root with the unit, what it starts, and the units of this host that it stands on. */
function rootWith(t: TestContext, dropIn: string | null): string {
  const root = mkdtempSync(join(tmpdir(), 'unit-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  const system = join(root, 'etc/systemd/system');
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(system, `${NAME}.d`), { recursive: true });
  writeFileSync(join(root, 'usr/bin/unified-agent'), '#!/bin/sh\n');
  chmodSync(join(root, 'usr/bin/unified-agent'), 0o755);
  cpSync('/usr/lib/systemd/system', join(root, 'usr/lib/systemd/system'), { recursive: true });
  cpSync(join(UNITS, NAME), join(system, NAME));
  if (dropIn !== null) cpSync(join(UNITS, 'examples', dropIn), join(system, `${NAME}.d`, dropIn));
  return root;
}

for (const dropIn of [null, ...readdirSync(join(UNITS, 'examples'))]) {
  test(`systemd finds nothing wrong with the unit${dropIn === null ? '' : `, with ${dropIn} too`}`, { skip }, (t) => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', `--root=${rootWith(t, dropIn)}`, NAME], { encoding: 'utf8' });
    assert.deepEqual([status, stderr.split('\n').filter((line) => line.includes('unified-agent'))], [0, []], stderr);
  });
}

test('the unit is exposed to 2.0 at most, as systemd counts', { skip }, () => {
  const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', `--threshold=${MOST_EXPOSED}`, join(UNITS, NAME)], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('the unit leaves the agent more time for a stop than it takes, and holds back the exit codes that a start does not mend', () => {
  const unit = readFileSync(join(UNITS, NAME), 'utf8');
  const run = readFileSync(join(UNITS, '../src/cli/run.ts'), 'utf8');
  const drainS = Number(/DRAIN_MS = (\d+)_000;/.exec(run)![1]);
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1]) >= drainS + 15);
  assert.match(unit, new RegExp(`^RestartPreventExitStatus=64 ${/EXIT_CONFIG = (\d+);/.exec(run)![1]}$`, 'm'));
});
