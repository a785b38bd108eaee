import type { Mount } from './mount-table.ts';

/**
 * Types that answer a statfs out of the kernel's memory: those of a disk of this host, and the kernel's own. Of any other it
 * is not known whom the kernel asks: a server (NFS, CIFS), a process (FUSE), or another host of a cluster.
 */
const LOCAL_TYPES: ReadonlySet<string> = new Set([
  'bcachefs', 'btrfs', 'cramfs', 'erofs', 'exfat', 'ext2', 'ext3', 'ext4', 'f2fs', 'hfs', 'hfsplus', 'iso9660', 'jfs', 'msdos', 'nilfs2', 'ntfs3',
  'overlay', 'reiserfs', 'romfs', 'squashfs', 'udf', 'ufs', 'vfat', 'xfs', 'zfs',
  'bdev', 'binder', 'binfmt_misc', 'bpf', 'cgroup', 'cgroup2', 'configfs', 'cpuset', 'debugfs', 'devpts', 'devtmpfs', 'efivarfs', 'fusectl', 'hugetlbfs',
  'mqueue', 'nsfs', 'proc', 'pstore', 'ramfs', 'resctrl', 'rootfs', 'securityfs', 'selinuxfs', 'smackfs', 'sysfs', 'tmpfs', 'tracefs',
]);

/** Whoever has a file open there may wait for someone. */
export function mayWait({ type }: Mount): boolean { return !LOCAL_TYPES.has(type); }

/** The mounts whose statfs may wait for someone: their own type does, or the way to them leads through one that does. */
export function waitingMounts(mounts: readonly Mount[]): ReadonlySet<Mount> {
  const waiting = mounts.filter(mayWait);
  if (waiting.length === 0) return new Set();
  // "/" gives "//", which is above nothing: where the root waits, so does the agent itself.
  const roots = waiting.map(({ mountPoint }) => `${mountPoint}/`);
  return new Set([...waiting, ...mounts.filter(({ mountPoint }) => roots.some((root) => mountPoint.startsWith(root)))]);
}

/** Whom a mount waits for: mounts of one server hang together. */
export function serverOf({ type, source, mountPoint }: Mount): string {
  const host = /^\/\/([^/]+)\//.exec(source)?.[1] ?? /^(\[[^\]]*\]|[^/:]+):\//.exec(source)?.[1];
  return host === undefined ? mountPoint : `${type}:${host}`;
}
