/** One line of mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  /** `major:minor` of what is mounted. */
  readonly number: string;
  readonly mountPoint: string;
  readonly type: string;
  /** A device, `server:/path`, or a word; as whoever mounted it wrote it. */
  readonly source: string;
}

/** Space, tab, newline and backslash stand in the table as octal escapes. */
function unescaped(text: string): string {
  return !text.includes('\\') ? text : text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** What is mounted now, by mount point: where there is one above another, the upper one, which is the last in the table. */
export function parseMountTable(text: string): readonly Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const separator = line.indexOf(' - ');
    if (separator === -1) continue;
    const [, , number, , mountPoint] = line.slice(0, separator).split(' ', 5);
    const [type, source] = line.slice(separator + 3).split(' ', 2);
    if (mountPoint === undefined || source === undefined) continue;
    const path = unescaped(mountPoint);
    mounts.set(path, { number: number!, mountPoint: path, type: unescaped(type!), source: unescaped(source) });
  }
  return [...mounts.values()];
}
