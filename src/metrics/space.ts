/** What statfs(2) says; of it all that is needed. `frsize` is the unit of the blocks, 0 where the kernel leaves it out. */
export interface Statfs {
  readonly bsize: number;
  readonly frsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** Space and inodes as `df` has them: `free` is what anyone may take, `used_percent` of that and what is used. */
export function spaceFrom({ bsize, frsize, blocks, bfree, bavail, files, ffree }: Statfs): Readonly<Record<'free' | 'inodes_free' | 'inodes_total' | 'inodes_used' | 'total' | 'used' | 'used_percent', number>> {
  const unit = frsize > 0 ? frsize : bsize;
  const used = Math.max(0, blocks - bfree) * unit;
  const free = bavail * unit;
  return {
    free, inodes_free: ffree, inodes_total: files, inodes_used: Math.max(0, files - ffree),
    total: blocks * unit, used, used_percent: used + free === 0 ? 0 : 100 * used / (used + free),
  };
}
