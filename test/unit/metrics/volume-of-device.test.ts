import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { VolumesOfDevices } from '../../../src/metrics/volume-of-device.ts';

/** Block devices as sysfs shows them. */
class Sys {
  readonly root: string;

  constructor(t: TestContext) {
    this.root = mkdtempSync(join(tmpdir(), 'sys-'));
    t.after(() => { rmSync(this.root, { recursive: true }); });
    for (const folder of ['dev/block', 'class/block']) mkdirSync(join(this.root, folder), { recursive: true });
  }

  add(number: string, path: string, slaves: readonly string[] = []): string {
    const folder = join(this.root, 'devices', path);
    mkdirSync(join(folder, 'slaves'), { recursive: true });
    for (const slave of slaves) symlinkSync(slave, join(folder, 'slaves', slave.split('/').at(-1)!));
    symlinkSync(folder, join(this.root, 'dev/block', number));
    symlinkSync(folder, join(this.root, 'class/block', path.split('/').at(-1)!));
    return folder;
  }

  disk(number: string, controller: string, serial: string): string {
    const folder = this.add(number, `pci/${controller}/${controller}n1`);
    writeFileSync(join(folder, '../serial'), `${serial.padEnd(20)}\n`);
    symlinkSync('..', join(folder, 'device'));
    return folder;
  }

  partition(number: string, path: string): string {
    const folder = this.add(number, path);
    writeFileSync(join(folder, 'partition'), '1\n');
    return folder;
  }
}

test('disks, partitions, and device mappers that lie on one volume have its id; those on several, or on another disk, none', (t) => {
  const sys = new Sys(t);
  const root = sys.disk('259:0', 'nvme0', 'vol0123456789abcdef0');
  const part = sys.partition('259:1', 'pci/nvme0/nvme0n1/nvme0n1p1');
  const other = sys.disk('259:2', 'nvme1', 'vol0b');
  sys.disk('259:3', 'nvme2', 'AWS22A1B2C3D4E5F6A7B');
  const crypt = sys.add('254:0', 'virtual/block/dm-0', [part]);
  sys.add('254:1', 'virtual/block/dm-1', [crypt]);
  sys.add('254:2', 'virtual/block/dm-2', [root, other]);
  sys.add('7:0', 'virtual/block/loop0');
  const volumes = new VolumesOfDevices(sys.root, { of: () => assert.fail('EC2 is not to be asked') });
  const of = (number: string, name = ''): string | null => volumes.of(number, name, 0);
  assert.deepEqual(['259:0', '259:1', '259:2', '254:0', '254:1'].map((number) => of(number)), ['vol-0123456789abcdef0', 'vol-0123456789abcdef0', 'vol-0b', 'vol-0123456789abcdef0', 'vol-0123456789abcdef0']);
  assert.deepEqual(['259:3', '254:2', '7:0', '0:45'].map((number) => of(number)), [null, null, null, null]);
  assert.equal(of('0:52', 'nvme1n1'), 'vol-0b', 'btrfs: by the name of its device');
});

test('disks of Xen are looked up by name in what EC2 knows, again until it knows it', (t) => {
  const sys = new Sys(t);
  sys.add('202:0', 'vbd-768/block/xvda');
  sys.partition('202:1', 'vbd-768/block/xvda/xvda1');
  const asked: string[] = [];
  let answer: string | null = null;
  const volumes = new VolumesOfDevices(sys.root, { of: ({ disk, name }) => { asked.push(`${disk} ${name}`); return answer; } });
  assert.equal(volumes.of('202:1', 'xvda1', 0), null);
  answer = 'vol-0a';
  assert.equal(volumes.of('202:1', 'xvda1', 1), 'vol-0a');
  assert.equal(volumes.of('202:1', 'xvda1', 2), 'vol-0a');
  assert.deepEqual(asked, ['xvda xvda1', 'xvda xvda1']);
});

test('a device that was detached is asked for anew after a minute', (t) => {
  const sys = new Sys(t);
  const folder = sys.disk('259:0', 'nvme0', 'vol0a');
  const volumes = new VolumesOfDevices(sys.root, { of: () => null });
  assert.equal(volumes.of('259:0', 'nvme0n1', 0), 'vol-0a');
  writeFileSync(join(folder, '../serial'), 'vol0c\n');
  assert.equal(volumes.of('259:0', 'nvme0n1', 59_999), 'vol-0a');
  assert.equal(volumes.of('259:0', 'nvme0n1', 60_000), 'vol-0c');
});
