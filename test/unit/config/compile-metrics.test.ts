import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricsPlan, SamplerPlan } from '../../../src/metrics-plan.ts';
import { MEASUREMENTS } from '../../../src/config/metric-names.ts';
import { compiled } from './compiled.ts';
import { ON_EC2, ON_PREMISES } from './facts.ts';

interface Section { readonly agent?: object; readonly collected: object; readonly [key: string]: unknown }

function planOf({ agent, collected, ...metrics }: Section, facts = ON_PREMISES): { readonly plan: MetricsPlan | null; readonly said: readonly string[] } {
  const { plan, problems } = compiled({ agent: { region: 'eu-west-1', self_metrics: false, ...agent }, metrics: { ...metrics, metrics_collected: collected } }, facts);
  return { plan: plan?.metrics ?? null, said: problems.map(({ severity, pointer, message }) => `${severity} ${pointer}: ${message}`) };
}

const MEM = { mem: { measurement: ['used_percent'] } };
const sampler = (section: Section, facts = ON_PREMISES): SamplerPlan => planOf(section, facts).plan!.samplers[0]!;

test('a config with metrics alone has a plan, with the CloudWatch agent\'s defaults', () => {
  const { plan, said } = planOf({ collected: MEM });
  assert.deepEqual(said, []);
  const { namespace, flushMs, dimensions, rollups, destinations, samplers } = plan!;
  assert.deepEqual({ namespace, flushMs, dimensions, rollups, destinations }, {
    namespace: 'CWAgent', flushMs: 60_000, dimensions: { host: 'web-1', withoutHost: false, append: [], autoScalingGroup: false }, rollups: [], destinations: { cloudwatch: true, emf: null },
  });
  assert.deepEqual(samplers, [{ kind: 'mem', pointer: '/metrics/metrics_collected/mem', intervalMs: 60_000, resolution: 60, append: [], measurements: [{ field: 'used_percent', name: 'mem_used_percent', unit: null, scale: 1, dropOriginal: false }] }]);
});

test('on EC2 metrics are of the entity that `metrics` names, else `agent`; none is made up, and one of StatsD or collectd alone is said not to be', () => {
  const named = { 'service.name': 'shop', 'deployment.environment': 'prod' };
  const entity = (section: object, facts = ON_EC2) => planOf({ collected: MEM, ...section }, facts).plan!.entity;
  assert.equal(entity({}), null);
  assert.equal(entity(named, ON_PREMISES), null);
  assert.deepEqual(entity({ ...named, agent: { 'service.name': 'other' } })?.keyAttributes, { Type: 'Service', Name: 'shop', Environment: 'prod', AwsAccountId: '123456789012' });
  assert.equal(entity({ agent: { 'service.name': 'other' } })?.keyAttributes['Name'], 'other');
  assert.match(planOf({ collected: { statsd: { 'service.name': 'shop' } } }).said.join('\n'), /^note \/metrics\/metrics_collected\/statsd\/service\.name: not run by this agent: all metrics have the entity/m);
});

for (const [plugin, names] of Object.entries(MEASUREMENTS)) {
  if (plugin === 'procstat') continue;
  test(`every measurement of ${plugin} is published under the name the CloudWatch agent gives it, with or without the plugin's name before it`, () => {
    const compiledOf = (list: readonly string[]): readonly string[] => planOf({ collected: { [plugin]: { measurement: list } } }).plan!.samplers.flatMap(({ kind, measurements }) => (kind === 'agent' ? [] : measurements.map(({ name }) => name)));
    const run = names.filter((name) => name !== 'wait');
    const prefix = plugin === 'nvidia_gpu' ? 'nvidia_smi' : plugin;
    assert.deepEqual(compiledOf(run), run.map((name) => `${prefix}_${name}`));
    assert.deepEqual(compiledOf(run.map((name) => `${plugin}_${name}`)), run.map((name) => `${prefix}_${name}`));
  });
}

