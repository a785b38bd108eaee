import { fstatSync } from 'node:fs';

/** Whether standard error goes straight to systemd's journal: JOURNAL_STREAM names its device and inode (systemd.exec(5)). */
export function isJournal(stream: string | undefined, fd = 2): boolean {
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
