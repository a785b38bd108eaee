import type { Dimensions, ListenAddress, MetricsPlan, ProcessSelector, PrometheusPlan, SamplerPlan } from '../metrics-plan.ts';
import { spanText } from './units.ts';

/** The metrics of a plan in plain words: where they go, and what is collected how often under which names. */
export function describeMetrics(plan: MetricsPlan): string {
  const { service, namespace, flushMs, dimensions, rollups, destinations, samplers, statsd, collectd } = plan;
  const common = [dimensions.host === null ? [] : `host=${dimensions.host}`, ...pairs(dimensions.append), dimensions.autoScalingGroup ? 'AutoScalingGroupName once it is known' : []].flat();
  const rows: [string, string][] = [
    ['namespace', namespace],
    ...(destinations.cloudwatch ? [['region', service.region], ['endpoint', service.endpoint ?? 'the AWS endpoint of the region'], ['role', service.roleArn ?? 'none: the credentials of the standard chain as they are'], ['sent', `each ${spanText(flushMs)}, or when a request is full`]] as [string, string][] : []),
    ...(destinations.emf === null ? [] : [['as events', `group ${destinations.emf.group}, stream ${destinations.emf.stream}`] as [string, string]]),
    ['with', common.length === 0 ? 'no common dimension' : common.join(', ')],
    ...rollups.map((list): [string, string] => ['also', list.length === 0 ? 'without any dimension' : `by ${list.join(', ')} alone`]),
    ...samplers.map((sampler): [string, string] => [sampler.kind, describeSampler(sampler)]),
    ...(statsd === null ? [] : [['statsd', `at ${statsd.addresses.map(addressText).join(' and ')}, collected each ${spanText(statsd.intervalMs)}, ${aggregation(statsd.aggregationMs)}`] as [string, string]]),
    ...(collectd === null ? [] : [['collectd', `at ${collectd.addresses.map(addressText).join(' and ')}, packets ${SECURITY[collectd.security]}, ${aggregation(collectd.aggregationMs)}`] as [string, string]]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 1;
  return `CloudWatch metrics\n${rows.map(([name, text]) => `  ${name.padEnd(width)}${text}\n`).join('')}`;
}

/** What is scraped and where it goes. */
export function describePrometheus({ config, logGroup, cluster, extraction }: PrometheusPlan): string {
  const rows: [string, string][] = [
    ['targets', 'path' in config ? `of ${config.path}` : `of the environment variable ${config.variable}`],
    ['group', `${logGroup}, streams by the label job`],
    ...(cluster === null ? [] : [['with', `ClusterName=${cluster}`] as [string, string]]),
    ['metrics', extraction === null || extraction.declarations.length === 0 ? 'none: the events are logs alone' : `in ${extraction.namespace}, by ${extraction.declarations.length} ${extraction.declarations.length === 1 ? 'declaration' : 'declarations'}`],
  ];
  return `Prometheus\n${rows.map(([name, text]) => `  ${name.padEnd(9)}${text}\n`).join('')}`;
}

const SECURITY = { none: 'of anybody', sign: 'signed or encrypted', encrypt: 'encrypted' } as const;
const aggregation = (ms: number): string => (ms === 0 ? 'published as collected' : `put together over ${spanText(ms)}`);
const pairs = (dimensions: Dimensions): string[] => dimensions.map(([name, value]) => `${name}=${value}`);

function addressText(address: ListenAddress): string {
  if ('path' in address) return `${address.protocol}://${address.path}`;
  return `${address.protocol}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function describeSampler(sampler: SamplerPlan): string {
  const what = sampler.kind === 'ethtool' ? statisticsOf(sampler) : sampler.measurements.map(({ name, dropOriginal }) => (dropOriginal ? `${name} (copies only)` : name)).join(', ');
  const of = subject(sampler);
  const append = [...pairs(sampler.append), ...(sampler.kind === 'disk' && sampler.volumeId ? ['the VolumeId of its EBS volume'] : [])];
  return `each ${spanText(sampler.intervalMs)}${of === '' ? '' : ` of ${of}`}: ${what}${append.length === 0 ? '' : `; with ${append.join(', ')}`}`;
}

function statisticsOf({ statistics, dropOriginal }: Extract<SamplerPlan, { readonly kind: 'ethtool' }>): string {
  const names = statistics?.map((name) => `ethtool_${name}`).join(', ') ?? 'all statistics of the driver';
  return dropOriginal.length === 0 ? names : `${names} (of ${dropOriginal.includes('*') ? 'each' : dropOriginal.join(', ')} copies only)`;
}

function subject(sampler: SamplerPlan): string {
  switch (sampler.kind) {
    case 'cpu': return [sampler.total ? 'all cores together' : [], sampler.cores ? 'each core' : []].flat().join(' and ');
    case 'disk': return sampler.mountPoints?.join(', ') ?? 'all file systems';
    case 'diskio': return sampler.devices?.join(', ') ?? 'all devices';
    case 'nvme': return `${sampler.devices?.join(', ') ?? 'all devices'}, counted by the volumes themselves`;
    case 'net': return sampler.interfaces?.join(', ') ?? 'all interfaces that are up, but loopback';
    case 'procstat': return selected(sampler.select);
    case 'ethtool': return `${sampler.include.join(', ')}${sampler.exclude.length === 0 ? '' : ` but ${sampler.exclude.join(', ')}`}`;
    case 'systemd_units': return sampler.units.join(', ');
    case 'agent': return 'itself';
    case 'mem': case 'swap': case 'netstat': case 'processes': case 'nvidia_gpu': case 'load': case 'uptime': case 'pressure': case 'conntrack': case 'file_descriptors': return '';
    default: return sampler satisfies never;
  }
}

function selected(select: ProcessSelector): string {
  switch (select.by) {
    case 'pid_file': return `the process in ${select.text}`;
    case 'exe': return `processes whose program matches /${select.text}/`;
    case 'pattern': return `processes whose command line matches /${select.text}/`;
    default: return select satisfies never;
  }
}