test('a measurement takes another name and unit, and is dropped by the name it is published under', () => {
  const { measurements } = sampler({ aggregation_dimensions: [[]], collected: { cpu: { measurement: [{ name: 'cpu_usage_user', rename: 'USER', unit: 'percent' }, { name: 'time_idle', unit: 'min' }, 'usage_idle', 'cpu_usage_idle'], drop_original_metrics: ['USER', 'cpu_usage_idle', 'time_user'] } } });
  assert.deepEqual(measurements, [
    { field: 'usage_user', name: 'USER', unit: 'Percent', scale: 1, dropOriginal: true },
    { field: 'time_idle', name: 'cpu_time_idle', unit: 'Seconds', scale: 60, dropOriginal: false },
    { field: 'usage_idle', name: 'cpu_usage_idle', unit: null, scale: 1, dropOriginal: true },
  ]);
});

test('the interval is the plugin\'s, else the agent\'s; below a minute metrics are of high resolution', () => {
  const of = (section: Section): readonly [number, number] => { const { intervalMs, resolution } = sampler(section); return [intervalMs, resolution]; };
  assert.deepEqual(of({ agent: { metrics_collection_interval: 300 }, collected: MEM }), [300_000, 60]);
  assert.deepEqual(of({ agent: { metrics_collection_interval: 300 }, collected: { mem: { ...MEM.mem, metrics_collection_interval: 5 } } }), [5_000, 1]);
});

test('each form of `resources` selects what the CloudWatch agent would', () => {
  const measurement = ['free'];
  assert.deepEqual((sampler({ collected: { disk: { measurement, resources: ['/', '*'] } } }) as { mountPoints: unknown }).mountPoints, null);
  assert.deepEqual((sampler({ collected: { disk: { measurement, resources: ['/', '/var'] } } }) as { mountPoints: unknown }).mountPoints, ['/', '/var']);
  assert.deepEqual((sampler({ collected: { diskio: { measurement: ['reads'] } } }) as { devices: unknown }).devices, null);
  assert.deepEqual((sampler({ collected: { net: { measurement: ['bytes_sent'], resources: ['eth*'] } } }) as { interfaces: unknown }).interfaces, ['eth*']);
  const cpu = (plugin: object): object => { const { total, cores } = sampler({ collected: { cpu: { measurement: ['usage_idle'], ...plugin } } }) as { total: boolean; cores: boolean }; return { total, cores }; };
  assert.deepEqual(cpu({}), { total: true, cores: false });
  assert.deepEqual(cpu({ resources: ['*'], totalcpu: false }), { total: false, cores: true });
  assert.deepEqual(planOf({ collected: { ...MEM, cpu: { measurement: ['usage_idle'], totalcpu: false } } }).plan?.samplers.map(({ kind }) => kind), ['mem'], 'neither: nothing, and the check says so');
});

test('append_dimensions on an instance are its facts, in place of `host`; what is not known is left out and said', () => {
  const append_dimensions = Object.fromEntries(['ImageId', 'InstanceId', 'InstanceType', 'AutoScalingGroupName'].map((key) => [key, `\${aws:${key}}`]));
  const { dimensions } = planOf({ append_dimensions, collected: MEM }, ON_EC2).plan!;
  assert.deepEqual(dimensions, { host: null, withoutHost: true, append: [['AutoScalingGroupName', 'web'], ['ImageId', 'ami-0abcdef1234567890'], ['InstanceId', 'i-0123456789abcdef0'], ['InstanceType', 'm7g.large']], autoScalingGroup: false });
  const untagged = planOf({ append_dimensions, collected: MEM }, { ...ON_EC2, instance: { ...ON_EC2.instance!, tags: {} } }).plan!;
  assert.equal(untagged.dimensions.autoScalingGroup, true, 'it is asked for again while the agent runs');
  const away = planOf({ append_dimensions, collected: MEM });
  assert.deepEqual(away.plan!.dimensions.append, []);
  assert.equal(away.said.filter((line) => line.startsWith('warning /metrics/append_dimensions/')).length, 3);
});

test('dimensions of a plugin are constants, environment variables, or facts of the instance with the CloudWatch agent\'s words for those that are not known', () => {
  const append_dimensions = { team: 'shop', InstanceId: '${aws:InstanceId}', group: '${aws:AutoScalingGroupName}', 'aws:StorageResolution': 'true' };
  assert.deepEqual(sampler({ collected: { mem: { ...MEM.mem, append_dimensions } } }).append, [['InstanceId', 'i-UNKNOWN'], ['team', 'shop']]);
  assert.match(planOf({ collected: { mem: { ...MEM.mem, append_dimensions } } }).said.join('\n'), /^warning \/metrics\/metrics_collected\/mem\/append_dimensions\/group: is not known: for one section it comes from the metadata of the instance alone/m);
  assert.doesNotMatch(planOf({ collected: { mem: { ...MEM.mem, append_dimensions } } }, ON_EC2).said.join(), /is not known/);
  assert.deepEqual(sampler({ collected: { mem: { ...MEM.mem, append_dimensions } } }, ON_EC2).append, [['InstanceId', 'i-0123456789abcdef0'], ['group', 'web'], ['team', 'shop']]);
});

