// The metrics that the CloudWatch agent's wizard configures at each level, to the last measurement.

export type MetricsLevel = 'Basic' | 'Standard' | 'Advanced' | 'None';

/** Kinds of host metrics that are chosen one by one at the level None. */
export const METRIC_KINDS = ['cpu', 'memory', 'disk', 'network', 'swap'] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

export interface HostMetrics {
  readonly level: MetricsLevel;
  /** What is collected at the level None; the other levels say it themselves. */
  readonly kinds: readonly MetricKind[];
  readonly onEc2: boolean;
  readonly perCore: boolean;
  /** Seconds between two samples, of every kind. */
  readonly interval: number;
}

type Measurements = Readonly<Record<string, readonly string[]>>;

const DISK_IO = ['write_bytes', 'read_bytes', 'writes', 'reads'];
const CPU = ['cpu_usage_idle', 'cpu_usage_iowait', 'cpu_usage_steal', 'cpu_usage_guest', 'cpu_usage_user', 'cpu_usage_system'];
const NET = ['bytes_sent', 'bytes_recv', 'packets_sent', 'packets_recv'];
const NETSTAT = ['tcp_established', 'tcp_time_wait'];
const MEM = { mem: ['mem_used_percent'] };
const SWAP = { swap: ['swap_used_percent'] };

const ON_EC2: Readonly<Record<Exclude<MetricsLevel, 'None'>, Measurements>> = {
  Basic: { disk: ['used_percent'], ...MEM },
  Standard: { cpu: ['cpu_usage_idle', 'cpu_usage_iowait', 'cpu_usage_user', 'cpu_usage_system'], disk: ['used_percent', 'inodes_free'], diskio: ['io_time'], ...MEM, ...SWAP },
  Advanced: {
    cpu: ['cpu_usage_idle', 'cpu_usage_iowait', 'cpu_usage_user', 'cpu_usage_system'], disk: ['used_percent', 'inodes_free'], diskio: ['io_time', ...DISK_IO], ...MEM, netstat: NETSTAT, ...SWAP,
  },
};
const ON_PREMISES: Readonly<Record<Exclude<MetricsLevel, 'None'>, Measurements>> = {
  Basic: { cpu: ['cpu_usage_idle'], disk: ['used_percent'], diskio: DISK_IO, ...MEM, net: NET, ...SWAP },
  Standard: { cpu: ['cpu_usage_idle', 'cpu_usage_iowait'], disk: ['used_percent'], diskio: ['io_time', ...DISK_IO], ...MEM, net: NET, ...SWAP },
  Advanced: { cpu: CPU, disk: ['used_percent'], diskio: ['io_time', ...DISK_IO], ...MEM, net: NET, netstat: NETSTAT, ...SWAP },
};
const OF_KIND: Readonly<Record<MetricKind, Measurements>> = {
  cpu: { cpu: CPU }, memory: MEM, disk: { disk: ['used_percent', 'inodes_free'], diskio: ['io_time', ...DISK_IO] }, network: { net: NET, netstat: NETSTAT }, swap: SWAP,
};
/** Kinds that have parts (devices, mount points, interfaces), of which all are wanted. */
const WITH_PARTS: ReadonlySet<string> = new Set(['disk', 'diskio', 'net']);

/** Plugins of the host's metrics that this module may write under `metrics_collected`. */
export const HOST_PLUGINS = ['cpu', 'disk', 'diskio', 'mem', 'net', 'netstat', 'swap'] as const;

/** `metrics_collected` of the config, host metrics alone. */
export function hostPlugins({ level, kinds, onEc2, perCore, interval }: HostMetrics): Readonly<Record<string, object>> {
  const measurements: Measurements = level === 'None' ? Object.assign({}, ...kinds.map((kind) => OF_KIND[kind])) as Measurements : (onEc2 ? ON_EC2 : ON_PREMISES)[level];
  const plugins = Object.entries(measurements).flatMap(([name, measurement]) => {
    const plugin = { measurement, metrics_collection_interval: interval };
    if (name !== 'cpu') return [[name, WITH_PARTS.has(name) ? { ...plugin, resources: ['*'] } : plugin] as const];
    // EC2 has the total of all cores from the hypervisor: its levels take cpu from here for single cores alone.
    const byLevelOnEc2 = onEc2 && level !== 'None';
    if (byLevelOnEc2 && !perCore) return [];
    return [[name, { ...plugin, ...(perCore && { resources: ['*'] }), totalcpu: !byLevelOnEc2 }] as const];
  });
  return Object.fromEntries(plugins.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `metrics.append_dimensions` with which every metric says the instance it is of. */
export const EC2_DIMENSIONS = {
  AutoScalingGroupName: '${aws:AutoScalingGroupName}', ImageId: '${aws:ImageId}', InstanceId: '${aws:InstanceId}', InstanceType: '${aws:InstanceType}',
} as const;
