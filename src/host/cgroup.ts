import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the kernel lets this process's control group have; null: no limit. */
export interface HostLimits {
  /** Beyond it the kernel kills the process, bytes. */
  readonly memoryMax: number | null;
  /** Beyond it the kernel slows the process down, bytes. */
  readonly memoryHigh: number | null;
  /** Processors' worth of time. */
  readonly cpus: number | null;
}

/** In a group of version 1 without a limit the kernel says the largest multiple of a page below 2^63. */
const UNLIMITED = 2 ** 60;

/** The limits of this process, the least of its group and of those around it (cgroups(7)). What cannot be read is no limit. */
export function limitsOf(self = '/proc/self/cgroup', mounted = '/sys/fs/cgroup'): HostLimits {
  const paths = groupsIn(read(self) ?? '');
  const [v2, memory, cpu] = [paths.get(''), paths.get('memory'), paths.get('cpu')];
  const periods = upwards(cpu, join(mounted, 'cpu'), 'cpu.cfs_period_us');
  return {
    memoryMax: least([...upwards(v2, mounted, 'memory.max'), ...upwards(memory, join(mounted, 'memory'), 'memory.limit_in_bytes')].map(bytesOf)),
    memoryHigh: least(upwards(v2, mounted, 'memory.high').map(bytesOf)),
    cpus: least([
      ...upwards(v2, mounted, 'cpu.max').map(shareOf),
      ...upwards(cpu, join(mounted, 'cpu'), 'cpu.cfs_quota_us').map((quota, i) => shareOf(`${quota} ${periods[i] ?? ''}`)),
    ]),
  };
}

/** Whether this process is one of a unit of systemd. @param self another one's text, in tests */
export const isOfUnit = (unit: string, self = '/proc/self/cgroup'): boolean => [...groupsIn(read(self) ?? '').values()].some((path) => path.split('/').includes(unit));

/** The path of the group for each controller of version 1, and for '' that of version 2. */
function groupsIn(text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : controllers.split(',').map((name) => [name, path] as const);
  }));
}

/** What the file says in the group and in each around it, up to the root that is mounted. */
function upwards(group: string | undefined, mounted: string, file: string): readonly string[] {
  const texts: string[] = [];
  for (let path = group; path !== undefined; path = path === '/' ? undefined : dirname(path)) {
    const text = read(join(mounted, path, file));
    if (text !== null) texts.push(text.trim());
  }
  return texts;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function bytesOf(text: string): number | null {
  const bytes = Number(text);
  return /^\d+$/.test(text) && bytes < UNLIMITED ? bytes : null;
}

/** `quota period`, in microseconds. */
function shareOf(text: string): number | null {
  const [quota, period] = text.split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

function least(limits: readonly (number | null)[]): number | null {
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}
