import { PatternCompiler } from './compile-framing.ts';
import type { CPUPlugin, JavaProcess, MeasuredMetric, Metrics, MetricsCollected, PlainPlugin, ProcessGroup } from './generated/document.generated.ts';
import { isObject, pointerToken } from './json-tree.ts';
import { MEASUREMENTS, hasNoValue, isMetricUnit, shortName, unitAdvice } from './metric-names.ts';
import { nearest } from './nearest.ts';
import type { Reporter } from './reporter.ts';

/** Whether the schema finds no error at this place or inside it. */
export type Sound = (pointer: string) => boolean;

const COLLECTED = '/metrics/metrics_collected';
/** The dimensions of the EC2 instance: each key has one value that works. */
const INSTANCE_DIMENSIONS: readonly string[] = ['ImageId', 'InstanceId', 'InstanceType', 'AutoScalingGroupName'];
/** Names of plugins, as a person can mean them. */
const PLUGINS = [...Object.keys(MEASUREMENTS), 'statsd', 'collectd', 'ethtool', 'efa', 'jmx', 'otlp', 'prometheus'];
const OF_WINDOWS = new Set(['LogicalDisk', 'PhysicalDisk', 'Memory', 'Network Interface', 'Paging File', 'Processor', 'Process', 'System', 'TCPv4', 'TCPv6', 'UDPv4', 'UDPv6', 'win_services']);
/** Dimensions that the CloudWatch agent uses inside itself and never publishes. */
const RESERVED = ['aws:StorageResolution', 'aws:AggregationInterval'];
const PATTERNS_OF_PROCESSES = ['exe', 'pattern'] as const;
const SELECTORS = ['pid_file', ...PATTERNS_OF_PROCESSES] as const;

/**
 * What the schema cannot say of the section `metrics`: names of measurements that do not exist and patterns that cannot be
 * read (errors), and what the CloudWatch agent accepts and then ignores (warnings).
 */
export class MetricsCheck {
  readonly #metrics: Metrics;
  readonly #sound: Sound;
  readonly #report: Reporter;
  readonly #patterns: PatternCompiler;

  constructor(metrics: Metrics, sound: Sound, report: Reporter) {
    this.#metrics = metrics;
    this.#sound = sound;
    this.#report = report;
    this.#patterns = new PatternCompiler(report);
  }

