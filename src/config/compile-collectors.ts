import type { CollectdPlan, Dimensions, ListenAddress, SamplerPlan, StatsdPlan } from '../metrics-plan.ts';
import { PatternCompiler } from './compile-framing.ts';
import { compileMeasurements } from './compile-measurements.ts';
import type { MetricsContext } from './compile-metrics.ts';
import { expanded } from './compile-service.ts';
import type { Collectd, Metrics, MetricsCollected, ProcessGroup, StatsD } from './generated/document.generated.ts';
import { pointerToken } from './json-tree.ts';
import { MEASUREMENTS } from './metric-names.ts';
import type { InstanceFacts } from './placeholders.ts';

/** Defaults of the CloudWatch agent. */
export const INTERVAL_S = 60;
const STATSD = { address: ':8125', intervalS: 10, aggregationS: 60, separator: '_', maxPending: 10_000 } as const;
const COLLECTD = { address: 'udp://127.0.0.1:25826', prefix: 'collectd_', authFile: '/etc/collectd/auth_file', typesDb: ['/usr/share/collectd/types.db'], aggregationS: 60 } as const;
/** Below it metrics are of high resolution. */
const STANDARD_RESOLUTION_S = 60;
const COLLECTED = '/metrics/metrics_collected';
/** Keys of append_dimensions that the CloudWatch agent uses inside itself. */
const RESERVED = new Set(['aws:StorageResolution', 'aws:AggregationInterval']);
/** What CloudWatch agent's collectors are that this one does not run, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  efa: 'counters of Elastic Fabric Adapters are not read',
  jmx: 'Java processes are not asked',
  otlp: 'OTLP is not listened for',
  prometheus: 'the only destination for these is a workspace of AMP, which is not written to',
};

/** Fields of diskio that the NVMe devices of EC2 count themselves. */
const OF_NVME = /^(?:ebs|instance_store)_/;

/** Tag of an instance that an Auto Scaling group started. */
export const AUTO_SCALING_TAG = 'aws:autoscaling:groupName';

/** Undefined for what is no fact of an instance. */
export function instanceFact(key: string, instance: InstanceFacts | null): string | null | undefined {
  switch (key) {
    case 'InstanceId': return instance?.instanceId ?? null;
    case 'ImageId': return instance?.imageId ?? null;
    case 'InstanceType': return instance?.instanceType ?? null;
    default: return undefined;
  }
}

/** The CloudWatch agent's words for what it does not know. */
const STAND_INS: Readonly<Record<string, string>> = { InstanceId: 'i-UNKNOWN', InstanceType: 'UNKNOWN-TYPE', ImageId: 'UNKNOWN-AMI' };

interface Collectors { readonly samplers: readonly SamplerPlan[]; readonly statsd: StatsdPlan | null; readonly collectd: CollectdPlan | null }

/** Compiles the collectors of one section `metrics`. */
export class CollectorCompiler {
  readonly #c: MetricsContext;
  readonly #collected: MetricsCollected;
  /** Without those the CloudWatch agent fills in no volume. */
  readonly #hasCommonDimensions: boolean;
  readonly #patterns: PatternCompiler;

  constructor(context: MetricsContext, metrics: Metrics) {
    this.#c = context;
    this.#collected = metrics.metrics_collected;
    this.#hasCommonDimensions = metrics.append_dimensions !== undefined;
    this.#patterns = new PatternCompiler(context.report);
  }

