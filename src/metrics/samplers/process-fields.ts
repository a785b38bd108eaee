import type { FieldKind } from '../sampler.ts';

/** What of a process a field is read from. `count`: of the search for the processes itself. */
export type ProcessSource = 'stat' | 'status' | 'swap' | 'io' | 'descriptors' | 'limits' | 'count';

const CPU_TIMES = ['guest', 'guest_nice', 'idle', 'iowait', 'irq', 'nice', 'soft_irq', 'steal', 'stolen', 'system', 'user'].map((state) => `cpu_time_${state}`);
const LIMITED = ['cpu_time', 'file_locks', 'memory_data', 'memory_locked', 'memory_rss', 'memory_stack', 'memory_vms', 'nice_priority', 'num_fds', 'realtime_priority', 'signals_pending'];

const SOURCES: Readonly<Record<ProcessSource, readonly string[]>> = {
  stat: ['cpu_time', ...CPU_TIMES, 'cpu_usage', 'nice_priority', 'realtime_priority', 'num_threads', 'pid'],
  status: ['involuntary_context_switches', 'voluntary_context_switches', 'memory_data', 'memory_locked', 'memory_rss', 'memory_stack', 'memory_vms', 'signals_pending'],
  swap: ['memory_swap'],
  io: ['read_bytes', 'write_bytes', 'read_count', 'write_count'],
  descriptors: ['num_fds'],
  limits: LIMITED.flatMap((name) => [`rlimit_${name}_hard`, `rlimit_${name}_soft`]),
  count: ['pid_count'],
};

const unitOf = (field: string): string => (field === 'cpu_usage' ? 'Percent' : /^(?:rlimit_)?memory_|^(?:read|write)_bytes$/.test(field) ? 'Bytes' : 'None');

/** All fields of procstat with the units of the CloudWatch agent; counters are raw there, not deltas. */
export const PROCESS_FIELDS: Readonly<Record<string, FieldKind>> = Object.fromEntries(Object.values(SOURCES).flat().map((field) => [field, { unit: unitOf(field) }]));

/** What must be read for these fields. */
export const sourcesOf = (fields: ReadonlySet<string>): ReadonlySet<ProcessSource> =>
  new Set((Object.keys(SOURCES) as ProcessSource[]).filter((source) => SOURCES[source].some((field) => fields.has(field))));
