import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverOf, waitingMounts } from '../../../src/metrics/local-file-systems.ts';
import type { Mount } from '../../../src/metrics/mount-table.ts';

const mountOf = (type: string, mountPoint: string, source = 'x'): Mount => ({ number: '0:1', mountPoint, type, source });
const waiting = (...mounts: readonly Mount[]): readonly string[] => [...waitingMounts(mounts)].map(({ mountPoint }) => mountPoint);

test('what a server or a process answers for may wait, also of a type nobody has heard of; what the kernel answers itself may not', () => {
  const remote = ['nfs', 'nfs4', 'cifs', 'smb3', 'fuse', 'fuse.sshfs', 'fuseblk', '9p', 'virtiofs', 'ceph', 'lustre', 'afs', 'gfs2', 'autofs', 'newfs'];
  const local = ['ext4', 'xfs', 'btrfs', 'zfs', 'vfat', 'tmpfs', 'overlay', 'squashfs', 'proc', 'sysfs', 'cgroup2', 'devtmpfs'];
  assert.deepEqual(waiting(...[...remote, ...local].map((type) => mountOf(type, `/${type}`))), remote.map((type) => `/${type}`));
});

test('a local file system below one that waits waits as well; a root over the network does not make all wait', () => {
  assert.deepEqual(waiting(mountOf('nfs', '/net'), mountOf('ext4', '/net/disk'), mountOf('ext4', '/network')), ['/net', '/net/disk']);
  assert.deepEqual(waiting(mountOf('virtiofs', '/'), mountOf('ext4', '/data')), ['/']);
});

test('mounts of one server are known by its name, those without one by their place', () => {
  assert.equal(serverOf(mountOf('nfs4', '/a', '10.0.0.9:/export')), serverOf(mountOf('nfs4', '/b', '10.0.0.9:/other')));
  assert.equal(serverOf(mountOf('nfs4', '/a', '[fe80::1]:/export')), 'nfs4:[fe80::1]');
  assert.equal(serverOf(mountOf('cifs', '/a', '//server/share')), 'cifs:server');
  assert.equal(serverOf(mountOf('fuse.mountpoint-s3', '/mnt/s3', 'mountpoint-s3')), '/mnt/s3');
});
