// What the files of a process say, as numbers. Pure: texts in, null or a missing key for what is not as expected.

/** Ticks a second that the kernel counts process times in: USER_HZ, 100 on every architecture that runs this. */
const TICKS = 100;
const KIBI = 1_024;
/** What stands for a limit that is none: the greatest number of 64 bits, like the CloudWatch agent. */
const UNLIMITED = 2 ** 64;

export interface ProcessStat {
  readonly pid: number;
  /** Cut to 15 characters by the kernel. */
  readonly name: string;
  /** One letter, see proc_pid_stat(5). */
  readonly state: string;
  /** Seconds. */
  readonly user: number;
  /** Seconds. */
  readonly system: number;
  /** Seconds of waiting for block devices, as far as the kernel accounts them. */
  readonly iowait: number;
  /** Seconds of a virtual machine, a part of `user`. */
  readonly guest: number;
  readonly nice: number;
  readonly threads: number;
  /** Ticks from the boot to its start: with the id, which process it is. */
  readonly started: number;
  readonly realtimePriority: number;
}

/** `/proc/PID/stat`; null when it is none. The name may hold anything, so it ends at the last parenthesis. */
export function parseStat(text: string): ProcessStat | null {
  const [open, close] = [text.indexOf(' ('), text.lastIndexOf(') ')];
  if (open === -1 || close < open) return null;
  const fields = text.slice(close + 2).trimEnd().split(' ');
  // Numbered like proc_pid_stat(5), where the state is the third.
  const field = (number: number): number => Number(fields[number - 3]);
  const stat: ProcessStat = {
    pid: Number(text.slice(0, open)), name: text.slice(open + 2, close), state: fields[0]!,
    user: field(14) / TICKS, system: field(15) / TICKS, iowait: field(42) / TICKS, guest: field(43) / TICKS,
    nice: field(19), threads: field(20), started: field(22), realtimePriority: field(40),
  };
  return /^[A-Za-z]$/.test(stat.state) && [stat.pid, stat.user, stat.system, stat.iowait, stat.guest, stat.nice, stat.threads, stat.started, stat.realtimePriority].every(Number.isFinite) ? stat : null;
}

/** State and threads of `/proc/PID/stat`, for those who count thousands. */
export function parseState(text: string): { readonly state: string; readonly threads: number } | null {
  const found = /^\) (\S) (?:-?\d+ ){16}(\d+) /.exec(text.slice(text.lastIndexOf(') ')));
  return found === null ? null : { state: found[1]!, threads: Number(found[2]) };
}

const STATUS_BYTES: readonly (readonly [key: string, field: string])[] = [['VmRSS', 'memory_rss'], ['VmSize', 'memory_vms'], ['VmData', 'memory_data'], ['VmStk', 'memory_stack'], ['VmLck', 'memory_locked']];

/** Fields of `/proc/PID/status`. A process of the kernel has no memory of its own: 0. */
export function parseStatus(text: string): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  const lines = linesByKey(text);
  for (const [key, field] of STATUS_BYTES) values[field] = kilobytes(lines.get(key)) ?? 0;
  const voluntary = Number(lines.get('voluntary_ctxt_switches') ?? Number.NaN);
  const involuntary = Number(lines.get('nonvoluntary_ctxt_switches') ?? Number.NaN);
  const pending = [lines.get('SigPnd'), lines.get('ShdPnd')];
  if (!Number.isNaN(voluntary)) values['voluntary_context_switches'] = voluntary;
  if (!Number.isNaN(involuntary)) values['involuntary_context_switches'] = involuntary;
  if (pending.every((mask) => mask !== undefined && /^[0-9a-f]{1,64}$/i.test(mask))) values['signals_pending'] = pending.reduce((sum, mask) => sum + bitsOf(mask!), 0);
  return values;
}

/** Bytes in swap by `/proc/PID/status`, or by `smaps_rollup` with the shared memory the process maps; null when neither is said. */
export function parseSwap(text: string): number | null {
  const lines = linesByKey(text);
  return kilobytes(lines.get('Swap') ?? lines.get('VmSwap'));
}

/** Fields of `/proc/PID/io`. */
export function parseIo(text: string): Readonly<Record<string, number>> {
  const lines = linesByKey(text);
  const values: Record<string, number> = {};
  for (const [key, field] of [['syscr', 'read_count'], ['syscw', 'write_count'], ['read_bytes', 'read_bytes'], ['write_bytes', 'write_bytes']] as const) {
    const value = lines.get(key);
    if (value !== undefined && /^\d+$/.test(value)) values[field] = Number(value);
  }
  return values;
}

/** What `/proc/PID/limits` calls them. */
const LIMITS: Readonly<Record<string, string>> = {
  'cpu time': 'cpu_time', 'data size': 'memory_data', 'stack size': 'memory_stack', 'resident set': 'memory_rss', 'open files': 'num_fds', 'locked memory': 'memory_locked',
  'address space': 'memory_vms', 'file locks': 'file_locks', 'pending signals': 'signals_pending', 'nice priority': 'nice_priority', 'realtime priority': 'realtime_priority',
};

/** Fields of `/proc/PID/limits`: `rlimit_num_fds_soft`. */
export function parseLimits(text: string): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [, name, soft, hard] of text.matchAll(/^Max (\S+(?: \S+)*?) +(\d+|unlimited) +(\d+|unlimited)\b/gm)) {
    const field = LIMITS[name!];
    if (field === undefined) continue;
    values[`rlimit_${field}_soft`] = limit(soft!);
    values[`rlimit_${field}_hard`] = limit(hard!);
  }
  return values;
}

const limit = (text: string): number => (text === 'unlimited' ? UNLIMITED : Number(text));

const linesByKey = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split('\n').flatMap((line): [string, string][] => { const colon = line.indexOf(':'); return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()]]; }));

/** Bytes of `1234 kB`. */
function kilobytes(text: string | undefined): number | null {
  const found = /^(\d+) kB$/.exec(text ?? '');
  return found === null ? null : Number(found[1]) * KIBI;
}

function bitsOf(mask: string): number {
  let count = 0;
  for (const digit of mask) for (let bits = Number.parseInt(digit, 16); bits > 0; bits >>= 1) count += bits & 1;
  return count;
}
