import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Room, fetchExposition } from '../../src/metrics/prometheus/fetch.ts';
import { exporter, pattern, scrape } from '../support/prometheus.ts';
import { until } from '../support/rig.ts';

const config = (address: string, job = ''): string => `
global: {scrape_interval: 100ms, scrape_timeout: 90ms}
scrape_configs:
  - job_name: web
    static_configs: [{targets: ['${address}'], labels: {zone: a}}]
${job}`;

test('gauges, the growth of counters and the distribution of histograms arrive as events of the embedded metric format', async () => {
  let scrapes = 0;
  await using target = await exporter((_, response) => {
    scrapes += 1;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end([
      '# TYPE heat gauge', 'heat{room="x"} 21.5', '# TYPE asked counter', `asked{room="x"} ${100 + 7 * scrapes}`,
      '# TYPE wait histogram', `wait_bucket{le="1"} ${2 * scrapes}`, `wait_bucket{le="3"} ${4 * scrapes}`, `wait_bucket{le="+Inf"} ${5 * scrapes}`, `wait_sum ${9 * scrapes}`, `wait_count ${5 * scrapes}`,
      'odd{room="x"} NaN', 'plain{room="x"} 3', '',
    ].join('\n'));
  });
  await using scraping = scrape(config(target.address), {
    cluster: 'blue',
    extraction: {
      namespace: 'CWAgent/Prometheus', units: { heat: 'Count' }, dedup: false,
      declarations: [{ sourceLabels: ['job'], separator: ';', matcher: pattern('^web$'), selectors: [pattern('^heat$'), pattern('^wait$')], dimensions: [['ClusterName', 'job'], ['ClusterName', 'room']] }],
    },
  });
  await until('growth of the counter', () => scraping.of('asked').length > 1);
  const base = { Version: '0', job: 'web', instance: target.address, zone: 'a', ClusterName: 'blue' };
  const { Timestamp, ...heat } = scraping.of('heat')[0]!;
  assert.match(String(Timestamp), /^\d{13}$/);
  assert.deepEqual(heat, {
    ...base, room: 'x', prom_metric_type: 'gauge', heat: 21.5,
    CloudWatchMetrics: [{ Namespace: 'CWAgent/Prometheus', Dimensions: [['ClusterName', 'job'], ['ClusterName', 'room']], Metrics: [{ Name: 'heat', Unit: 'Count' }] }],
  });
  assert.equal(scraping.of('asked')[0]!['asked'], 7);
  assert.equal(scraping.of('asked')[0]!['CloudWatchMetrics'], undefined);
  const wait = scraping.of('wait')[0]!;
  assert.deepEqual([wait['wait'], wait['wait_sum'], wait['wait_count'], wait['prom_metric_type']], [[0.25, 0.75, 1.5, 2.5, 3], 9, 5, 'histogram']);
  assert.deepEqual(wait['CloudWatchMetrics'], [{ Namespace: 'CWAgent/Prometheus', Dimensions: [['ClusterName', 'job']], Metrics: [{ Name: 'wait' }] }]);
  assert.equal(scraping.of('plain')[0]!['prom_metric_type'], 'untyped');
  assert.deepEqual(scraping.of('odd'), []);
  assert.ok(scraping.prometheus.counts.notFinite > 0);
  assert.deepEqual(new Set(scraping.events.map(({ group, stream }) => `${group} ${stream}`)), new Set(['/prometheus web']));
  const up = scraping.of('up')[0]!;
  // Metrics with the same labels share an event: room is none of up's.
  assert.deepEqual([up['up'], up['scrape_samples_scraped'], typeof up['scrape_duration_seconds'], up['room']], [1, 9, 'number', undefined]);
});

