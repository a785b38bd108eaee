import { readFileSync, readdirSync } from 'node:fs';

/** Of a process and all it has started. */
export interface Usage {
  /** CPU seconds, from the scheduler's own clock (schedstat), so that small loads are exact. */
  readonly cpuSeconds: number;
  /** Resident memory now, and the most so far, MiB. */
  readonly rssMiB: number;
  readonly peakMiB: number;
}

/** user + sys of proc_pid_stat(5) count ticks of 10 ms and include threads that have ended; schedstat is finer but of living threads. */
const TICKS_PER_SECOND = 100;
const NANO = 1e9;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function tree(root: number): readonly number[] {
  const pids = [root];
  for (const pid of pids) {
    for (const thread of list(`/proc/${pid}/task`)) {
      for (const child of read(`/proc/${pid}/task/${thread}/children`).trim().split(' ')) if (child !== '') pids.push(Number(child));
    }
  }
  return pids;
}

const megabytes = (status: string, key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;

/** Null when the process has ended. */
export function usageOf(root: number): Usage | null {
  let [ticks, nanoseconds, rssMiB, peakMiB, seen] = [0, 0, 0, 0, 0];
  for (const pid of tree(root)) {
    const stat = read(`/proc/${pid}/stat`);
    if (stat === '') continue;
    seen++;
    // The second field, the command in parentheses, may contain blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
    for (const thread of list(`/proc/${pid}/task`)) nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]);
    const status = read(`/proc/${pid}/status`);
    rssMiB += megabytes(status, 'VmRSS');
    peakMiB += megabytes(status, 'VmHWM');
  }
  return seen === 0 ? null : { cpuSeconds: Math.max(ticks / TICKS_PER_SECOND, nanoseconds / NANO), rssMiB, peakMiB };
}