  all(): Collectors {
    const { report, sound } = this.#c;
    const samplers: SamplerPlan[] = [];
    for (const [name, plugin] of Object.entries(this.#collected)) {
      const pointer = `${COLLECTED}/${pointerToken(name)}`;
      if (NOT_RUN[name] !== undefined) report.notRun(pointer, `not run by this agent: ${NOT_RUN[name]}`);
      else if (sound(pointer) && (Object.hasOwn(MEASUREMENTS, name) || name === 'ethtool')) samplers.push(...this.#samplers(name, plugin, pointer));
    }
    const { statsd, collectd } = this.#collected;
    return {
      samplers,
      statsd: statsd !== undefined && sound(`${COLLECTED}/statsd`) ? this.#statsd(statsd) : null,
      collectd: collectd !== undefined && sound(`${COLLECTED}/collectd`) ? this.#collectd(collectd) : null,
    };
  }

  #samplers(name: string, plugin: unknown, pointer: string): readonly SamplerPlan[] {
    if (name === 'procstat') return (plugin as readonly ProcessGroup[]).flatMap((group, index) => this.#processes(group, `${pointer}/${index}`));
    const collector = this.#collector(plugin as PluginKeys, pointer);
    if (name === 'ethtool') {
      const { interface_include: include = ['*'], interface_exclude: exclude = [], metrics_include: statistics = [], drop_original_metrics: dropOriginal = [] } = plugin as NonNullable<MetricsCollected['ethtool']>;
      return [{ ...collector, kind: 'ethtool', measurements: [], include, exclude, statistics: statistics.length === 0 ? null : statistics, dropOriginal }];
    }
    const measurements = compileMeasurements(name, plugin as PluginKeys);
    if (measurements.length === 0) return [];
    switch (name) {
      case 'cpu': {
        const { totalcpu: total = true, resources = [] } = plugin as NonNullable<MetricsCollected['cpu']>;
        return total || resources.length > 0 ? [{ ...collector, kind: 'cpu', measurements, total, cores: resources.length > 0 }] : [];
      }
      case 'disk': {
        const { resources, ignore_file_system_types: ignoredTypes = [], drop_device: dropDevice = false, append_dimensions: append } = plugin as NonNullable<MetricsCollected['disk']>;
        const volumeId = append?.['VolumeId'] === '${aws:VolumeId}' && this.#hasCommonDimensions;
        return [{ ...collector, kind: 'disk', measurements, mountPoints: someOf(resources), ignoredTypes, dropDevice, volumeId }];
      }
      case 'diskio': {
        const devices = someOf((plugin as PluginKeys).resources);
        const [ofKernel, ofVolumes] = [measurements.filter(({ field }) => !OF_NVME.test(field)), measurements.filter(({ field }) => OF_NVME.test(field))];
        return [
          ...(ofKernel.length === 0 ? [] : [{ ...collector, kind: 'diskio', measurements: ofKernel, devices } as const]),
          // As in the CloudWatch agent, a volume's own statistics have the volume for a dimension, and no other of this section.
          ...(ofVolumes.length === 0 ? [] : [{ ...collector, pointer: `${pointer}/measurement`, append: [], kind: 'nvme', measurements: ofVolumes, devices } as const]),
        ];
      }
      case 'net': return [{ ...collector, kind: 'net', measurements, interfaces: someOf((plugin as PluginKeys).resources) }];
      case 'systemd_units': return [{ ...collector, kind: 'systemd_units', measurements, units: (plugin as NonNullable<MetricsCollected['systemd_units']>).units ?? ['*.service'] }];
      case 'mem': case 'swap': case 'netstat': case 'processes': case 'nvidia_gpu': case 'load': case 'uptime': case 'pressure': case 'conntrack': case 'file_descriptors':
        return [{ ...collector, kind: name, measurements }];
      default: throw new Error(`${pointer}: no sampler is made of it`);
    }
  }

  #processes(group: ProcessGroup, pointer: string): readonly SamplerPlan[] {
    // The CloudWatch agent does not know drop_original_metrics here, and says nothing: metrics that are there stay.
    const measurements = compileMeasurements('procstat', { measurement: group.measurement });
    if (measurements.length === 0) return [];
    const collector = this.#collector(group, pointer);
    if (group.pid_file !== undefined) return [{ ...collector, kind: 'procstat', measurements, select: { by: 'pid_file', text: group.pid_file } }];
    const [by, text] = group.exe === undefined ? ['pattern', group.pattern!] as const : ['exe', group.exe] as const;
    const pattern = this.#patterns.compile(text, `${pointer}/${by}`);
    return pattern === null ? [] : [{ ...collector, kind: 'procstat', measurements, select: { by, text, pattern } }];
  }

  #collector({ metrics_collection_interval: own, append_dimensions: append }: PluginKeys, pointer: string): Pick<SamplerPlan, 'pointer' | 'intervalMs' | 'resolution' | 'append'> {
    const seconds = own ?? this.#c.agent.metrics_collection_interval ?? INTERVAL_S;
    return { pointer, intervalMs: 1_000 * seconds, resolution: resolutionOf(seconds), append: this.#constants(append, pointer) };
  }

  #statsd(plugin: StatsD): StatsdPlan | null {
    const pointer = `${COLLECTED}/statsd`;
    this.#ownEntity(plugin, pointer);
    const { separator, intervalS, maxPending } = STATSD;
    const address = listenAddress(plugin.service_address ?? STATSD.address, `${pointer}/service_address`, 'udp', this.#c);
    if (address === null) return null;
    const aggregationS = plugin.metrics_aggregation_interval ?? STATSD.aggregationS;
    return {
      pointer, addresses: [address], aggregationMs: 1_000 * aggregationS, resolution: resolutionOf(aggregationS),
      dropOriginal: plugin.drop_original_metrics ?? [], append: [],
      intervalMs: 1_000 * (plugin.metrics_collection_interval ?? intervalS), separator: plugin.metric_separator ?? separator,
      maxPending: plugin.allowed_pending_messages ?? maxPending, keepGauges: plugin.keep_gauges ?? true, typeDimension: plugin.type_dimension ?? true,
    };
  }

  #collectd(plugin: Collectd): CollectdPlan | null {
    const pointer = `${COLLECTED}/collectd`;
    this.#ownEntity(plugin, pointer);
    const address = listenAddress(plugin.service_address ?? COLLECTD.address, `${pointer}/service_address`, null, this.#c);
    if (address === null) return null;
    const aggregationS = plugin.metrics_aggregation_interval ?? COLLECTD.aggregationS;
    return {
      pointer, addresses: [address], aggregationMs: 1_000 * aggregationS, resolution: resolutionOf(aggregationS),
      dropOriginal: plugin.drop_original_metrics ?? [], append: this.#constants(plugin.append_dimensions, pointer),
      prefix: plugin.name_prefix ?? COLLECTD.prefix, authFile: plugin.collectd_auth_file ?? COLLECTD.authFile,
      security: plugin.collectd_security_level ?? 'encrypt', typesDb: plugin.collectd_typesdb ?? COLLECTD.typesDb,
    };
  }

  /** A request is of one entity. */
  #ownEntity(plugin: StatsD | Collectd, pointer: string): void {
    for (const key of ['service.name', 'deployment.environment'] as const) {
      if (plugin[key] !== undefined) this.#c.report.notRun(`${pointer}/${key}`, `not run by this agent: all metrics have the entity that "${key}" under "metrics" or "agent" names`);
    }
  }

