// The part of the Plan that is about metrics. Every duration is in milliseconds, every size in bytes.
import type { Compression, Entity, NameTemplate, PatternPlan, Reach, RedactRulePlan } from './plan.ts';

/** StandardUnit of CloudWatch: `Percent`, `Bytes`, `None`… */
export type MetricUnit = string;

/** Names and values, sorted by name, each name once. */
export type Dimensions = readonly (readonly [name: string, value: string])[];

/** A field of a collector, and how it is published. */
export interface MeasurementPlan {
  /** The collector's own name of it: `usage_idle`. */
  readonly field: string;
  /** The whole published name: `cpu_usage_idle`, or what the config renames it to. */
  readonly name: string;
  /** Null: the field's own. */
  readonly unit: MetricUnit | null;
  /** What the value is multiplied by for that unit. */
  readonly scale: number;
  /** With its own dimensions it is not published, only in the reduced copies of `rollups`. */
  readonly dropOriginal: boolean;
}

/** What all collectors have. */
export interface CollectorPlan {
  /** JSON pointer of the section, for messages and `status`. */
  readonly pointer: string;
  readonly intervalMs: number;
  /** StorageResolution in seconds. */
  readonly resolution: 1 | 60;
  /** Added where the datum has no dimension of that name. */
  readonly append: Dimensions;
}

/** What is sampled on this host. */
export type SamplerPlan = CollectorPlan & { readonly measurements: readonly MeasurementPlan[] } & (
  | { readonly kind: 'cpu'; readonly total: boolean; readonly cores: boolean }
  /** `mountPoints` null: all. `volumeId`: with the dimension VolumeId where the device is on an EBS volume. */
  | { readonly kind: 'disk'; readonly mountPoints: readonly string[] | null; readonly ignoredTypes: readonly string[]; readonly dropDevice: boolean; readonly volumeId: boolean }
  /** Names or globs; null: all. */
  | { readonly kind: 'diskio'; readonly devices: readonly string[] | null }
  /** What EBS volumes and instance stores say of themselves: the fields `ebs_…` and `instance_store_…` of diskio, by the same names. Never with the dimension `host`. */
  | { readonly kind: 'nvme'; readonly devices: readonly string[] | null }
  /** Names or globs; null: all that are up, but loopback. */
  | { readonly kind: 'net'; readonly interfaces: readonly string[] | null }
  | { readonly kind: 'mem' | 'swap' | 'netstat' | 'processes' | 'nvidia_gpu' | 'load' | 'uptime' | 'pressure' | 'conntrack' | 'file_descriptors' }
  | { readonly kind: 'procstat'; readonly select: ProcessSelector }
  /** Globs of interface names. `statistics` null: all that the driver has; the measurements are empty, each statistic is published as `ethtool_<name>`. */
  | { readonly kind: 'ethtool'; readonly include: readonly string[]; readonly exclude: readonly string[]; readonly statistics: readonly string[] | null; readonly dropOriginal: readonly string[] }
  /** Globs of unit names. */
  | { readonly kind: 'systemd_units'; readonly units: readonly string[] }
  /** The agent about itself: SELF_FIELDS. */
  | { readonly kind: 'agent' }
);
export type SamplerKind = SamplerPlan['kind'];

/** Which processes; `text` is what the config says, and the value of the dimension of that name (`pidfile` for `pid_file`). */
export type ProcessSelector =
  | { readonly by: 'pid_file'; readonly text: string }
  | { readonly by: 'exe' | 'pattern'; readonly text: string; readonly pattern: PatternPlan };

/** Where a listener listens. An empty host: all interfaces. `path` for a unix socket. */
export type ListenAddress =
  | { readonly protocol: 'udp' | 'tcp'; readonly host: string; readonly port: number }
  | { readonly protocol: 'unix' | 'unixgram'; readonly path: string };

