import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { durationOf } from '../../../../src/metrics/prometheus/duration.ts';
import { readScrapeConfig, remarkText } from '../../../../src/metrics/prometheus/scrape-config.ts';
import type { ScrapeConfig, ScrapeJob } from '../../../../src/metrics/prometheus/scrape-config.ts';
import { firstWait, nextDue } from '../../../../src/metrics/prometheus/scraper.ts';
import { targetOf } from '../../../../src/metrics/prometheus/target.ts';
import type { Target } from '../../../../src/metrics/prometheus/target.ts';
import { ConfigFault } from '../../../../src/metrics/prometheus/yaml-section.ts';
import { compilePattern } from '../../../../src/records/pattern.ts';

const read = async (text: string): Promise<ScrapeConfig> => readScrapeConfig(text, '/etc/prometheus', compilePattern);
const readJob = async (settings: string): Promise<ScrapeJob> => {
  const { jobs, remarks } = await read(`scrape_configs: [{job_name: j, ${settings}}]`);
  assert.deepEqual(remarks, []);
  return jobs[0]!;
};
const none = new Map<string, string>();
const target = (job: ScrapeJob, address: string, labels = none): Target => {
  const found = targetOf(job, address, labels);
  assert.ok(found !== null && typeof found !== 'string', JSON.stringify(found));
  return found;
};

test('what a job leaves out is as Prometheus has it', async () => {
  const { identity: _, ...job } = await readJob('');
  assert.deepEqual(job, {
    name: 'j', intervalMs: 60_000, timeoutMs: 10_000, scheme: 'http', path: '/metrics', params: new Map(), honorLabels: false, honorTimestamps: true, followRedirects: true,
    access: { authorization: null, tls: { ca: null, cert: null, key: null, serverName: null, insecure: false } },
    relabel: [], metricRelabel: [], sampleLimit: 0, bodyLimit: 64 * 1024 * 1024, groups: [], targetFiles: [],
  });
});

test('global times and labels hold for all jobs; a job with a shorter interval than the global timeout has its interval as timeout', async () => {
  const { jobs, externalLabels } = await read('global: {scrape_interval: 30s, scrape_timeout: 20s, evaluation_interval: 1m, external_labels: {port: 9100, on: yes}}\nscrape_configs: [{job_name: a}, {job_name: b, scrape_interval: 5s}]\n');
  assert.deepEqual(jobs.map(({ intervalMs, timeoutMs }) => [intervalMs, timeoutMs]), [[30_000, 20_000], [5_000, 5_000]]);
  assert.deepEqual([...externalLabels], [['port', '9100'], ['on', 'yes']]);
});

test('files of targets and secrets are looked for beside the config', async () => {
  const job = await readJob("file_sd_configs: [{files: [targets/*.yml, /srv/t.json], refresh_interval: 1m}], basic_auth: {username: u, password_file: secrets/p}, tls_config: {ca_file: ca.pem, server_name: x}");
  assert.deepEqual(job.targetFiles, ['/etc/prometheus/targets/*.yml', '/srv/t.json']);
  assert.deepEqual(job.access.authorization, { user: { text: 'u' }, password: { path: '/etc/prometheus/secrets/p' } });
  assert.deepEqual([job.access.tls.ca, job.access.tls.serverName], [{ path: '/etc/prometheus/ca.pem' }, 'x']);
});

for (const [settings, message] of [
  ['scrape_interval: 0s', 'line 1: scrape_interval should be a time such as 15s, 1m30s or 500ms, at most a day'],
  ['scrape_interval: 5s, scrape_timeout: 6s', 'line 1: scrape_timeout is longer than the interval'],
  ['scheme: ftp', 'line 1: scheme should be http or https'],
  ['honor_labels: maybe', 'line 1: honor_labels should be true or false'],
  ['sample_limit: -1', 'line 1: sample_limit should be a whole number, not below 0'],
  ['body_size_limit: lots', 'line 1: body_size_limit should be a size such as 10MB'],
  ['static_configs: [x]', 'line 1: static_configs should hold names and values'],
  ['static_configs: {targets: []}', 'line 1: static_configs should be a list'],
  ['static_configs: [{targets: [[a]]}]', 'line 1: targets should be a list of texts'],
  ['params: [a]', 'line 1: params should hold names and values'],
  ['file_sd_configs: [{files: ["a*b*.json"]}]', 'line 1: files "a*b*.json" should end in .json, .yml or .yaml, with at most one * in its last part'],
  ['bearer_token: x, basic_auth: {username: y}', 'line 1: basic_auth authorization and bearer_token exclude one another'],
  ['bearer_token: x, bearer_token_file: y', 'line 1: bearer_token and bearer_token_file exclude one another'],
  ['authorization: {type: Bearer}', 'line 1: credentials is missing'],
  ['authorization: {type: basic, credentials: x}', 'line 1: type should not be Basic: that is basic_auth'],
  ['tls_config: {min_version: TLS13}', 'line 1: min_version is not a setting that this agent knows'],
  ['tls_config: {cert_file: x}', 'line 1: tls_config needs a certificate and its key together'],
] as const) {
  test(`a job is left out, and said with its line, for: ${settings}`, async () => {
    const { jobs, remarks } = await read(`scrape_configs: [{job_name: j, ${settings}}, {job_name: sound}]`);
    assert.deepEqual([jobs.map(({ name }) => name), remarks.map(remarkText)], [['sound'], [`${message}: the job is left out`]]);
  });
}