test('a target that does not answer is said once with the cause, has up = 0, and is said again when it answers', async () => {
  const first = await exporter((_, response) => { response.end('x 1\n'); });
  await using scraping = scrape(config(first.address));
  await until('a first scrape', () => scraping.of('x').length > 0);
  await first[Symbol.asyncDispose]();
  await until('three failed scrapes', () => scraping.prometheus.counts.failedScrapes >= 3);
  assert.deepEqual(scraping.said, [`trouble: Prometheus target ${first.address} of job "web" (http://${first.address}/metrics): the connection is refused. It gives no metrics but up = 0; it is asked again every 0.1 s`]);
  assert.equal(scraping.of('up').at(-1)!['up'], 0);
  const port = Number(first.address.split(':')[1]);
  await using _again = await exporter((_, response) => { response.end('x 1\n'); }, port);
  await until('it is said', () => scraping.said.length === 2);
  assert.equal(scraping.said[1], `recovered: Prometheus target ${first.address} of job "web" (http://${first.address}/metrics) gives metrics again`);
});

test('every way in which an answer is wrong fails that scrape whole, and says which', async () => {
  const answers: readonly [string, string, (response: ServerResponse) => void][] = [
    ['status', 'it answers with HTTP status 503', (response) => { response.writeHead(503).end('x 1\n'); }],
    ['grammar', 'line 2, column 6: no number as the value', (response) => { response.end('x 1\nx{}  secret\n'); }],
    ['cut', 'the answer does not end with # EOF: it was cut short', (response) => { response.writeHead(200, { 'content-type': 'application/openmetrics-text; version=1.0.0' }).end('x 1\n'); }],
    ['samples', 'it gives more than 3 samples (sample_limit)', (response) => { response.end('a 1\nb 1\nc 1\nd 1\n'); }],
    ['size', 'its answer is larger than 2048 bytes (body_size_limit)', (response) => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('# '.padEnd(3_000, 'x'))); }],
    ['gzip', 'the answer is no gzip', (response) => { response.writeHead(200, { 'content-encoding': 'gzip' }).end('x 1\n'); }],
    ['silence', 'no whole answer within 0.09 s', (response) => { response.write('x 1\n'); }],
    ['hang-up', 'the connection was cut', (response) => { response.socket!.destroy(); }],
  ];
  for (const [name, cause, answer] of answers) {
    await using target = await exporter((_, response) => { answer(response); });
    await using scraping = scrape(config(target.address, '    sample_limit: 3\n    body_size_limit: 2KB\n'));
    await until(`${name} is said`, () => scraping.said.length > 0 && scraping.of('up').length > 0);
    assert.deepEqual(scraping.said.map((text) => text.slice(text.indexOf('): ') + 3).split('. It gives')[0]), [cause], name);
    assert.deepEqual(scraping.events.flatMap(({ event }) => Object.keys(event)).filter((key) => ['x', 'a'].includes(key)), [], name);
    assert.ok(!scraping.said.join().includes('secret'));
  }
});

test('a target that kept a connection and closes it at the next request is asked again on a new one, without a gap', async () => {
  const asked = new WeakSet<object>();
  await using target = await exporter((request, response) => {
    if (asked.has(request.socket)) request.socket.destroy();
    else response.end('x 1\n');
    asked.add(request.socket);
  });
  await using scraping = scrape(config(target.address));
  await until('several scrapes', () => scraping.prometheus.counts.scrapes >= 5);
  assert.deepEqual([scraping.prometheus.counts.failedScrapes, scraping.said], [0, []]);
});

test('answers of all targets together have a bound in memory, which is free again afterwards', async () => {
  await using target = await exporter((_, response) => { response.end('x'.repeat(1_000)); });
  const room = new Room(1_500);
  const fetchOnce = async (): Promise<number> => {
    const agent = new Agent();
    using answer = await fetchExposition({ url: new URL(`http://${target.address}/`), agent: () => agent, authorization: null, timeoutMs: 5_000, maxBytes: 1e6, followRedirects: true, room, signal: new AbortController().signal });
    assert.equal(room.take(501), false, 'an answer has its room until it is disposed of');
    return answer.body.length;
  };
  for (const _ of [1, 2, 3]) assert.equal(await fetchOnce(), 1_000);
  assert.ok(room.take(600));
  await assert.rejects(fetchOnce(), { name: 'ScrapeFault', message: 'too many large answers at one time' });
  room.giveBack(600);
  assert.equal(await fetchOnce(), 1_000);
});

