import type { CollectdPlan, CommonDimensionsPlan, Dimensions, ListenAddress, MetricsPlan, SamplerPlan, StatsdPlan } from '../metrics-plan.ts';
import { SELF_FIELDS } from '../metrics-plan.ts';
import type { DeliveryPlan } from '../plan.ts';
import { PatternCompiler } from './compile-framing.ts';
import { compileMeasurements } from './compile-measurements.ts';
import { isLegalName } from './compile-name.ts';
import { compileService, expanded } from './compile-service.ts';
import type { Agent, Collectd, Metrics, MetricsCollected, ProcessGroup, StatsD } from './generated/document.generated.ts';
import { pointerToken } from './json-tree.ts';
import { MEASUREMENTS } from './metric-names.ts';
import type { Environment, HostFacts, InstanceFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

/** Defaults of the CloudWatch agent. */
const NAMESPACE = 'CWAgent';
const FLUSH_S = 60;
const INTERVAL_S = 60;
const STATSD = { address: ':8125', intervalS: 10, aggregationS: 60, separator: '_', maxPending: 10_000 } as const;
const COLLECTD = { address: 'udp://127.0.0.1:25826', prefix: 'collectd_', authFile: '/etc/collectd/auth_file', typesDb: ['/usr/share/collectd/types.db'], aggregationS: 60 } as const;
/** Below it metrics are of high resolution. */
const STANDARD_RESOLUTION_S = 60;
const DEFAULT_BUFFER_BYTES = 16 << 20;
/** Twice what the longest outages of the service took that its users report of. */
const BUFFER_AGE_MS = 4 * 3_600_000;
const EMF_GROUP = 'CWAgent/metrics';
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

/** Whether a dimension is filled in with what only the instance metadata knows. */
export function asksForInstanceDimensions({ append_dimensions: common, metrics_collected: collected }: Metrics): boolean {
  const ofPlugins = Object.values(collected).flatMap((plugin: unknown) => (Array.isArray(plugin) ? plugin as readonly unknown[] : [plugin])).map((plugin) => (Object(plugin) as PluginKeys).append_dimensions);
  return [common, ...ofPlugins].some((dimensions) => Object.values(Object(dimensions) as Record<string, unknown>).some((value) => typeof value === 'string' && value.startsWith('${aws:')));
}

const SELF: SamplerPlan = {
  kind: 'agent', pointer: '/agent/self_metrics', intervalMs: 1_000 * INTERVAL_S, resolution: 60, append: [],
  measurements: Object.keys(SELF_FIELDS).map((field) => ({ field, name: `agent_${field}`, unit: null, scale: 1, dropOriginal: false })),
};

export interface MetricsContext {
  readonly agent: Agent;
  readonly facts: HostFacts;
  readonly env: Environment;
  readonly report: Reporter;
  readonly delivery: DeliveryPlan;
  /** Stream of EMF events where the section names none. */
  readonly defaultStream: string;
  /** Whether the schema, and the checks before this, find no error at this place or inside it. */
  readonly sound: (pointer: string) => boolean;
}

/** The plan of the section, or null where nothing of it can run; what is wrong, or not run, is reported. A collector with an error is left out. */
export function compileMetrics(metrics: Metrics, context: MetricsContext): MetricsPlan | null {
  const { agent, facts, env, report, delivery, sound } = context;
  if (!['endpoint_override', 'credentials', 'metrics_destinations', 'append_dimensions', 'namespace'].every((key) => sound(`/metrics/${key}`))) return null;
  const service = compileService(agent, { name: 'metrics', ...metrics }, facts, env, report);
  const compiler = new CollectorCompiler(context, metrics);
  const { samplers, statsd, collectd } = compiler.all();
  if (metrics.metrics_destinations?.amp !== undefined) report.notRun('/metrics/metrics_destinations/amp', 'not run by this agent: metrics are not written to workspaces of AMP');
  const destinations = destinationsOf(metrics, context);
  if (service === null || (samplers.length === 0 && statsd === null && collectd === null) || (!destinations.cloudwatch && destinations.emf === null)) return null;
  const lists = sound('/metrics/aggregation_dimensions') ? metrics.aggregation_dimensions ?? [] : [];
  return {
    service,
    namespace: metrics.namespace ?? NAMESPACE,
    flushMs: 1_000 * (sound('/metrics/force_flush_interval') ? metrics.force_flush_interval ?? FLUSH_S : FLUSH_S),
    compression: delivery.compression,
    connectTimeoutMs: delivery.connectTimeoutMs,
    requestTimeoutMs: delivery.requestTimeoutMs,
    destinations,
    dimensions: commonDimensions(metrics, context),
    rollups: [...new Map(lists.map((list) => list.toSorted()).map((list) => [JSON.stringify(list), list])).values()],
    retention: { maxBytes: sound('/metrics/max_buffer_bytes') ? metrics.max_buffer_bytes ?? DEFAULT_BUFFER_BYTES : DEFAULT_BUFFER_BYTES, maxAgeMs: BUFFER_AGE_MS },
    samplers: agent.self_metrics === false ? samplers : [...samplers, SELF],
    statsd, collectd,
  };
}

function destinationsOf({ metrics_destinations: wanted }: Metrics, { defaultStream, report }: MetricsContext): MetricsPlan['destinations'] {
  const { log_group_name: group, log_stream_name: stream } = wanted?.emf ?? {};
  const pointer = '/metrics/metrics_destinations/emf';
  const isGroup = group === undefined || isLegalName(group, { kind: 'group', pointer: `${pointer}/log_group_name` }, report);
  const isStream = stream === undefined || isLegalName(stream, { kind: 'stream', pointer: `${pointer}/log_stream_name` }, report);
  const emf = wanted?.emf === undefined || !isGroup || !isStream ? null : { group: group ?? EMF_GROUP, stream: stream ?? defaultStream };
  return { cloudwatch: wanted?.cloudwatch !== undefined || wanted?.emf === undefined, emf };
}

/** `host` goes wherever append_dimensions stands, that of other hosts too and even if none of its pairs works: dashboards of the CloudWatch agent rely on it. */
function commonDimensions({ append_dimensions: appended }: Metrics, { agent, facts, report }: MetricsContext): CommonDimensionsPlan {
  const host = appended !== undefined || agent.omit_hostname === true ? null : agent.hostname || facts.hostname;
  const append: [string, string][] = [];
  let autoScalingGroup = false;
  for (const [key, value] of Object.entries(appended ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    // What is no such pair was said by the check.
    if (value !== `\${aws:${key}}`) continue;
    const known = key === 'AutoScalingGroupName' ? facts.instance?.tags[AUTO_SCALING_TAG] : instanceFact(key, facts.instance);
    if (key === 'AutoScalingGroupName' && known === undefined) autoScalingGroup = true;
    if (known !== undefined && known !== null) append.push([key, known]);
    else if (known === null) report.warning(`/metrics/append_dimensions/${pointerToken(key)}`, 'is not known: this is no EC2 instance, or its metadata service does not answer; metrics go without it');
  }
  return { host, withoutHost: appended !== undefined, append, autoScalingGroup };
}

/** Undefined for what is no fact of an instance. */
function instanceFact(key: string, instance: InstanceFacts | null): string | null | undefined {
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
class CollectorCompiler {
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
    const measurements = compileMeasurements('procstat', group);
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
interface PluginKeys {
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
