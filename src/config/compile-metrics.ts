import type { CommonDimensionsPlan, MetricsPlan, SamplerPlan } from '../metrics-plan.ts';
import { SELF_FIELDS } from '../metrics-plan.ts';
import type { DeliveryPlan } from '../plan.ts';
import { AUTO_SCALING_TAG, CollectorCompiler, INTERVAL_S, instanceFact } from './compile-collectors.ts';
import type { PluginKeys } from './compile-collectors.ts';
import { checkRollups } from './check-rollups.ts';
import { compileEntity } from './compile-entity.ts';
import { isLegalName } from './compile-name.ts';
import { entityDefaults } from './compile-naming.ts';
import { compileService, expanded } from './compile-service.ts';
import type { Agent, Metrics } from './generated/document.generated.ts';
import { pointerToken } from './json-tree.ts';
import type { Environment, HostFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

/** Defaults of the CloudWatch agent. */
const NAMESPACE = 'CWAgent';
/** Characters (API reference of PutMetricData). */
const MAX_NAMESPACE = 255;
const FLUSH_S = 60;
const DEFAULT_BUFFER_BYTES = 16 << 20;
/** Twice what the longest outages of the service took that its users report of. */
const BUFFER_AGE_MS = 4 * 3_600_000;
const EMF_GROUP = 'CWAgent/metrics';

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
  const namespace = namespaceOf(metrics, context);
  const dimensions = commonDimensions(metrics, context);
  const compiler = new CollectorCompiler(context, metrics);
  const { samplers, statsd, collectd } = compiler.all();
  if (metrics.metrics_destinations?.amp !== undefined) report.notRun('/metrics/metrics_destinations/amp', 'not run by this agent: metrics are not written to workspaces of AMP');
  const destinations = destinationsOf(metrics, context);
  if (service === null || namespace === null || dimensions === null || (samplers.length === 0 && statsd === null && collectd === null) || (!destinations.cloudwatch && destinations.emf === null)) return null;
  const lists = sound('/metrics/aggregation_dimensions') ? metrics.aggregation_dimensions ?? [] : [];
  if (statsd === null && collectd === null) checkRollups({ lists, samplers, common: [...(dimensions.host === null ? [] : ['host']), ...Object.keys(metrics.append_dimensions ?? {})] }, report);
  return {
    service,
    namespace,
    flushMs: 1_000 * (sound('/metrics/force_flush_interval') ? metrics.force_flush_interval ?? FLUSH_S : FLUSH_S),
    compression: delivery.compression,
    connectTimeoutMs: delivery.connectTimeoutMs,
    requestTimeoutMs: delivery.requestTimeoutMs,
    destinations,
    dimensions,
    entity: compileEntity(entityDefaults(agent, ['metrics', metrics], facts, env, report), facts),
    rollups: [...new Map(lists.map((list) => list.toSorted()).map((list) => [JSON.stringify(list), list])).values()],
    retention: { maxBytes: sound('/metrics/max_buffer_bytes') ? metrics.max_buffer_bytes ?? DEFAULT_BUFFER_BYTES : DEFAULT_BUFFER_BYTES, maxAgeMs: BUFFER_AGE_MS },
    samplers: agent.self_metrics === false ? samplers : [...samplers, SELF],
    statsd, collectd,
  };
}

/** Null: the service takes no metric in it (PutMetricData), which is reported. */
function namespaceOf({ namespace: written = NAMESPACE }: Metrics, { env, report }: MetricsContext): string | null {
  const pointer = '/metrics/namespace';
  const namespace = expanded(written, env, pointer, report);
  if (namespace === null) return null;
  if (namespace.trim() === '' || namespace.length > MAX_NAMESPACE || namespace.startsWith(':') || /[^\x20-\x7e]/.test(namespace)) {
    report.error(pointer, `${JSON.stringify(namespace)} is no namespace that CloudWatch takes`, { expected: `1 to ${MAX_NAMESPACE} printable characters of ASCII that do not begin with a colon` });
    return null;
  }
  if (namespace.startsWith('AWS/')) report.warning(pointer, `${JSON.stringify(namespace)} is kept for the services of AWS: CloudWatch refuses metrics in it`, { expected: `a namespace of your own, such as ${NAMESPACE}` });
  return namespace;
}

function destinationsOf({ metrics_destinations: wanted }: Metrics, { defaultStream, report }: MetricsContext): MetricsPlan['destinations'] {
  const { log_group_name: group, log_stream_name: stream } = wanted?.emf ?? {};
  const pointer = '/metrics/metrics_destinations/emf';
  const isGroup = group === undefined || isLegalName(group, { kind: 'group', pointer: `${pointer}/log_group_name` }, report);
  const isStream = stream === undefined || isLegalName(stream, { kind: 'stream', pointer: `${pointer}/log_stream_name` }, report);
  const emf = wanted?.emf === undefined || !isGroup || !isStream ? null : { group: group ?? EMF_GROUP, stream: stream ?? defaultStream };
  return { cloudwatch: wanted?.cloudwatch !== undefined || wanted?.emf === undefined, emf };
}

/** `host` goes wherever append_dimensions stands, that of other hosts too and even if none of its pairs works: dashboards of the CloudWatch agent rely on it. Null: a variable of the host's name is not set. */
function commonDimensions({ append_dimensions: appended }: Metrics, { agent, facts, env, report }: MetricsContext): CommonDimensionsPlan | null {
  const hostname = agent.hostname ? expanded(agent.hostname, env, '/agent/hostname', report) : facts.hostname;
  if (agent.hostname && hostname === null) return null;
  const host = appended !== undefined || agent.omit_hostname === true ? null : hostname;
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
