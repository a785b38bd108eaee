/** /proc/meminfo by name, in bytes; what has no unit (`HugePages_Total`) is left as it is. */
export function parseMemoryTable(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([^:\s]+):\s*(\d+)( kB)?$/.exec(line);
    // proc_meminfo(5): its "kB" are 1,024 bytes.
    if (match !== null) found.set(match[1]!, Number(match[2]) * (match[3] === undefined ? 1 : 1024));
  }
  return found;
}
