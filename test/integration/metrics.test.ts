import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Metric } from '../../src/local-endpoint/metrics/store.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const NAMESPACE = 'CWAgent';

/** A config with these collectors, each second. */
const collecting = (collected: object, metrics: object = {}, agent: object = {}) => ({ url }: { readonly url: string }): unknown => ({
  agent: { region: 'us-east-1', hostname: 'web-1', metrics_collection_interval: 1, self_metrics: false, ...agent },
  metrics: { endpoint_override: url, force_flush_interval: 1, ...metrics, metrics_collected: collected },
});

/** Sends all of it as soon as somebody listens. */
async function sendTcp(port: number, text: string): Promise<void> {
  await until('the port to be listened at', () => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.end(text); });
    socket.on('error', () => { resolve(false); }).on('close', (failed) => { resolve(!failed); }).resume();
  }));
}

const published = (rig: Rig, name: string): readonly Metric[] => rig.endpoint.metrics.metrics().filter((metric) => metric.namespace === NAMESPACE && metric.name === name);
const timesOf = (metric: Metric | undefined): readonly number[] => (metric?.datums ?? []).map(({ timestamp }) => timestamp).toSorted((a, b) => a - b);
const dimensionsOf = ({ dimensions }: Metric): Readonly<Record<string, string>> => Object.fromEntries(dimensions.map(({ name, value }) => [name, value]));

test('metrics of the host arrive under their names, at whole seconds, with unit, resolution and the dimensions of the config', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { config: collecting({
    mem: { measurement: ['used_percent'], append_dimensions: { team: 'shop' } },
    cpu: { measurement: ['usage_idle', { name: 'usage_user', rename: 'USER' }], resources: ['*'] },
    load: { measurement: ['1min'] },
  }, { aggregation_dimensions: [['host']] }) });
  await rig.start();
  await until('two samples of each', () => published(rig, 'mem_used_percent').some(({ datums }) => datums.length >= 2) && published(rig, 'USER').length > 0);
  await rig.stop();
  const [memory, copy] = published(rig, 'mem_used_percent');
  assert.deepEqual([dimensionsOf(memory!), dimensionsOf(copy!)], [{ host: 'web-1', team: 'shop' }, { host: 'web-1' }]);
  for (const { timestamp, unit, resolution, sum } of memory!.datums) {
    assert.deepEqual([timestamp % 1_000, unit, resolution], [0, 'Percent', 1]);
    assert.ok(sum > 0 && sum <= 100);
  }
  assert.deepEqual(new Set(published(rig, 'cpu_usage_idle').map((metric) => dimensionsOf(metric)['cpu'])), new Set(['cpu-total', ...cpus().map((_, core) => `cpu${core}`), undefined]));
  assert.equal(published(rig, 'load_1min')[0]?.datums[0]?.unit, 'None');
});

test('a new config leaves the collectors alone that stay the same, ends those that are gone and begins those that are new; it says how many of each', localOnly('faults'), async (t) => {
  const mem = { measurement: ['free'] };
  const rig = await rigFor(t, { config: collecting({ mem, swap: { measurement: ['used'] } }) });
  await rig.start();
  await until('both', () => published(rig, 'mem_free').length > 0 && published(rig, 'swap_used').length > 0);
  const none = { kept: 0, changed: 0, added: 0, removed: 0 };
  assert.deepEqual(await rig.apply({ config: collecting({ mem, uptime: { measurement: ['seconds'] } }) }), { ...none, collectors: { ...none, kept: 1, added: 1, removed: 1, publishing: false } });
  await until('the new one', () => timesOf(published(rig, 'uptime_seconds')[0]).length >= 2);
  const last = timesOf(published(rig, 'swap_used')[0]).at(-1)!;
  await rig.stop();
  assert.ok(last < timesOf(published(rig, 'uptime_seconds')[0]).at(-1)!, 'the one that is gone has ended');
  const times = timesOf(published(rig, 'mem_free')[0]);
  assert.deepEqual(times, times.map((_, i) => times[0]! + 1_000 * i), 'no second is missing, none comes twice');
});

