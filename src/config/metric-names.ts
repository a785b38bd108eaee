import { nearest } from './nearest.ts';
import type { Advice } from './problem.ts';

const CPU_STATES = ['active', 'guest', 'guest_nice', 'idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'];
const TCP_STATES = ['close', 'close_wait', 'closing', 'established', 'fin_wait1', 'fin_wait2', 'last_ack', 'listen', 'none', 'syn_sent', 'syn_recv', 'time_wait'];
const LIMITED = ['cpu_time', 'file_locks', 'memory_data', 'memory_locked', 'memory_rss', 'memory_stack', 'memory_vms', 'nice_priority', 'num_fds', 'realtime_priority', 'signals_pending'];
const EXCEEDED = ['performance_exceeded_iops', 'performance_exceeded_tp'];
const VOLUME_TOTALS = ['read_ops', 'read_bytes', 'read_time', 'write_ops', 'write_bytes', 'write_time'].map((total) => `total_${total}`);

const PRESSURE = ['cpu', 'memory', 'io'].flatMap((resource) => ['some', 'full'].flatMap((kind) => ['avg10', 'avg60', 'total'].map((value) => `${resource}_${kind}_${value}`)));

/** What each plugin can measure on Linux, in the short form (without the plugin's name before it). */
export const MEASUREMENTS: Readonly<Record<string, readonly string[]>> = {
  cpu: [...CPU_STATES.map((state) => `usage_${state}`), ...CPU_STATES.map((state) => `time_${state}`)],
  disk: ['free', 'total', 'used', 'used_percent', 'inodes_free', 'inodes_total', 'inodes_used'],
  diskio: [
    'reads', 'writes', 'read_bytes', 'write_bytes', 'read_time', 'write_time', 'io_time', 'iops_in_progress',
    ...[...VOLUME_TOTALS, ...EXCEEDED.map((name) => `volume_${name}`), ...EXCEEDED.map((name) => `ec2_instance_${name}`), 'volume_queue_length'].map((name) => `ebs_${name}`),
    ...[...VOLUME_TOTALS, ...EXCEEDED, 'volume_queue_length'].map((name) => `instance_store_${name}`),
  ],
  mem: ['active', 'available', 'available_percent', 'buffered', 'cached', 'free', 'inactive', 'shared', 'total', 'used', 'used_percent'],
  swap: ['free', 'used', 'used_percent'],
  net: ['bytes_sent', 'bytes_recv', 'packets_sent', 'packets_recv', 'err_in', 'err_out', 'drop_in', 'drop_out'],
  netstat: [...TCP_STATES.map((state) => `tcp_${state}`), 'udp_socket'],
  processes: ['blocked', 'dead', 'idle', 'paging', 'running', 'sleeping', 'stopped', 'total', 'total_threads', 'wait', 'zombies'],
  procstat: [
    'cpu_time', ...['guest', 'guest_nice', 'idle', 'iowait', 'irq', 'nice', 'soft_irq', 'steal', 'stolen', 'system', 'user'].map((state) => `cpu_time_${state}`), 'cpu_usage',
    'involuntary_context_switches', 'voluntary_context_switches', 'memory_data', 'memory_locked', 'memory_rss', 'memory_stack', 'memory_swap', 'memory_vms',
    'nice_priority', 'realtime_priority', 'num_fds', 'num_threads', 'pid', 'pid_count', 'read_bytes', 'write_bytes', 'read_count', 'write_count', 'signals_pending',
    ...LIMITED.flatMap((name) => [`rlimit_${name}_hard`, `rlimit_${name}_soft`]),
  ],
  nvidia_gpu: [
    'utilization_gpu', 'utilization_memory', 'temperature_gpu', 'power_draw', 'fan_speed', 'memory_total', 'memory_used', 'memory_free', 'pcie_link_gen_current', 'pcie_link_width_current',
    'encoder_stats_session_count', 'encoder_stats_average_fps', 'encoder_stats_average_latency', 'clocks_current_graphics', 'clocks_current_sm', 'clocks_current_memory', 'clocks_current_video',
  ],
  // Beyond the CloudWatch agent's.
  load: ['1min', '5min', '15min'],
  uptime: ['seconds'],
  pressure: PRESSURE,
  conntrack: ['count', 'max', 'used_percent'],
  file_descriptors: ['allocated', 'max', 'used_percent'],
  systemd_units: ['active', 'failed', 'restarts'],
};

/** The name of a measurement in the short form. */
export function shortName(plugin: string, name: string): string {
  const prefixes = plugin === 'nvidia_gpu' ? ['nvidia_gpu_', 'nvidia_smi_'] : [`${plugin}_`];
  const trimmed = name.trim();
  const prefix = prefixes.find((text) => trimmed.startsWith(text)) ?? '';
  return trimmed.slice(prefix.length);
}

const BASE_UNITS: readonly string[] = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits', 'Count'];
/** StandardUnit of the CloudWatch API. */
export const STANDARD_UNITS: readonly string[] = ['None', 'Percent', 'Seconds', 'Milliseconds', 'Microseconds', ...BASE_UNITS, ...BASE_UNITS.map((unit) => `${unit}/Second`)];

const STANDARD = new Set(STANDARD_UNITS.map((unit) => unit.toLowerCase()));
/** Units that the CloudWatch agent turns into standard ones: times, and bytes and bits with a prefix of thousands or of 1,024s. */
const CONVERTED = /^(?:[1%]|[num]?s|min|h|d|(?:(?:[kmgt]i?)?(?:b|by|bi)(?:\/s)?))$/;

/** Accepted by the CloudWatch agent, and never produced on Linux. */
export const hasNoValue = (plugin: string, measurement: string): boolean => plugin === 'processes' && measurement === 'wait';

/** Whether CloudWatch gets a unit for this text; else the metric has none. Letter case does not count. */
export const isMetricUnit = (unit: string): boolean => STANDARD.has(unit.toLowerCase()) || CONVERTED.test(unit.toLowerCase());

/** What is said of a text that is no unit. */
export function unitAdvice(unit: string): Advice {
  const didYouMean = nearest(unit, STANDARD_UNITS);
  return { didYouMean, expected: didYouMean === null ? `one of ${STANDARD_UNITS.join(', ')}` : null };
}