test('a target with more samples than are held is said and has up = 0; what relabeling drops does not count, and other targets go on', async () => {
  const page = Array.from({ length: 100_001 }, (_, i) => `m{i="${i}"} 1\n`).join('');
  await using huge = await exporter((_, response) => { response.end(page); });
  await using small = await exporter((_, response) => { response.end('x 1\n'); });
  await using scraping = scrape(`
global: {scrape_interval: 4s, scrape_timeout: 4s}
scrape_configs:
  - job_name: huge
    static_configs: [{targets: ['${huge.address}']}]
  - job_name: chosen
    metric_relabel_configs: [{source_labels: [i], regex: '[0-9]{2,}', action: drop}]
    static_configs: [{targets: ['${huge.address}']}]
  - job_name: small
    static_configs: [{targets: ['${small.address}']}]
`);
  const upOf = (job: string): unknown => scraping.of('up').find((event) => event['job'] === job)?.['up'];
  await until('all three to be scraped', () => ['huge', 'chosen', 'small'].every((job) => upOf(job) !== undefined), 60_000);
  assert.deepEqual(['huge', 'chosen', 'small'].map(upOf), [0, 1, 1]);
  assert.equal(scraping.of('m').length, 10);
  assert.match(scraping.said.join('\n'), /of job "huge" .*: it gives more than 100000 samples, the most that this agent holds of one answer: metric_relabel_configs can drop/);
});

test('times that samples carry are taken, or left with honor_timestamps: false', async () => {
  await using target = await exporter((_, response) => { response.end('x 1 1700000000000\n'); });
  for (const honor of [true, false]) {
    await using scraping = scrape(config(target.address, `    honor_timestamps: ${honor}\n`));
    await until('its metrics', () => scraping.of('x').length > 0);
    assert.equal(scraping.of('x')[0]!['Timestamp'] === '1700000000000', honor);
  }
});

test('a target that is none any more while it fails is said to be none', async () => {
  await using scraping = scrape(config('127.0.0.1:1'));
  await until('it fails', () => scraping.said.length === 1);
  scraping.write('scrape_configs: []');
  await until('it is none', () => scraping.said.length === 2);
  assert.equal(scraping.said[1], 'recovered: Prometheus target 127.0.0.1:1 of job "web" (http://127.0.0.1:1/metrics) is no target any more');
});

test('a config that is away for a while leaves the former one running, and is taken again as it was', async () => {
  await using target = await exporter((_, response) => { response.end('x 1\n'); });
  const text = `${config(target.address)}remote_write: []\n`;
  await using scraping = scrape(text);
  await until('its metrics', () => scraping.of('x').length > 0);
  const path = join(scraping.folder, 'prometheus.yaml');
  renameSync(path, `${path}.away`);
  await until('it is said', () => scraping.said.length === 2);
  assert.equal(scraping.said[1], `trouble: ${path}, the scrape config of Prometheus: cannot be read: ENOENT. The former one goes on until it can be read`);
  renameSync(`${path}.away`, path);
  await until('it is read again', () => scraping.said.length === 3);
  assert.equal(scraping.said[2], `recovered: ${path}, the scrape config of Prometheus, is read again`);
  scraping.write(text.replace('zone: a', 'zone: b'));
  await until('the new label', () => scraping.of('x').at(-1)!['zone'] === 'b');
  assert.equal(scraping.said.filter((line) => line.includes('remote_write')).length, 1);
});