test('a job without a name, or with that of another, is left out', async () => {
  const { jobs, remarks } = await read('scrape_configs:\n  - {scheme: http}\n  - job_name: a\n  - job_name: a\n');
  assert.deepEqual([jobs.length, remarks.map(remarkText)], [1, ['line 2: job_name is missing: the job is left out', 'line 4: job_name "a" is the name of an earlier job: the job is left out']]);
});

test('an empty config has no jobs; a list, broken YAML and aliases that multiply are refused', async () => {
  assert.deepEqual((await read('')).jobs, []);
  assert.deepEqual((await read('scrape_configs:\n')).jobs, []);
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...['b', 'c', 'd', 'e', 'f'].map((name, i) => `${name}: &${name} [${`*${'abcde'[i]}, `.repeat(10).slice(0, -2)}]`)].join('\n');
  await assert.rejects(read(bomb), { name: 'ConfigFault', message: 'its aliases repeat too much' });
  await assert.rejects(read('a: 1\nb: {'), { name: 'ConfigFault', message: /^line 2: no YAML \(/ });
  await assert.rejects(read('scrape_configs: [{job_name: a, job_name: b}]'), { name: 'ConfigFault', message: 'line 1: no YAML (duplicate key)' });
});

test('any text is read or refused with a ConfigFault, never with another error', async () => {
  const part = fc.constantFrom('scrape_configs:', '\n', '  ', '- ', 'job_name: a', 'static_configs: ', '[', ']', '{', '}', ',', 'targets: [a]', 'labels: {a: b}', '&a', '*a', '<<: ', '? ', '!!x ', '"', "'", '|', '\t', '#', 'global: ', 'null', '1', ': ', 'relabel_configs: ', 'regex: (');
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof({ weight: 8, arbitrary: part }, fc.string()), { maxLength: 25 }), async (parts) => {
    await read(parts.join('')).catch((error: unknown) => { assert.ok(error instanceof ConfigFault, String((error as Error).stack)); });
  }));
});

test('times are read as Prometheus writes them', () => {
  assert.deepEqual(['15s', '1m30s', '500ms', '24h', '1d', '1h0m1s'].map(durationOf), [15_000, 90_000, 500, 86_400_000, 86_400_000, 3_601_000]);
  assert.deepEqual(['', '0s', '15', '1s1m', '25h', '-1s', '1.5s', 's'].map(durationOf), Array.from({ length: 8 }, () => null));
});

test('sizes are multiples of 1,024 with both spellings, as with Prometheus', async () => {
  for (const [text, bytes] of [['10MB', 10_485_760], ['1.5KiB', 1_536], ['7B', 7], ['1gb', 1_073_741_824], ['12', 12]] as const) assert.equal((await readJob(`body_size_limit: ${text}`)).bodyLimit, bytes, text);
});

test('a target has the labels of its group, job and instance, and an URL with its parameters', async () => {
  const { url, labels } = target(await readJob('scheme: https, metrics_path: x/y, params: {a: [1, 2], b: []}'), 'host:9100', new Map([['zone', 'a'], ['__meta_filepath', '/f'], ['__param_c', '3'], ['empty', '']]));
  assert.equal(`${url.origin}${url.pathname}`, 'https://host:9100/x/y');
  assert.deepEqual([url.searchParams.getAll('a'), url.searchParams.getAll('c')], [['1', '2'], ['3']]);
  assert.deepEqual(Object.fromEntries(labels), { instance: 'host:9100', job: 'j', zone: 'a' });
});

test('addresses are names or IP addresses with a port, and nothing more', async () => {
  const job = await readJob('');
  for (const address of ['host', 'host:80', '10.0.0.1:9100', '[::1]:9100']) assert.equal(target(job, address).labels.get('instance'), address);
  for (const address of ['', 'http://host', 'host/path', 'u:p@host', 'host:80:80', 'host:x', 'host?x', 'a b', '[::1', 'host:99999']) assert.equal(typeof targetOf(job, address, none), 'string', address);
});

test('relabeling may change the path, the interval and the scheme of a target, or drop it', async () => {
  const job = await readJob("relabel_configs: [{source_labels: [zone], regex: gone, action: drop}, {target_label: __scrape_interval__, replacement: 20s}, {target_label: __metrics_path__, replacement: /other}, {target_label: __scheme__, replacement: https}]");
  const { url, intervalMs } = target(job, 'host:1');
  assert.deepEqual([url.href, intervalMs], ['https://host:1/other', 20_000]);
  assert.equal(targetOf(job, 'host:1', new Map([['zone', 'gone']])), null);
});

test('targets are scraped at times of their own, the same after each start and spread over the interval', async () => {
  const job = await readJob('');
  const times = Array.from({ length: 600 }, (_, i) => {
    const { key, intervalMs } = target(job, `host-${i}:9100`);
    const at = (now: number): number => (now + firstWait({ key, intervalMs }, now)) % intervalMs;
    assert.equal(at(1_700_000_000_123), at(1_800_000_055_000));
    return at(0);
  });
  const perTenth = Array.from({ length: 10 }, (_, tenth) => times.filter((time) => Math.floor(time / 6_000) === tenth).length);
  assert.ok(perTenth.every((count) => count > 30 && count < 90), perTenth.join());
});

test('a scrape that took long is followed by the next whole interval, not by those it missed', () => {
  assert.deepEqual([nextDue(100, 105, 10), nextDue(100, 110, 10), nextDue(100, 137, 10), nextDue(100, 99, 10)], [110, 120, 140, 110]);
});
