import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseMountTable } from '../../../../src/metrics/mount-table.ts';
import { createDiskSampler } from '../../../../src/metrics/samplers/disk.ts';
import type { DiskOptions } from '../../../../src/metrics/samplers/disk.ts';
import type { Statfs } from '../../../../src/metrics/space.ts';
import type { PathThread } from '../../../../src/metrics/path-thread.ts';
import type { StatfsAnswer } from '../../../../src/metrics/statfs-thread.ts';
import { PathThreads } from '../../../../src/metrics/path-threads.ts';
import { fixtureHost } from '../../../support/kernel-folders.ts';
import { NOTHING_ATTACHED } from '../../../support/sampling.ts';

const STATFS: Statfs = { bsize: 4096, frsize: 4096, blocks: 1000, bfree: 400, bavail: 300, files: 50, ffree: 20 };
const EMPTY: Statfs = { ...STATFS, blocks: 0 };
const ALL = { mountPoints: null, ignoredTypes: [], dropDevice: false, volumeId: false, intervalMs: 60_000 } as const;

/** A thread that answers at once, and notes whom it was asked about. */
function answering(asked: string[]): () => PathThread<StatfsAnswer> {
  return () => ({
    ended: false,
    ask: (path, answered) => {
      asked.push(path);
      queueMicrotask(() => { answered({ statfs: STATFS }); });
    },
    end: () => {},
  });
}

function options(said: string[], more: Partial<DiskOptions> = {}): DiskOptions {
  return {
    report: { trouble: (_, message) => { said.push(message); }, recovered: (_, message) => { said.push(message); } },
    attached: NOTHING_ATTACHED, mountPrefix: '', statfs: (path) => (/^\/(?:proc|sys)/.test(path) ? EMPTY : STATFS), threads: new PathThreads(answering([])), ...more,
  };
}

test('disk has free, total and used in Bytes, inodes in Count and used_percent, none of them a delta', (t) => {
  using sampler = createDiskSampler(ALL, fixtureHost(t, 'small-vm'), options([]));
  assert.deepEqual(sampler.fields, {
    free: { unit: 'Bytes' }, total: { unit: 'Bytes' }, used: { unit: 'Bytes' }, used_percent: { unit: 'Percent' },
    inodes_free: { unit: 'Count' }, inodes_total: { unit: 'Count' }, inodes_used: { unit: 'Count' },
  });
});

test('free is what anyone may take, used what nobody may, and used_percent is of the two as df has it', async (t) => {
  using sampler = createDiskSampler({ ...ALL, mountPoints: ['/'] }, fixtureHost(t, 'metal-96'), options([]));
  assert.deepEqual(await sampler.sample(0), [{
    dimensions: [['device', 'sda2'], ['fstype', 'ext4'], ['path', '/']],
    values: { free: 300 * 4096, total: 1000 * 4096, used: 600 * 4096, used_percent: 100 * 600 / 900, inodes_free: 20, inodes_total: 50, inodes_used: 30 },
  }]);
});

test('blocks are counted in the file system\'s own unit, not in the size it likes to be read in', async (t) => {
  using sampler = createDiskSampler({ ...ALL, mountPoints: ['/'] }, fixtureHost(t, 'metal-96'), options([], { statfs: () => ({ ...STATFS, bsize: 1 << 20, frsize: 512 }) }));
  assert.equal((await sampler.sample(0))[0]!.values['total'], 1000 * 512);
  using old = createDiskSampler({ ...ALL, mountPoints: ['/'] }, fixtureHost(t, 'metal-96'), options([], { statfs: () => ({ ...STATFS, bsize: 1024, frsize: 0 }) }));
  assert.equal((await old.sample(0))[0]!.values['total'], 1000 * 1024);
});

test('every mount that has space is given, but autofs; of two at one place the upper one; names of devices are resolved, escapes in paths undone', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  mkdirSync(`${host.dev}/mapper`, { recursive: true });
  writeFileSync(`${host.dev}/dm-0`, '');
  symlinkSync('../dm-0', `${host.dev}/mapper/vg0-data`);
  mkdirSync(`${host.sys}/dev/block`, { recursive: true });
  symlinkSync('../../devices/pci/nvme0n1/nvme0n1p1', `${host.sys}/dev/block/259:1`);
  const asked: string[] = [];
  using sampler = createDiskSampler(ALL, host, options([], { dev: host.dev, threads: new PathThreads(answering(asked)) }));
  assert.deepEqual((await sampler.sample(0)).map(({ dimensions }) => dimensions.map(([, value]) => value).join(' ')), [
    'devtmpfs devtmpfs /dev', 'tmpfs tmpfs /dev/shm', 'nvme0n1p1 xfs /', 'dm-0 ext4 /srv/data', 'dm-0 ext4 /srv/my files\\x',
    '10.0.0.9:/export nfs4 /mnt/nfs', 'nvme1n1 ext4 /mnt/nfs/scratch', 'second tmpfs /opt/twice', 'loop0 squashfs /snap/core/1',
  ]);
  // Also what is below a mount that waits for its server.
  assert.deepEqual(asked, ['/mnt/nfs', '/mnt/nfs/scratch']);
});

