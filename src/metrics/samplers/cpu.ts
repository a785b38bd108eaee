import { join } from 'node:path';
import type { SamplerPlan } from '../../metrics-plan.ts';
import { KernelFile } from '../kernel-file.ts';
import type { FieldKind, KernelFolders, Reading, Sampler } from '../sampler.ts';

/** Ticks of /proc/stat in a second: the kernel's USER_HZ, 100 on every processor that is supported (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** The columns of /proc/stat in their order (proc_stat(5)). `user` holds `guest` as well, and `nice` holds `guest_nice`. */
const COLUMNS = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice'] as const;
export type CpuTicks = Readonly<Record<(typeof COLUMNS)[number], number>>;

const PERCENT: FieldKind = { unit: 'Percent' };
const NONE: FieldKind = { unit: 'None' };

/** Usage since the sample before, and times since the boot, in seconds. */
const FIELDS = {
  usage_active: PERCENT, usage_guest: PERCENT, usage_guest_nice: PERCENT, usage_idle: PERCENT, usage_iowait: PERCENT, usage_irq: PERCENT,
  usage_nice: PERCENT, usage_softirq: PERCENT, usage_steal: PERCENT, usage_system: PERCENT, usage_user: PERCENT,
  time_active: NONE, time_guest: NONE, time_guest_nice: NONE, time_idle: NONE, time_iowait: NONE, time_irq: NONE,
  time_nice: NONE, time_softirq: NONE, time_steal: NONE, time_system: NONE, time_user: NONE,
} as const satisfies Readonly<Record<string, FieldKind>>;

/** The counts of all cores together (`cpu`) and of those that are online (`cpu0`…), by name; columns that an old kernel lacks are 0. */
export function parseCpuTicks(text: string): ReadonlyMap<string, CpuTicks> {
  const found = new Map<string, CpuTicks>();
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    // The cores come first; what follows them is long.
    if (!text.startsWith('cpu', from)) break;
    const [name, ...counts] = text.slice(from, end).split(/ +/);
    if (/^cpu\d*$/.test(name!)) found.set(name!, ticksOf(counts.map(Number)));
    from = end + 1;
  }
  return found;
}

function ticksOf(counts: readonly number[]): CpuTicks {
  return Object.fromEntries(COLUMNS.map((column, index) => [column, Number.isFinite(counts[index]) ? counts[index]! : 0])) as CpuTicks;
}

/** Guests are within user and nice. */
const totalOf = (ticks: CpuTicks): number =>
  ticks.user + ticks.nice + ticks.system + ticks.idle + ticks.iowait + ticks.irq + ticks.softirq + ticks.steal;

/** A count that goes back (`iowait` does) has not grown. */
function growthOf(before: CpuTicks, now: CpuTicks): CpuTicks {
  return ticksOf(COLUMNS.map((column) => Math.max(0, now[column] - before[column])));
}

function times(ticks: CpuTicks): Record<string, number> {
  const values: Record<string, number> = { time_active: (totalOf(ticks) - ticks.idle) / TICKS_PER_SECOND };
  for (const column of COLUMNS) values[`time_${column}`] = ticks[column] / TICKS_PER_SECOND;
  return values;
}

/** Shares of the time between two observations, in percent; nothing if none has passed, or the counts began anew. */
function usage(before: CpuTicks, now: CpuTicks): Record<string, number> {
  const growth = growthOf(before, now);
  const total = totalOf(growth);
  if (total === 0 || totalOf(now) < totalOf(before)) return {};
  const percent = (ticks: number): number => 100 * ticks / total;
  return {
    usage_active: percent(total - growth.idle),
    usage_guest: percent(growth.guest),
    usage_guest_nice: percent(growth.guest_nice),
    usage_idle: percent(growth.idle),
    usage_iowait: percent(growth.iowait),
    usage_irq: percent(growth.irq),
    usage_nice: percent(Math.max(0, growth.nice - growth.guest_nice)),
    usage_softirq: percent(growth.softirq),
    usage_steal: percent(growth.steal),
    usage_system: percent(growth.system),
    usage_user: percent(Math.max(0, growth.user - growth.guest)),
  };
}

/** /proc/stat. A core that was offline at the sample before has times, and usage from the next one on. */
export function createCpuSampler(plan: Pick<Extract<SamplerPlan, { kind: 'cpu' }>, 'total' | 'cores'>, folders: KernelFolders): Sampler {
  const file = new KernelFile(join(folders.proc, 'stat'));
  let before: ReadonlyMap<string, CpuTicks> = new Map();
  const reading = (name: string, ticks: CpuTicks): Reading => {
    const last = before.get(name);
    return { dimensions: [['cpu', name === 'cpu' ? 'cpu-total' : name]], values: { ...times(ticks), ...(last === undefined ? {} : usage(last, ticks)) } };
  };
  return {
    fields: FIELDS,
    sample: async () => {
      const ticks = parseCpuTicks(file.read());
      if (ticks.size === 0) throw new Error(`${file.path} has no line of a processor: it is not the kernel's, or not mounted`);
      const readings = [...ticks].filter(([name]) => (name === 'cpu' ? plan.total : plan.cores)).map(([name, counts]) => reading(name, counts));
      before = ticks;
      return readings;
    },
    [Symbol.dispose]: () => { file[Symbol.dispose](); },
  };
}