test('targets in files come and go with the files; a broken file keeps its targets, a broken config the former one', async () => {
  await using target = await exporter((_, response) => { response.end('x 1\n'); });
  const files = (interval: string): string => `
scrape_configs:
  - job_name: files
    scrape_interval: ${interval}
    file_sd_configs: [{files: ['targets*.json']}]
`;
  await using scraping = scrape(files('100ms'));
  const one = join(scraping.folder, 'targets-1.json');
  writeFileSync(one, JSON.stringify([{ targets: [target.address], labels: { shard: 7 } }], null, '\t'));
  await until('its metrics', () => scraping.of('x').length > 0);
  assert.equal(scraping.of('x')[0]!['shard'], '7');
  writeFileSync(one, '[{"targets": [');
  await until('the broken file is said', () => scraping.said.length > 0);
  assert.match(scraping.said[0]!, /targets-1\.json, a file of Prometheus targets: line 1: no YAML .*Its former targets go on/);
  assert.equal(scraping.prometheus.targets, 1);
  scraping.write('scrape_configs: [');
  await until('the broken config is said', () => scraping.said.length > 1);
  assert.match(scraping.said[1]!, /prometheus\.yaml, the scrape config of Prometheus: line 1: no YAML .*The former one goes on/);
  assert.equal(scraping.prometheus.targets, 1);
  rmSync(one);
  await until('no target', () => scraping.prometheus.targets === 0);
  writeFileSync(join(scraping.folder, 'targets-2.json'), JSON.stringify([{ targets: [target.address], labels: {} }]));
  scraping.write(files('150ms'));
  await until('the new config', () => scraping.prometheus.targets === 1 && scraping.said.some((text) => text.startsWith('recovered: ') && text.includes('prometheus.yaml')));
});

test('a change of the config leaves targets that stay the same undisturbed: their counters go on', async () => {
  let value = 0;
  await using target = await exporter((_, response) => { response.end(`# TYPE n counter\nn ${value += 3}\n`); });
  await using scraping = scrape(config(target.address));
  await until('growth', () => scraping.of('n').length > 1);
  scraping.write(config(target.address, "  - job_name: other\n    static_configs: [{targets: ['127.0.0.1:1']}]\n"));
  await until('two targets', () => scraping.prometheus.targets === 2);
  const before = scraping.of('n').length;
  await until('more growth', () => scraping.of('n').length > before + 1);
  assert.equal(scraping.prometheus.counts.firstValues, 1);
});

test('passwords, tokens, parameters, relabeling and redirects reach the target as Prometheus sends them', async () => {
  const asked: string[] = [];
  await using target = await exporter((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization} ${request.headers['x-prometheus-scrape-timeout-seconds']}`);
    if (request.url!.startsWith('/probe')) response.writeHead(302, { location: '/moved' }).end();
    else response.end('x{job="own",le_gone="1"} 1\ny 2\n');
  });
  const job = (rest: string): string => `
scrape_configs:
  - job_name: probe
    scrape_interval: 100ms
    metrics_path: /probe
    params: {module: [http, icmp]}
    ${rest}
    static_configs: [{targets: ['example.org']}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: '${target.address}'}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: y, action: drop}
      - {regex: le_.*, action: labeldrop}
`;
  await using scraping = scrape(job("basic_auth: {username: who, password: 's3:cret'}"));
  await until('its metrics', () => scraping.of('x').length > 0);
  const basic = `Basic ${Buffer.from('who:s3:cret').toString('base64')} 0.1`;
  assert.deepEqual(asked.slice(0, 2), [`/probe?module=http&module=icmp&target=example.org ${basic}`, `/moved ${basic}`]);
  const x = scraping.of('x')[0]!;
  assert.deepEqual([x['instance'], x['job'], x['exported_job'], x['le_gone']], ['example.org', 'probe', 'own', undefined]);
  assert.deepEqual(scraping.of('y'), []);
  assert.ok(scraping.prometheus.counts.relabeledAway > 0);
  writeFileSync(join(scraping.folder, 'token'), 'first\n');
  scraping.write(job('authorization: {credentials_file: token}'));
  await until('the token', () => asked.some((text) => text.includes('Bearer first ')));
  writeFileSync(join(scraping.folder, 'token'), 'second\n');
  await until('the new token', () => asked.some((text) => text.includes('Bearer second ')));
  assert.ok(!scraping.said.join().includes('cret'));
});

test('what is said names no password, of an address or of a job', async () => {
  await using scraping = scrape(config('127.0.0.1:1', "    basic_auth: {username: who, password: 's3:cret'}\n    params: {token: [s3cret]}\n").replace("'127.0.0.1:1'", "'127.0.0.1:1', 'who:s3cret@host'"));
  await until('both are said', () => scraping.said.length === 2);
  assert.equal(scraping.said[0], 'trouble: Prometheus job "web": the target "…@host" is no address of the form host:port; it is not scraped');
  assert.match(scraping.said[1]!, /the connection is refused/);
  assert.ok(![...scraping.said, ...scraping.subjects].some((text) => text.includes('cret')));
});

test('a password is not sent on to another host that the target points to', async () => {
  const asked: (string | undefined)[] = [];
  await using other = await exporter((request, response) => { asked.push(request.headers.authorization); response.end('x 1\n'); });
  await using target = await exporter((_, response) => { response.writeHead(307, { location: `http://${other.address}/` }).end(); });
  await using scraping = scrape(config(target.address, "    basic_auth: {username: who, password: 's3:cret'}\n"));
  await until('its metrics', () => scraping.of('x').length > 0);
  assert.deepEqual([...new Set(asked)], [undefined]);
});