test('a config that delivers in another way loses no sample of the collectors that stay, and doubles none', localOnly('faults'), async (t) => {
  const mem = { measurement: ['free'] };
  const rig = await rigFor(t, { config: collecting({ mem }) });
  await rig.start();
  await until('the first', () => published(rig, 'mem_free').length > 0);
  for (const max_buffer_bytes of [2_000_000, 3_000_000, 4_000_000]) {
    const { length } = timesOf(published(rig, 'mem_free')[0]);
    const { collectors } = await rig.apply({ config: collecting({ mem }, { max_buffer_bytes }) });
    assert.deepEqual(collectors, { kept: 1, changed: 0, added: 0, removed: 0, publishing: true });
    await until('one more', () => timesOf(published(rig, 'mem_free')[0]).length > length);
  }
  await rig.stop();
  const times = timesOf(published(rig, 'mem_free')[0]);
  assert.deepEqual(times, times.map((_, i) => times[0]! + 1_000 * i));
  assert.equal(rig.agent.metrics!.droppedDatums, 0);
});

test('what is sampled while the service is away arrives afterwards, each sample once and with its own time, also over a restart', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { config: collecting({ mem: { measurement: ['free'] } }) });
  await rig.start();
  await until('the first to arrive', () => published(rig, 'mem_free').length > 0);
  rig.endpoint.faults.add({ operation: 'PutMetricData', kind: 'throttle' });
  const before = rig.agent.metrics!.delivery!.counters.taken;
  await until('three more to be sampled', () => rig.agent.metrics!.delivery!.counters.taken >= before + 3);
  await until('it to count as a destination that fails: a new config that brings this is taken back', () => rig.agent.health.failing === 1);
  await rig.crash();
  assert.ok(existsSync(join(rig.stateDir, 'metrics-pending')), 'kept for the next start');
  rig.endpoint.faults.clear();
  const resumed = Date.now();
  await rig.start();
  await until('those of this run to arrive', () => timesOf(published(rig, 'mem_free')[0]).some((time) => time > resumed));
  await rig.stop();
  const times = timesOf(published(rig, 'mem_free')[0]);
  assert.deepEqual(times, [...new Set(times)], 'none twice');
  const missing = times.slice(1).flatMap((time, i) => (time === times[i]! + 1_000 ? [] : [time]));
  assert.ok(missing.length <= 1 && missing.every((time) => time > resumed - 2_000), `only the restart may leave a gap: ${missing}`);
});

test('what StatsD clients send is published with the dimensions of all metrics, and with their own', localOnly('faults'), async (t) => {
  const port = await freeUdpPort();
  const rig = await rigFor(t, { config: collecting({ statsd: { service_address: `127.0.0.1:${port}`, metrics_collection_interval: 1, metrics_aggregation_interval: 1, drop_original_metrics: ['dropped'] } }, { aggregation_dimensions: [['host']] }) });
  await rig.start();
  const socket = createSocket('udp4');
  t.after(() => { socket.close(); });
  await until('the counters to arrive', () => {
    socket.send('shop.orders:2|c|#kind:book\ndropped:1|c', port, '127.0.0.1');
    return published(rig, 'shop_orders').length === 2 && published(rig, 'dropped').length === 1;
  });
  await rig.stop();
  assert.deepEqual(published(rig, 'shop_orders').map(dimensionsOf), [{ host: 'web-1', kind: 'book', metric_type: 'counter' }, { host: 'web-1' }]);
  assert.deepEqual(published(rig, 'dropped').map(dimensionsOf), [{ host: 'web-1' }], 'of what is dropped only the copy arrives');
});

test('what StatsD has counted when its config goes, or the agent stops, arrives; what it has not taken is in the status and the agent\'s own metrics by reason', localOnly('faults'), async (t) => {
  const port = await freeTcpPort();
  const statsd = { service_address: `tcp://127.0.0.1:${port}`, metrics_collection_interval: 3_600, metrics_aggregation_interval: 3_600 };
  const rig = await rigFor(t, { config: collecting({ statsd }) });
  await rig.start();
  await sendTcp(port, 'before:1|c');
  await rig.apply({ config: collecting({ uptime: { measurement: ['seconds'] } }, { force_flush_interval: 2 }) });
  await until('what was counted before the change', () => published(rig, 'before').length === 1);
  await rig.apply({ config: collecting({ statsd }) });
  await sendTcp(port, 'last:1|c\nno StatsD\n_e{1,1}:a|b');
  await until('all lines', () => rig.agent.metrics?.listeners[0]?.lost.length === 2);
  assert.deepEqual(rig.agent.metrics!.listeners, [{ name: 'statsd', taken: 1, unit: 'line', lost: [{ reason: 'malformed', count: 1 }, { reason: 'unsupported', count: 1 }] }]);
  const losses = (await rig.agent.self.sample(performance.now())).filter(({ values }) => 'listener_losses' in values);
  assert.deepEqual(losses, ['malformed', 'unsupported'].map((reason) => ({ dimensions: [['listener', 'statsd'], ['reason', reason]], values: { listener_losses: 1 } })));
  await rig.stop();
  assert.equal(published(rig, 'last').length, 1);
});