test('host is the agent\'s hostname, the system\'s, or left out', () => {
  const host = (agent: object): string | null => planOf({ agent, collected: MEM }).plan!.dimensions.host;
  assert.equal(host({}), 'web-1');
  assert.equal(host({ hostname: 'db' }), 'db');
  assert.equal(host({ omit_hostname: true, hostname: 'db' }), null);
});

test('lists of aggregation_dimensions are sorted, and each is there once', () => {
  assert.deepEqual(planOf({ aggregation_dimensions: [['b', 'a'], ['a', 'b'], []], collected: MEM }).plan!.rollups, [['a', 'b'], []]);
});

test('listeners have the CloudWatch agent\'s defaults, and addresses of each form', () => {
  const { statsd, collectd } = planOf({ collected: { statsd: {}, collectd: {} } }).plan!;
  assert.deepEqual(statsd, { pointer: '/metrics/metrics_collected/statsd', addresses: [{ protocol: 'udp', host: '', port: 8125 }], aggregationMs: 60_000, resolution: 60, dropOriginal: [], append: [], intervalMs: 10_000, separator: '_', maxPending: 10_000, keepGauges: true, typeDimension: true });
  assert.deepEqual({ ...collectd, pointer: '' }, { pointer: '', addresses: [{ protocol: 'udp', host: '127.0.0.1', port: 25_826 }], aggregationMs: 60_000, resolution: 60, dropOriginal: [], append: [], prefix: 'collectd_', authFile: '/etc/collectd/auth_file', security: 'encrypt', typesDb: ['/usr/share/collectd/types.db'] });
  const at = (service_address: string): unknown => planOf({ collected: { collectd: { service_address } } }).plan?.collectd?.addresses[0];
  assert.deepEqual(at('tcp://[::1]:9'), { protocol: 'tcp', host: '::1', port: 9 });
  assert.deepEqual(at('unix:///run/c.sock'), { protocol: 'unix', path: '/run/c.sock' });
  assert.deepEqual(planOf({ collected: { statsd: { service_address: 'unix:///run/s.sock' } } }).plan?.statsd?.addresses, [{ protocol: 'unix', path: '/run/s.sock' }]);
  assert.equal(planOf({ collected: { statsd: { metrics_aggregation_interval: 0 } } }).plan!.statsd!.resolution, 1);
  for (const wrong of ['udp://', 'http://127.0.0.1:80', 'udp://127.0.0.1:99999', 'somewhere', 'unixgram:///run/c.sock']) {
    assert.ok(planOf({ collected: { ...MEM, collectd: { service_address: wrong } } }).said.some((line) => line.startsWith('error /metrics/metrics_collected/collectd/service_address')), wrong);
  }
});

test('a collector with an error is left out, and the others run', () => {
  const { plan, said } = planOf({ collected: { ...MEM, disk: { measurement: ['bogus'] }, statsd: { service_address: 5 } } });
  assert.deepEqual(plan!.samplers.map(({ kind }) => kind), ['mem']);
  assert.equal(plan!.statsd, null);
  assert.equal(said.filter((line) => line.startsWith('error')).length, 2);
});

test('what is not run is said once each: Java, OTLP, EFA, AMP', () => {
  const { plan, said } = planOf({ metrics_destinations: { cloudwatch: {}, amp: { workspace_id: 'ws' } }, collected: { ...MEM, otlp: {}, efa: { measurement: ['rx_bytes'] } } });
  assert.deepEqual(plan!.samplers.map(({ kind, measurements }) => [kind, measurements.length]), [['mem', 1]]);
  const notes = said.filter((line) => line.includes('not run by this agent'));
  assert.deepEqual(notes.map((line) => line.split(' ')[1]), ['/metrics/metrics_destinations/amp:', '/metrics/metrics_collected/otlp:', '/metrics/metrics_collected/efa:']);
});