test('a certificate must be of the job\'s authority, unless the job takes any', async () => {
  const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);
  const server = createServer({ key: readFileSync(fixture('server.key')), cert: readFileSync(fixture('server.pem')) }, (_, response) => { response.end('x 1\n'); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    const tls = (settings: string): string => config(`127.0.0.1:${(server.address() as AddressInfo).port}`, `    scheme: https\n    tls_config: {${settings}}\n`).replace('scrape_interval: 100ms, scrape_timeout: 90ms', 'scrape_interval: 400ms');
    for (const [settings, trusted] of [[`ca_file: ${fixture('ca.pem')}`, true], [`ca_file: ${fixture('other-ca.pem')}`, false], ['insecure_skip_verify: true', true]] as const) {
      await using scraping = scrape(tls(settings));
      await until(`an answer with ${settings}`, () => scraping.of('up').length > 0);
      assert.equal(scraping.of('x').length > 0, trusted, settings);
      if (!trusted) assert.match(scraping.said[0]!, /its certificate is not trusted \(/);
    }
    await using scraping = scrape(tls('ca_file: ca.pem'));
    const ca = join(scraping.folder, 'ca.pem');
    await until('the missing file is said', () => scraping.said.length === 1);
    assert.ok(scraping.said[0]!.includes(`${ca} cannot be read (ENOENT)`));
    copyFileSync(fixture('other-ca.pem'), ca);
    await until('a scrape with it', () => scraping.prometheus.counts.scrapes > 2);
    assert.deepEqual(scraping.of('x'), []);
    copyFileSync(fixture('ca.pem'), ca);
    await until('the new authority', () => scraping.of('x').length > 0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a scrape that takes longer than the interval never overlaps the next', async () => {
  let open = 0;
  let most = 0;
  await using target = await exporter((_, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => { open -= 1; response.end('x 1\n'); }, 80);
  });
  await using scraping = scrape(config(target.address).replace('scrape_interval: 100ms, scrape_timeout: 90ms', 'scrape_interval: 90ms, scrape_timeout: 90ms'));
  await until('some scrapes', () => scraping.prometheus.counts.scrapes >= 5);
  assert.equal(most, 1);
});

test('what of a config is not run is said once, with its line; a job with a mistake leaves the others running', async () => {
  await using target = await exporter((_, response) => { response.end('x 1\n'); });
  await using scraping = scrape(`${config(target.address)}    kubernetes_sd_configs: [{role: pod}]
    scrape_intervall: 3s
  - job_name: broken
    relabel_configs: [{regex: '(', target_label: x}]
remote_write: [{url: x}]
`);
  await until('its metrics', () => scraping.of('x').length > 1);
  const of = `note: ${join(scraping.folder, 'prometheus.yaml')}, the scrape config of Prometheus: `;
  assert.deepEqual(scraping.said, [
    `${of}line 10: "remote_write" is not run by this agent: it only scrapes`,
    `${of}line 6: "kubernetes_sd_configs" of job "web" is not run by this agent: targets come from static_configs and file_sd_configs`,
    `${of}line 7: "scrape_intervall" of job "web" is not a setting that this agent knows: it has no effect`,
    `${of}line 9: regex is not taken: a parenthesis that is never closed (column 1): the job is left out`,
  ]);
});