/** As a person writes it: `udp://127.0.0.1:25888`. */
export function addressText(address: ListenAddress): string {
  if ('path' in address) return `${address.protocol}://${address.path}`;
  return `${address.protocol}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Datums that come in from outside, counted together over a time. */
export interface ListenerPlan {
  readonly pointer: string;
  readonly addresses: readonly ListenAddress[];
  /** Datums of one series within so long are one; 0: each collection is published as it is. */
  readonly aggregationMs: number;
  readonly resolution: 1 | 60;
  /** Published names that are published in the reduced copies alone; `*` for all. */
  readonly dropOriginal: readonly string[];
  readonly append: Dimensions;
}

export interface StatsdPlan extends ListenerPlan {
  readonly intervalMs: number;
  /** Stands for the dots in names. */
  readonly separator: string;
  /** Packets that wait to be parsed; what comes beyond it is dropped and counted. */
  readonly maxPending: number;
  /** Gauges keep their value from one collection to the next (the CloudWatch agent forgets it). */
  readonly keepGauges: boolean;
  /** The dimension `metric_type`. */
  readonly typeDimension: boolean;
}

export interface CollectdPlan extends ListenerPlan {
  readonly prefix: string;
  readonly authFile: string;
  readonly security: 'none' | 'sign' | 'encrypt';
  readonly typesDb: readonly string[];
}

/** How long metrics wait for a service that cannot be reached. */
export interface MetricRetentionPlan {
  /** Of compressed requests, held in memory. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Dimensions of all metrics. */
export interface CommonDimensionsPlan {
  /** The dimension `host`; null: none. */
  readonly host: string | null;
  /** Metrics go without a dimension `host` whoever named it: a packet of collectd, a tag of StatsD, a section's append_dimensions. */
  readonly withoutHost: boolean;
  /** Known values, added where a datum has none of the name. */
  readonly append: Dimensions;
  /** Value of the EC2 tag `aws:autoscaling:groupName`, asked for while the agent runs: until it is known metrics go without it. */
  readonly autoScalingGroup: boolean;
}

export interface MetricsPlan {
  readonly service: Reach & { readonly label: string | null };
  readonly namespace: string;
  readonly flushMs: number;
  readonly compression: Compression;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** PutMetricData, and events of the embedded metric format through the log path: either or both. */
  readonly destinations: { readonly cloudwatch: boolean; readonly emf: { readonly group: string; readonly stream: string } | null };
  readonly dimensions: CommonDimensionsPlan;
  /** What PutMetricData says all metrics are of; null: nothing. */
  readonly entity: Entity | null;
  /** Lists of dimension names, each sorted: a further copy of each datum with these alone. */
  readonly rollups: readonly (readonly string[])[];
  readonly retention: MetricRetentionPlan;
  readonly samplers: readonly SamplerPlan[];
  readonly statsd: StatsdPlan | null;
  readonly collectd: CollectdPlan | null;
}

/** What the agent publishes about itself, as `agent_<field>`. `delta`: the growth since the sample before. */
export const SELF_FIELDS = {
  read_bytes: { unit: 'Bytes', delta: true },
  delivered_events: { unit: 'Count', delta: true },
  delivered_bytes: { unit: 'Bytes', delta: true },
  /** With the dimension `reason`. */
  dropped_events: { unit: 'Count', delta: 'new-at-zero' },
  dropped_bytes: { unit: 'Bytes', delta: 'new-at-zero' },
  /** What came in over a listener, or was scraped, and is not published: lines, packets, values, connections. With the dimensions `listener` and `reason`. */
  listener_losses: { unit: 'Count', delta: 'new-at-zero' },
  /** Read and not acknowledged. */
  held_bytes: { unit: 'Bytes' },
  /** Of all followed files, what is not acknowledged. */
  lag_bytes: { unit: 'Bytes' },
  failing_destinations: { unit: 'Count' },
  retries: { unit: 'Count', delta: true },
  quarantined_events: { unit: 'Count', delta: true },
  refused_configs: { unit: 'Count', delta: true },
  rolled_back_configs: { unit: 'Count', delta: true },
  troubles: { unit: 'Count' },
  /** Samples that were skipped because the one before took too long. */
  skipped_samples: { unit: 'Count', delta: true },
  /** Datums that will never arrive. */
  dropped_datums: { unit: 'Count', delta: true },
  memory_rss: { unit: 'Bytes' },
  /** Of one core. */
  cpu_usage: { unit: 'Percent' },
  open_files: { unit: 'Count' },
} as const satisfies Readonly<Record<string, { readonly unit: MetricUnit; readonly delta?: true | 'new-at-zero' }>>;
export type SelfField = keyof typeof SELF_FIELDS;

/** Which metrics CloudWatch makes of the events of Prometheus targets whose labels match. */
export interface EmfDeclarationPlan {
  /** The values of these labels, joined by `separator`, are what `matcher` is searched in; a label that is missing is an empty text. */
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly matcher: PatternPlan;
  /** A metric is taken when one of these occurs in its name. */
  readonly selectors: readonly PatternPlan[];
  /** Sets of label names; a set counts where the event has all of its labels. */
  readonly dimensions: readonly (readonly string[])[];
}

export interface EmfExtractionPlan {
  readonly namespace: string;
  /** By metric name. */
  readonly units: Readonly<Record<string, MetricUnit>>;
  readonly declarations: readonly EmfDeclarationPlan[];
  /** A metric that several declarations take is named once, with the dimensions of all. */
  readonly dedup: boolean;
}

/** Prometheus targets that are scraped, and how what they give becomes log events. */
export interface PrometheusPlan {
  /** JSON pointer of the section, for messages and `status`. */
  readonly pointer: string;
  /** The scrape config: a file, read while the agent runs and again when it changes, or the text of an environment variable. */
  readonly config: { readonly path: string } | { readonly variable: string; readonly text: string };
  readonly logGroup: string;
  /** The label `ClusterName` where a metric has none; null: none. */
  readonly cluster: string | null;
  /** Null: the events are logs alone. */
  readonly extraction: EmfExtractionPlan | null;
}

/** Listeners for events in the embedded metric format, one a line, which go the way of logs. */
export interface EmfPlan {
  readonly pointer: string;
  readonly addresses: readonly ListenAddress[];
  /** Of events that name none. */
  readonly group: string;
  /** Of events that name none; no part of it depends on a file. */
  readonly stream: NameTemplate;
}

/** Where events that come in without a file wait for their delivery. */
export interface SpoolPlan {
  /** Of all files in it; what is beyond waits with its sender, or is dropped and counted where that cannot wait. */
  readonly maxBytes: number;
  /** Of `logs`: what is made unreadable in its events. */
  readonly redact: readonly RedactRulePlan[];
  /** What the groups are given that are created for its events; see NamingPlan. */
  readonly kmsKeyId: string | null;
  readonly tags: Readonly<Record<string, string>>;
}
