import { statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, isGone, kernelTextIfThere } from './kernel-text.ts';
import { parseIo, parseLimits, parseStatus, parseSwap } from './process-texts.ts';
import type { PatientReads } from './patient-reads.ts';
import type { ProcessSource } from './process-fields.ts';
import type { ProcessStat } from './process-texts.ts';

const MAX_IO_BYTES = 4_096;
/** Names read at a time of the folder of descriptors. */
const DESCRIPTORS_AT_ONCE = 1_024;

/** Fields by name; or why they cannot be read, in words that are the same for all processes. Null: the process is gone. */
type Part = Readonly<Record<string, number>> | { readonly trouble: string } | null;

/** One source of one process. Never rejects. @param folder its folder in /proc */
export async function readSource(source: Exclude<ProcessSource, 'count' | 'stat'>, folder: string, reads: PatientReads): Promise<Part> {
  try {
    switch (source) {
      case 'status': return parsed(kernelTextIfThere(join(folder, 'status')), parseStatus);
      case 'limits': return parsed(kernelTextIfThere(join(folder, 'limits')), parseLimits);
      case 'descriptors': return { num_fds: await countDescriptors(join(folder, 'fd')) };
      // It waits for a process that is just being started anew.
      case 'io': return await readPatiently(join(folder, 'io'), reads, parseIo);
      case 'swap': return await readSwap(folder, reads);
      default: throw new Error(`no such source: ${String(source satisfies never)}`);
    }
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    if (isGone(cause)) return null;
    return { trouble: whyNot(codeOf(cause)) };
  }
}

const parsed = (text: string | null, parse: (text: string) => Readonly<Record<string, number>>): Part => (text === null ? null : parse(text));

const whyNot = (code: string): string => (code === 'EACCES' || code === 'EPERM' ? `${code}: run the agent as root, with CAP_SYS_PTRACE` : code);

async function readPatiently(path: string, reads: PatientReads, parse: (text: string) => Readonly<Record<string, number>>): Promise<Part> {
  const found = await reads.read(path, MAX_IO_BYTES);
  if (found === 'hangs') return { trouble: `the kernel does not answer for ${reads.hanging ?? 'another file'}` };
  if ('error' in found) throw found.error;
  return parse(found.text);
}

/**
 * Like the CloudWatch agent with shared memory in swap, for which the kernel walks all pages of the process: not where nothing of the host is in swap. Where it cannot
 * be read (another user's process, one that hangs, Linux before 4.14) without the shared memory.
 */
async function readSwap(folder: string, reads: PatientReads): Promise<Part> {
  const host = parseSwapOfHost(kernelTextIfThere(join(dirname(folder), 'meminfo')) ?? '');
  if (host !== null && host.swapTotal === host.swapFree) return { memory_swap: 0 };
  const rollup = await reads.read(join(folder, 'smaps_rollup'), MAX_IO_BYTES);
  const whole = rollup !== 'hangs' && 'text' in rollup ? parseSwap(rollup.text) : null;
  if (whole !== null) return { memory_swap: whole };
  const status = kernelTextIfThere(join(folder, 'status'));
  return status === null ? null : { memory_swap: parseSwap(status) ?? 0 };
}

/** Kilobytes of swap of the host, by `/proc/meminfo`; null when it does not say. */
function parseSwapOfHost(text: string): { readonly swapTotal: number; readonly swapFree: number } | null {
  const [total, free] = [/^SwapTotal: +(\d+) kB$/m.exec(text), /^SwapFree: +(\d+) kB$/m.exec(text)];
  return total === null || free === null ? null : { swapTotal: Number(total[1]), swapFree: Number(free[1]) };
}

/** Since Linux 6.2 the size of the folder says it; before, its names are counted. */
export async function countDescriptors(path: string): Promise<number> {
  const { size } = statSync(path);
  if (size > 0) return size;
  let count = 0;
  for await (const _ of await opendir(path, { bufferSize: DESCRIPTORS_AT_ONCE })) count += 1;
  return count;
}

/** The fields of `stat` but for cpu_usage, which needs the sample before. */
export const statFields = (stat: ProcessStat): Record<string, number> => ({
  pid: stat.pid,
  num_threads: stat.threads,
  // The scale of RLIMIT_NICE, which the CloudWatch agent gives: 20 for niceness 0, 40 for -20.
  nice_priority: 20 - stat.nice,
  realtime_priority: stat.realtimePriority,
  cpu_time: stat.user + stat.system,
  cpu_time_user: stat.user,
  cpu_time_system: stat.system,
  cpu_time_iowait: stat.iowait,
  cpu_time_guest: stat.guest,
  // The kernel counts these for processors, not for processes; the CloudWatch agent publishes 0.
  cpu_time_guest_nice: 0, cpu_time_idle: 0, cpu_time_irq: 0, cpu_time_nice: 0, cpu_time_soft_irq: 0, cpu_time_steal: 0, cpu_time_stolen: 0,
});