test('Prometheus targets are scraped into the log path: group of the config, stream by the job, the growth of counters', localOnly('faults'), async (t) => {
  let orders = 0;
  const target = createServer((_, response) => { response.end(`# TYPE orders_total counter\norders_total{shop="north"} ${(orders += 5)}\n# TYPE broken gauge\nbroken NaN\n`); });
  await new Promise<void>((resolve) => { target.listen(0, '127.0.0.1', resolve); });
  t.after(() => { target.closeAllConnections(); target.close(); });
  const { port } = target.address() as AddressInfo;
  const rig = await rigFor(t, { config: ({ logs, url }) => ({
    agent: { region: 'us-east-1' },
    logs: { endpoint_override: url, force_flush_interval: 0.1, metrics_collected: { prometheus: {
      log_group_name: 'prometheus', prometheus_config_path: join(logs, 'scrape.yaml'),
      emf_processor: { metric_namespace: 'Shop', metric_declaration: [{ source_labels: ['job'], label_matcher: '^shop$', dimensions: [['shop']], metric_selectors: ['^orders_total$'] }] },
    } } },
  }) });
  writeFileSync(rig.path('scrape.yaml'), `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['127.0.0.1:${port}']\n`);
  await rig.start();
  const growth = (): readonly number[] => rig.messages('prometheus', 'shop').flatMap((message) => (JSON.parse(message) as { readonly orders_total?: number }).orders_total ?? []);
  await until('two scrapes to have grown', () => growth().length >= 2);
  const [{ name, taken, lost } = assert.fail('Prometheus is in no status')] = rig.agent.metrics!.listeners;
  assert.deepEqual([name, taken >= 4, lost.map(({ reason }) => reason)], ['prometheus', true, ['not-finite']]);
  await rig.stop();
  assert.ok(growth().every((value) => value === 5), `${growth()}`);
});

test('metrics go through the log path as events where that is their destination', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { config: ({ url }) => ({
    agent: { region: 'us-east-1', hostname: 'web-1', self_metrics: false },
    logs: { endpoint_override: url, force_flush_interval: 0.1, logs_collected: { files: { collect_list: [{ file_path: '/nonexistent/a.log', log_group_name: 'g', log_stream_name: 's' }] } } },
    metrics: { metrics_destinations: { emf: { log_group_name: 'host', log_stream_name: 'web-1' } }, metrics_collected: { mem: { measurement: ['used_percent'], metrics_collection_interval: 1 } } },
  }) });
  await rig.start();
  await until('an event to arrive', () => rig.held('host', 'web-1') > 0);
  await rig.stop();
  const event = JSON.parse(rig.messages('host', 'web-1')[0]!) as { readonly _aws: { readonly CloudWatchMetrics: readonly { readonly Namespace: string; readonly Metrics: unknown }[] }; readonly host: string; readonly mem_used_percent: number };
  assert.deepEqual([event.host, event._aws.CloudWatchMetrics[0]?.Namespace, event._aws.CloudWatchMetrics[0]?.Metrics], ['web-1', NAMESPACE, [{ Name: 'mem_used_percent', Unit: 'Percent', StorageResolution: 1 }]]);
  assert.ok(event.mem_used_percent > 0);
});

test('the agent publishes numbers about itself, with the reason of each drop', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { files: { 'a.log': ['keep', 'drop'] }, config: ({ logs, url }) => ({
    agent: { region: 'us-east-1', hostname: 'web-1' },
    logs: { endpoint_override: url, force_flush_interval: 0.1, logs_collected: { files: { collect_list: [{ file_path: join(logs, 'a.log'), log_group_name: 'g', log_stream_name: 's', filters: [{ type: 'exclude', expression: 'drop' }] }] } } },
    metrics: { endpoint_override: url, force_flush_interval: 1, metrics_collected: { mem: { measurement: ['free'], metrics_collection_interval: 1 } } },
  }) });
  await rig.start();
  await rig.delivered('g', 's', ['keep']);
  await until('both to be counted', () => rig.report.deliveredEvents === 1 && rig.report.drops.has('filtered'));
  const readings = await rig.agent.self.sample(performance.now());
  assert.equal(readings[0]?.values['delivered_events'], 1);
  assert.deepEqual(readings[1], { dimensions: [['reason', 'filtered']], values: { dropped_events: 1, dropped_bytes: 4 } });
  await rig.stop();
});