  run(): void {
    if (this.#sound('/metrics/append_dimensions')) this.#instanceDimensions(this.#metrics.append_dimensions);
    const { metrics_collected: collected } = this.#metrics;
    if (!isObject(collected)) return;
    for (const [name, plugin] of Object.entries(collected)) {
      const pointer = `${COLLECTED}/${pointerToken(name)}`;
      if (this.#sound(pointer)) this.#plugin(name, plugin, pointer);
    }
  }

  #instanceDimensions(dimensions: Metrics['append_dimensions']): void {
    if (dimensions === undefined) return;
    const pairs = Object.entries(dimensions);
    const wrong = pairs.filter(([key, value]) => !INSTANCE_DIMENSIONS.includes(key) || value !== `\${aws:${key}}`);
    for (const [key, value] of wrong) {
      const meant = INSTANCE_DIMENSIONS.includes(key) ? key : nearest(key, INSTANCE_DIMENSIONS) ?? INSTANCE_DIMENSIONS.find((dimension) => value === `\${aws:${dimension}}`);
      this.#report.warning(`/metrics/append_dimensions/${pointerToken(key)}`, `${key} with the value ${JSON.stringify(value)} is no dimension that can be appended to all metrics, ignored`, {
        expected: meant === undefined ? `one of ${INSTANCE_DIMENSIONS.map(pairOf).join(', ')}; other dimensions under a plugin` : pairOf(meant),
      });
    }
    if (pairs.length === wrong.length) this.#report.warning('/metrics/append_dimensions', 'no dimension is appended, yet with this key metrics go without the dimension "host"', { expected: 'one of the pairs that work, or no append_dimensions' });
  }

  #plugin(name: string, plugin: unknown, pointer: string): void {
    const report = this.#report;
    switch (name as keyof MetricsCollected) {
      case 'cpu': this.#cpu(plugin as CPUPlugin, pointer); break;
      case 'disk': case 'diskio': case 'mem': case 'swap': case 'net': case 'netstat': case 'processes': case 'nvidia_gpu': case 'efa': case 'load': case 'uptime': case 'pressure': case 'conntrack': case 'file_descriptors': case 'systemd_units':
        this.#measured(name, plugin as PlainPlugin, pointer);
        break;
      case 'procstat':
        for (const [index, group] of (plugin as readonly ProcessGroup[]).entries()) this.#processes(group, `${pointer}/${index}`);
        break;
      case 'jmx': this.#java(plugin as readonly JavaProcess[] | JavaProcess, pointer); break;
      case 'statsd': case 'collectd': case 'ethtool':
        this.#dimensions((plugin as Partial<PlainPlugin>).append_dimensions, pointer);
        this.#dropped((plugin as Partial<PlainPlugin>).drop_original_metrics, null, pointer);
        break;
      case 'prometheus':
        if (this.#metrics.metrics_destinations?.amp === undefined) report.error(pointer, 'scraped metrics can only go to a workspace of AMP, and none is named', { expected: '"metrics_destinations": { "amp": { "workspace_id": … } } under "metrics", or this section under "logs"' });
        break;
      case 'otlp': break;
      case 'nvidia_smi': report.warning(pointer, 'no plugin has this name, ignored', { didYouMean: 'nvidia_gpu' }); break;
      default:
        if (OF_WINDOWS.has(name)) report.notRun(pointer, 'not run by this agent: a performance object of Windows, which does not exist on Linux');
        else report.warning(pointer, 'no plugin has this name, ignored', { didYouMean: nearest(name, PLUGINS) });
    }
  }

  #cpu(plugin: CPUPlugin, pointer: string): void {
    this.#measured('cpu', plugin, pointer);
    if (plugin.totalcpu === false && (plugin.resources ?? []).length === 0) {
      this.#report.warning(pointer, 'nothing is measured: neither all cores together ("totalcpu" is false) nor each of them', { expected: '"resources": ["*"] for each core, or "totalcpu": true' });
    }
  }

  #measured(name: string, plugin: PlainPlugin, pointer: string): void {
    const published = this.#measurements(name, plugin.measurement, `${pointer}/measurement`);
    this.#dropped(plugin.drop_original_metrics, published.map((metric) => shortName(name, metric)), pointer, name);
    this.#dimensions(plugin.append_dimensions, pointer, name === 'disk');
  }

  #processes(group: ProcessGroup, pointer: string): void {
    this.#measurements('procstat', group.measurement, `${pointer}/measurement`);
    this.#dimensions(group.append_dimensions, pointer);
    for (const key of PATTERNS_OF_PROCESSES) if (group[key] !== undefined) this.#patterns.compile(group[key], `${pointer}/${key}`);
    const [counts, ...others] = SELECTORS.filter((key) => group[key] !== undefined);
    for (const key of others) this.#report.warning(`${pointer}/${key}`, `has no effect beside "${counts}"`, { expected: 'one of pid_file, exe and pattern in each item' });
  }

  #java(plugin: readonly JavaProcess[] | JavaProcess, pointer: string): void {
    const processes = Array.isArray(plugin) ? (plugin as readonly JavaProcess[]).map((item, index) => ({ item, here: `${pointer}/${index}` })) : [{ item: plugin as JavaProcess, here: pointer }];
    for (const { item, here } of processes) {
      for (const target of ['jvm', 'kafka', 'kafka-consumer', 'kafka-producer', 'tomcat'] as const) {
        if (item[target] !== undefined) this.#measurements('jmx', item[target].measurement, `${here}/${target}/measurement`);
      }
      this.#dimensions(item.append_dimensions, here);
    }
  }

  /** Checks a list of measurements; gives the names they are published under. */
  #measurements(plugin: string, list: readonly (string | MeasuredMetric)[], pointer: string): readonly string[] {
    const known = MEASUREMENTS[plugin];
    if (list.length === 0) this.#report.warning(pointer, 'nothing is named here, so nothing is measured');
    const seen = new Set<string>();
    return list.flatMap((item, index) => {
      const here = `${pointer}/${index}`;
      const { name, rename, unit } = typeof item === 'string' ? { name: item, rename: undefined, unit: undefined } : item;
      if (name === undefined) {
        this.#report.error(here, '"name" is missing');
        return [];
      }
      const short = shortName(plugin, name);
      if (known !== undefined && !known.includes(short)) {
        const didYouMean = nearest(short, known);
        this.#report.error(typeof item === 'string' ? here : `${here}/name`, `${JSON.stringify(name)} is no measurement of ${plugin}`, { didYouMean, expected: didYouMean === null ? `one of ${known.join(', ')}` : null });
      } else if (seen.has(short)) this.#report.warning(here, `${short} is measured already`);
      else if (hasNoValue(plugin, short)) this.#report.warning(here, 'has no value on Linux, ignored');
      seen.add(short);
      if (unit !== undefined && !isMetricUnit(unit)) {
        this.#report.warning(`${here}/unit`, `${JSON.stringify(unit)} is no unit of CloudWatch: the metric has none`, unitAdvice(unit));
      }
      return [rename ?? name];
    });
  }

  /** `published`: what is measured, in the short form, or null where that is not known before it runs. */
  #dropped(names: readonly string[] | undefined, published: readonly string[] | null, pointer: string, plugin = ''): void {
    if (names === undefined || names.length === 0) return;
    const here = `${pointer}/drop_original_metrics`;
    for (const [index, name] of names.entries()) {
      if (published === null || name === '*' || published.includes(shortName(plugin, name))) continue;
      this.#report.warning(`${here}/${index}`, `${JSON.stringify(name)} is not measured here, so nothing is dropped`, { didYouMean: nearest(shortName(plugin, name), published) });
    }
    if (this.#metrics.aggregation_dimensions === undefined) {
      this.#report.warning(here, 'these metrics vanish: without aggregation_dimensions there is no copy that could take the place of the original', { expected: '"aggregation_dimensions" under "metrics", or no drop_original_metrics' });
    }
  }

  #dimensions(dimensions: PlainPlugin['append_dimensions'], pointer: string, ofDisk = false): void {
    for (const [key, value] of Object.entries(dimensions ?? {})) {
      const here = `${pointer}/append_dimensions/${pointerToken(key)}`;
      if (RESERVED.includes(key)) this.#report.warning(here, 'a name the agent keeps for itself: the dimension is left out');
      const [, word] = /^\$\{aws:(.*)\}$/.exec(value) ?? [];
      if (word === undefined || INSTANCE_DIMENSIONS.includes(word)) continue;
      if (ofDisk && key === 'VolumeId' && word === 'VolumeId') {
        if (this.#metrics.append_dimensions === undefined) this.#report.warning(here, 'has no effect without append_dimensions under metrics');
        continue;
      }
      const meant = nearest(word, INSTANCE_DIMENSIONS);
      this.#report.warning(here, `${value} stands for nothing, the dimension is left out`, { didYouMean: meant === null ? null : `\${aws:${meant}}` });
    }
  }
}

const pairOf = (dimension: string): string => `"${dimension}": "\${aws:${dimension}}"`;