test('mount points are those that are named, types those that are not ignored, and the device can be left out', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  using named = createDiskSampler({ ...ALL, mountPoints: ['/', '/srv/data'], dropDevice: true, volumeId: false }, host, options([], { dev: host.dev }));
  assert.deepEqual((await named.sample(0)).map(({ dimensions }) => dimensions), [[['fstype', 'xfs'], ['path', '/']], [['fstype', 'ext4'], ['path', '/srv/data']]]);
  using typed = createDiskSampler({ ...ALL, ignoredTypes: ['tmpfs', 'devtmpfs', 'squashfs', 'nfs4'] }, host, options([], { dev: host.dev }));
  assert.deepEqual((await typed.sample(0)).map(({ dimensions }) => dimensions[2]![1]), ['/', '/srv/data', '/srv/my files\\x', '/mnt/nfs/scratch']);
});

test('with VolumeId a mount has the EBS volume that its device is on, also without the device; mounts on none have no such dimension', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  const disk = `${host.sys}/devices/pci/nvme0/nvme0n1`;
  mkdirSync(`${disk}/nvme0n1p1`, { recursive: true });
  writeFileSync(`${disk}/nvme0n1p1/partition`, '1\n');
  writeFileSync(`${disk}/../serial`, 'vol0123456789abcdef0\n');
  symlinkSync('..', `${disk}/device`);
  mkdirSync(`${host.sys}/dev/block`, { recursive: true });
  symlinkSync('../../devices/pci/nvme0/nvme0n1/nvme0n1p1', `${host.sys}/dev/block/259:1`);
  const mountPoints = ['/', '/dev/shm'];
  using whole = createDiskSampler({ ...ALL, mountPoints, volumeId: true }, host, options([], { dev: host.dev }));
  assert.deepEqual((await whole.sample(0)).map(({ dimensions }) => dimensions), [
    [['device', 'tmpfs'], ['fstype', 'tmpfs'], ['path', '/dev/shm']],
    [['VolumeId', 'vol-0123456789abcdef0'], ['device', 'nvme0n1p1'], ['fstype', 'xfs'], ['path', '/']],
  ]);
  using dropped = createDiskSampler({ ...ALL, mountPoints: ['/'], volumeId: true, dropDevice: true }, host, options([], { dev: host.dev }));
  assert.deepEqual((await dropped.sample(0)).map(({ dimensions }) => dimensions), [[['VolumeId', 'vol-0123456789abcdef0'], ['fstype', 'xfs'], ['path', '/']]]);
});

test('in a container HOST_MOUNT_PREFIX leads to the host\'s file systems, and their paths are the host\'s', async (t) => {
  const asked: string[] = [];
  const statfs = (path: string): Statfs => { asked.push(path); return path === '/hostfs/proc' ? EMPTY : STATFS; };
  using sampler = createDiskSampler(ALL, fixtureHost(t, 'container'), options([], { mountPrefix: '/hostfs', statfs }));
  assert.deepEqual((await sampler.sample(0)).map(({ dimensions }) => dimensions.map(([, value]) => value).join(' ')), ['nvme0n1p1 xfs /', 'nvme1n1 ext4 /data', 'nvme0n1p1 xfs /etc/hosts']);
  assert.deepEqual(asked, ['/hostfs/proc', '/hostfs', '/hostfs/data', '/hostfs/etc/hosts']);
});

test('a mount that cannot be read is said once, with its cause, is left out, and is said again when it can', async (t) => {
  const said: string[] = [];
  let fails = true;
  const statfs = (path: string): Statfs => {
    if (path === '/data/1' && fails) throw Object.assign(new Error('Input/output error'), { code: 'EIO' });
    return STATFS;
  };
  using sampler = createDiskSampler({ ...ALL, mountPoints: ['/', '/data/1'] }, fixtureHost(t, 'metal-96'), options(said, { statfs }));
  assert.equal((await sampler.sample(0)).length, 1);
  assert.equal((await sampler.sample(1)).length, 1);
  assert.deepEqual(said, ['the space of /data/1 (xfs) cannot be read (EIO): it has no disk metrics until it can be']);
  fails = false;
  assert.equal((await sampler.sample(2)).length, 2);
  assert.deepEqual(said.slice(1), ['the space of /data/1 (xfs) can be read again']);
});