  /** The dimensions of one plugin. What the CloudWatch agent fills in at its start is filled in here, with its words for what is not known. */
  #constants(dimensions: PluginKeys['append_dimensions'], pointer: string): Dimensions {
    const { env, report, facts } = this.#c;
    return Object.entries(dimensions ?? {}).flatMap(([key, value]): Dimensions => {
      if (RESERVED.has(key)) return [];
      const [, word] = /^\$\{aws:(.*)\}$/.exec(value) ?? [];
      if (word !== undefined) {
        const known = word === 'AutoScalingGroupName' ? facts.instance?.tags[AUTO_SCALING_TAG] : instanceFact(word, facts.instance) ?? STAND_INS[word];
        if (word === 'AutoScalingGroupName' && !known) {
          report.warning(`${pointer}/append_dimensions/${pointerToken(key)}`, 'is not known: for one section it comes from the metadata of the instance alone, and these show no such tag; its metrics go without it', {
            expected: '"AutoScalingGroupName": "${aws:AutoScalingGroupName}" in append_dimensions of metrics, for which EC2 is asked',
          });
        }
        return known === undefined || known === '' ? [] : [[key, known]];
      }
      const text = expanded(value, env, `${pointer}/append_dimensions/${pointerToken(key)}`, report);
      return text === null ? [] : [[key, text]];
    }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Keys that several plugins have. */
export interface PluginKeys {
  readonly measurement?: NonNullable<MetricsCollected['mem']>['measurement'];
  readonly resources?: readonly string[];
  readonly metrics_collection_interval?: number;
  readonly append_dimensions?: Readonly<Record<string, string>>;
  readonly drop_original_metrics?: readonly string[];
}

const resolutionOf = (seconds: number): 1 | 60 => (seconds < STANDARD_RESOLUTION_S ? 1 : 60);
const someOf = (resources: readonly string[] | undefined): readonly string[] | null => (resources === undefined || resources.includes('*') ? null : resources);

/** An address as written; null when it is wrong (and reported). @param implied protocol where none is written, or null: one must be */
function listenAddress(written: string, pointer: string, implied: 'udp' | null, { env, report }: MetricsContext): ListenAddress | null {
  const text = expanded(written, env, pointer, report);
  if (text === null) return null;
  if (text.startsWith('unixgram:')) {
    report.error(pointer, `${JSON.stringify(text)} cannot be listened at: the runtime has no unix datagram sockets`, { expected: 'unix:///run/metrics.sock for streams, or udp://127.0.0.1:8125 for packets' });
    return null;
  }
  const path = /^unix:\/\/(\/.+)$/.exec(text);
  if (path !== null) return { protocol: 'unix', path: path[1]! };
  const found = /^(?:(udp|tcp)[46]?:\/\/)?(\[[0-9a-f:.]+\]|[^:/[\]]*):(\d{1,5})$/i.exec(text);
  const protocol = found?.[1]?.toLowerCase() ?? implied;
  const port = Number(found?.[3]);
  if (found !== null && protocol !== null && port >= 1 && port <= 65_535) return { protocol: protocol as 'udp' | 'tcp', host: found[2]!.replace(/^\[|\]$/g, ''), port };
  report.error(pointer, `${JSON.stringify(text)} is no address to listen at`, { expected: `${implied === null ? 'udp://127.0.0.1:25826' : ':8125 or udp://127.0.0.1:8125'}, tcp://[::1]:25826 or unix:///run/metrics.sock` });
  return null;
}