test('disks have their VolumeId where the section asks for it and all metrics have dimensions of the instance, as in the CloudWatch agent', () => {
  const disk = { measurement: ['free'], append_dimensions: { VolumeId: '${aws:VolumeId}', team: 'shop' } };
  const volumeOf = (metrics: object, collected: object): readonly unknown[] => planOf({ ...metrics, collected: { disk: collected } }).plan!.samplers.flatMap((plan) => (plan.kind === 'disk' ? [[plan.volumeId, plan.append]] : []));
  const append_dimensions = { ImageId: '${aws:ImageId}' };
  assert.deepEqual(volumeOf({ append_dimensions }, disk), [[true, [['team', 'shop']]]]);
  assert.deepEqual(volumeOf({}, disk), [[false, [['team', 'shop']]]]);
  assert.deepEqual(volumeOf({ append_dimensions }, { measurement: ['free'], append_dimensions: { VolumeId: 'mine' } }), [[false, [['VolumeId', 'mine']]]]);
});

test("volumes' own statistics are sampled apart from the kernel's, of the same devices, without the dimensions that the section appends", () => {
  const { plan } = planOf({ collected: { diskio: { measurement: ['reads', 'ebs_total_read_ops', { name: 'diskio_instance_store_volume_queue_length', unit: 'Count' }], resources: ['nvme1n1'], append_dimensions: { team: 'shop' } } } });
  const [kernel, volumes] = plan!.samplers;
  assert.deepEqual([kernel!.kind, kernel!.measurements.map(({ name }) => name), kernel!.append], ['diskio', ['diskio_reads'], [['team', 'shop']]]);
  assert.deepEqual([volumes!.kind, volumes!.measurements.map(({ name, unit }) => [name, unit]), volumes!.append, volumes!.kind === 'nvme' && volumes!.devices], ['nvme', [['diskio_ebs_total_read_ops', null], ['diskio_instance_store_volume_queue_length', 'Count']], [], ['nvme1n1']]);
  assert.notEqual(kernel!.pointer, volumes!.pointer, 'troubles of one are not ended by the other');
});

test('processes are selected by pid file, else program, else command line', () => {
  const of = (selectors: object): unknown => (sampler({ collected: { procstat: [{ measurement: ['pid_count'], ...selectors }] } }) as { select: unknown }).select;
  assert.deepEqual(of({ pattern: 'a', exe: 'b', pid_file: '/run/x.pid' }), { by: 'pid_file', text: '/run/x.pid' });
  assert.equal((of({ pattern: 'a', exe: '^b' }) as { text: string }).text, '^b');
  assert.equal((of({ pattern: 'java.*shop' }) as { by: string }).by, 'pattern');
  assert.equal(sampler({ collected: { procstat: [{ exe: 'x', measurement: ['pid_count'] }] } }).measurements[0]?.name, 'procstat_lookup_pid_count');
});

test('drop_original_metrics under procstat has no effect, as in the CloudWatch agent, and that is said: alarms on these metrics keep them', () => {
  const { plan, said } = planOf({ collected: { procstat: [{ exe: 'x', measurement: ['cpu_usage'], drop_original_metrics: ['cpu_usage'] }] } });
  assert.deepEqual(plan!.samplers[0]!.measurements.map(({ name, dropOriginal }) => [name, dropOriginal]), [['procstat_cpu_usage', false]]);
  assert.deepEqual(said, ['warning /metrics/metrics_collected/procstat/0/drop_original_metrics: unknown key, ignored']);
});

test('events of the embedded metric format take the place of PutMetricData, or stand beside it', () => {
  const of = (metrics_destinations: object): unknown => planOf({ metrics_destinations, collected: MEM }).plan!.destinations;
  assert.deepEqual(of({ emf: {} }), { cloudwatch: false, emf: { group: 'CWAgent/metrics', stream: 'web-1' } });
  assert.deepEqual(of({ emf: { log_group_name: 'g', log_stream_name: 's' }, cloudwatch: {} }), { cloudwatch: true, emf: { group: 'g', stream: 's' } });
});

test('the agent is collected about itself, unless that is switched off', () => {
  assert.deepEqual(planOf({ agent: { self_metrics: true }, collected: MEM }).plan!.samplers.map(({ kind }) => kind), ['mem', 'agent']);
});