test('of all mounts one that another hides is passed over without a word, and one that is named is said', async (t) => {
  const said: string[] = [];
  const statfs = (path: string): Statfs => {
    if (path === '/data/1') throw Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });
    return STATFS;
  };
  const host = fixtureHost(t, 'metal-96');
  using all = createDiskSampler(ALL, host, options(said, { statfs }));
  assert.equal((await all.sample(0)).some(({ dimensions }) => dimensions.some(([, value]) => value === '/data/1')), false);
  assert.deepEqual(said, []);
  using named = createDiskSampler({ ...ALL, mountPoints: ['/data/1'] }, host, options(said, { statfs }));
  await named.sample(0);
  assert.deepEqual(said, ['the space of /data/1 (xfs) cannot be read (ENOENT): it has no disk metrics until it can be']);
});

test('a mount point that is named and has nothing mounted is said, and when something is', async (t) => {
  const host = fixtureHost(t, 'metal-96');
  const said: string[] = [];
  using sampler = createDiskSampler({ ...ALL, mountPoints: ['/', '/backup'] }, host, options(said));
  assert.equal((await sampler.sample(0)).length, 1);
  await sampler.sample(1);
  assert.deepEqual(said, ['nothing is mounted at /backup, which "resources" of disk names: it has no metrics until something is']);
  writeFileSync(`${host.proc}/self/mountinfo`, '21 1 8:2 / / rw - ext4 /dev/sda2 rw\n22 21 8:33 / /backup rw - ext4 /dev/sdc1 rw\n');
  assert.equal((await sampler.sample(2)).length, 2);
  assert.equal(said.length, 2);
});

test('the mounts are those of the host\'s first process, unless its root is another one and no prefix leads there', async (t) => {
  const host = fixtureHost(t, 'metal-96');
  const devices = async (first: string, mountPrefix: string): Promise<readonly string[]> => {
    mkdirSync(`${host.proc}/1`, { recursive: true });
    writeFileSync(`${host.proc}/1/mountinfo`, first);
    using sampler = createDiskSampler({ ...ALL, ignoredTypes: ['nfs', 'fuse.mountpoint-s3', 'cgroup2'] }, host, options([], { mountPrefix }));
    return (await sampler.sample(0)).map(({ dimensions }) => dimensions[0]![1]);
  };
  assert.deepEqual(await devices('1 0 8:2 / / rw - ext4 /dev/sda2 rw\n2 1 8:33 / /tmp rw - ext4 /dev/sdc1 rw\n', ''), ['sda2', 'sdc1']);
  assert.deepEqual(await devices('1 0 259:9 / / rw - ext4 /dev/nvme9 rw\n', ''), ['sda2', 'sdb1']);
  assert.deepEqual(await devices('1 0 259:9 / / rw - ext4 /dev/nvme9 rw\n', '/rootfs'), ['nvme9']);
});

test('a table of mounts that cannot be read is an error that names it', async (t) => {
  const host = fixtureHost(t, 'metal-96');
  using sampler = createDiskSampler(ALL, { ...host, proc: host.sys }, options([]));
  await assert.rejects(sampler.sample(0), /self\/mountinfo cannot be read \(ENOENT\)/);
});

test('any text is parsed without an error, and a table that is written as the kernel does is read back', () => {
  fc.assert(fc.property(fc.string(), (text) => { parseMountTable(text); parseMountTable(`1 2 3:4 / ${text} rw - ${text} x`); }));
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/[\r\0]/.test(text));
  const escaped = (text: string): string => text.replaceAll(/[ \t\n\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  fc.assert(fc.property(fc.uniqueArray(fc.record({ path: word, type: word, source: word }), { selector: ({ path }) => path }), (rows) => {
    const text = rows.map(({ path, type, source }, i) => `${i} 1 8:${i} / ${escaped(`/${path}`)} rw,relatime shared:1 master:2 - ${escaped(type)} ${escaped(source)} rw\n`).join('');
    assert.deepEqual(parseMountTable(text), rows.map(({ path, type, source }, i) => ({ number: `8:${i}`, mountPoint: `/${path}`, type, source })));
  }));
});
