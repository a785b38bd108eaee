import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { metricFileFaults } from '../../src/agent/metric-files.ts';
import { check, type FileLookup } from '../../src/cli/check.ts';
import { loadPlan } from '../../src/cli/load-plan.ts';

const QUIET = { AWS_EC2_METADATA_DISABLED: 'true' };
const GOOD = { agent: { region: 'eu-central-1' }, logs: { log_stream_name: 's', logs_collected: { files: { collect_list: [{ file_path: '/var/log/a.log' }] } } } };

function folder(context: TestContext): (name: string, content: unknown) => string {
  const path = mkdtempSync(join(tmpdir(), 'check-'));
  context.after(() => rmSync(path, { recursive: true }));
  return (name, content) => {
    const file = join(path, name);
    writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content, null, 2));
    return file;
  };
}

interface Answer { readonly code: number; readonly out: string; readonly err: string }

async function answer(files: readonly string[], options: { readonly json?: boolean; readonly strict?: boolean; readonly listMatches?: FileLookup['listMatches']; readonly fileFaults?: FileLookup['fileFaults'] } = {}): Promise<Answer> {
  let out = '';
  let err = '';
  const code = await check(files, { json: options.json ?? false, strict: options.strict ?? false, env: QUIET, lookup: options.listMatches === undefined && options.fileFaults === undefined ? null : { journal: async () => ({ fault: null, newest: null }), listMatches: options.listMatches ?? (() => Promise.resolve([])), fileFaults: options.fileFaults ?? (() => Promise.resolve([])), globFault: (pattern) => (pattern.includes('[') ? 'the [ is not closed' : null) } }, { out: (text) => { out += text; }, err: (text) => { err += text; }, colour: false });
  return { code, out, err };
}

test('a good config is described entry by entry with the files that match now, and exits 0', async (context) => {
  const file = folder(context)('agent.json', GOOD);
  const { code, out, err } = await answer([file], { listMatches: async () => [{ matches: [{ path: '/var/log/a.log', size: 12_345 }], skipped: [{ path: '/var/log/a.log.gz', reason: 'compressed' }] }] });
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /^CloudWatch Logs\n {2}region {3}eu-central-1\n/);
  assert.match(out, /\n\/var\/log\/a\.log\n {2}group {4}\/var\/log\/a\n {2}stream {3}s\n/);
  assert.match(out, /1 match now\n {4}\/var\/log\/a\.log \(12,345 bytes\)\n {4}skipped: \/var\/log\/a\.log\.gz \(compressed\)\n$/);
});

test('what of a name is open yet is shown in words, and where it depends on the file, each file has its own; one without a name is skipped', async (context) => {
  const entry = { file_path: '/srv/*/a.log', follow: 'all', log_group_name: '/srv/{path:app}', log_stream_name: '{date}/{file_name}', path_pattern: '/srv/(?P<app>[a-z]+)/', timezone: 'UTC', timestamp_format: '%Y-%m-%d' };
  const file = folder(context)('agent.json', { agent: GOOD.agent, logs: { logs_collected: { files: { collect_list: [entry] } } } });
  const listMatches = async () => [{ matches: [{ path: '/srv/shop/a.log', size: 1 }, { path: '/srv/9/a.log', size: 2 }], skipped: [] }];
  const { code, out } = await answer([file], { listMatches });
  assert.equal(code, 0);
  assert.match(out, /\n {2}group {4}\/srv\/\{path:app\}\n {2}stream {3}\{date of the event\}\/\{name of the file\} \(UTC\)\n/);
  assert.match(out, /1 match now\n {4}\/srv\/shop\/a\.log \(1 bytes\): group \/srv\/shop, stream \{date of the event\}\/a\.log\n {4}skipped: \/srv\/9\/a\.log \(path_pattern .* finds nothing in the path to name its group by; /);
  const { matches } = JSON.parse((await answer([file], { json: true, listMatches })).out) as { readonly matches: readonly unknown[] };
  assert.deepEqual((matches[0] as { readonly matches: unknown }).matches, [{ path: '/srv/shop/a.log', size: 1, group: '/srv/shop', stream: '{date of the event}/a.log' }]);
});

test('a config with errors prints all of them and exits 78', async (context) => {
  const { agent, logs } = GOOD;
  const file = folder(context)('agent.json', { agent, logs: { ...logs, gzip: 'yes', logs_collected: { files: { collect_list: [{ file_path: 'a.log' }, { file_path: '/b.log', blacklist: '(' }] } } } });
  const { code, out, err } = await answer([file]);
  assert.deepEqual([code, out], [78, '']);
  assert.equal(err.match(/ error \//g)?.length, 3);
  assert.match(err, /\n3 errors; what stands on a wrong part is checked once that is mended\n$/);
  assert.ok(err.startsWith(`${file}:`));
});

test('a folder of a thousand broken files prints a hundred problems, and counts all of them; --json has each', async (context) => {
  const write = folder(context);
  const files = Array.from({ length: 1000 }, (_, index) => write(`${index}.json`, '{'));
  const { code, err } = await answer([dirname(files[0]!)]);
  assert.equal(code, 78);
  assert.equal(err.match(/ error: /g)?.length, 100);
  assert.match(err, /\nand 900 more in 900 files: 900 errors; --json prints all of them\n1000 errors; what stands/);
  const { problems } = JSON.parse((await answer([dirname(files[0]!)], { json: true })).out) as { readonly problems: readonly unknown[] };
  assert.equal(problems.length, 1000);
});

test('--strict takes warnings, and what is not run, for errors; other notes stay notes', async (context) => {
  const write = folder(context);
  const notRun = write('a.json', { ...GOOD, csm: {} });
  const warned = write('b.json', { ...GOOD, agent: { region: 'eu-central-1', regoin: 'x' } });
  const noted = write('c.json', { ...GOOD, logs: { log_stream_name: 's', logs_collected: { files: { collect_list: [{ file_path: '/var/log/*.log', log_group_name: 'g' }] } } } });
  const codes = async (file: string): Promise<readonly number[]> => [(await answer([file])).code, (await answer([file], { strict: true })).code];
  assert.deepEqual(await codes(notRun), [0, 78]);
  assert.deepEqual(await codes(warned), [0, 78]);
  assert.deepEqual(await codes(noted), [0, 0]);
  const { err, out } = await answer([notRun], { strict: true });
  assert.match(err, / error \/csm: not run by this agent.*\n1 error\n$/s);
  assert.equal(out, '');
});

test('a file that cannot be read exits 66, one that is no JSON 78', async (context) => {
  const write = folder(context);
  const missing = await answer(['/nonexistent/agent.json']);
  assert.deepEqual([missing.code, missing.err.split('\n')[0]], [66, '/nonexistent/agent.json error: there is no such file']);
  assert.equal((await answer([tmpdir()])).code, 66);
  assert.equal((await answer([write('a.json', '{')])).code, 78);
  assert.equal((await answer([write('b.json', Buffer.from([0x7b, 0xff, 0x7d]))])).code, 78);
});

test('a file that begins with a byte order mark is read', async (context) => {
  const { code } = await answer([folder(context)('agent.json', `\uFEFF${JSON.stringify(GOOD)}`)]);
  assert.equal(code, 0);
});

test('several files are one document, and a contradiction names both', async (context) => {
  const write = folder(context);
  const first = write('a.json', GOOD);
  const second = write('b.json', { logs: { logs_collected: { files: { collect_list: [{ file_path: '/var/log/b.log' }] } } } });
  const third = write('c.json', { agent: { region: 'us-east-1' } });
  const merged = await loadPlan([first, second], QUIET);
  assert.deepEqual(merged.plan?.entries.map(({ pattern }) => pattern), ['/var/log/a.log', '/var/log/b.log']);
  const { code, err } = await answer([first, third]);
  assert.equal(code, 78);
  assert.ok(err.includes(`${third}:3:`) && err.includes(`${first}:3:`));
});

test('a glob nobody can read is an error of its entry', async (context) => {
  const file = folder(context)('agent.json', { ...GOOD, logs: { ...GOOD.logs, logs_collected: { files: { collect_list: [{ file_path: '/var/log/[a', log_group_name: 'g' }] } } } });
  const { code, err } = await answer([file], { listMatches: async () => [{ matches: [], skipped: [] }] });
  assert.equal(code, 78);
  assert.match(err, /collect_list\/0\/file_path: the \[ is not closed\n/);
});

test('--json gives problems, plan and matches as one document', async (context) => {
  const file = folder(context)('agent.json', GOOD);
  const { code, out } = await answer([file], { json: true, listMatches: async () => [{ matches: [], skipped: [] }] });
  const document = JSON.parse(out) as { readonly problems: unknown; readonly plan: { readonly entries: readonly unknown[] }; readonly matches: unknown };
  assert.deepEqual([code, document.problems, document.plan.entries.length, document.matches], [0, [], 1, [{ entry: '/var/log/a.log', matches: [], skipped: [] }]]);
});

test('run keeps what is runnable of a config with a bad entry', async (context) => {
  const file = folder(context)('agent.json', { ...GOOD, logs: { log_stream_name: 's', logs_collected: { files: { collect_list: [{ file_path: '/var/log/a.log' }, { file_path: '/var/log/b.log', encoding: 'klingon' }] } } } });
  const { plan } = await loadPlan([file], QUIET);
  assert.deepEqual([plan?.entries.length, plan?.disabled.length], [1, 1]);
});

test('a journald entry is described, with what can be read of the journal now', async (context) => {
  const file = folder(context)('agent.json', { agent: GOOD.agent, logs: { logs_collected: { journald: { collect_list: [
    { log_group_name: 'j', log_stream_name: 's', units: ['a', 'b'], priority: 'err', matches: [{ _UID: '0', _PID: '1' }, { _UID: '1' }], filters: [{ type: 'include', expression: 'x' }, { type: 'include', expression: 'y' }, { type: 'exclude', expression: 'z' }] },
    { log_group_name: 'k', log_stream_name: 's', directory: '/nowhere/at/all' },
  ] } } } });
  const { code, out } = await answer([file], { listMatches: async () => [] });
  assert.equal(code, 0);
  assert.match(out, /\njournal of this host\n  group    j\n  stream   s\n  entries  priority err and more urgent; of a, b; with _UID=0 and _PID=1, or _UID=1\n/);
  assert.match(out, /\n  filter   keeps only messages with \/x\/ or \/y\/\n  filter   drops messages with \/z\/\n  now      it can be read, and has no entry\n/);
  assert.match(out, /\njournal \/nowhere\/at\/all\n/);
  const { journals } = JSON.parse((await answer([file], { json: true, listMatches: async () => [] })).out) as { readonly journals: readonly unknown[] };
  assert.deepEqual(journals[0], { entry: 'journald j', fault: null, newest: null });
});

const COLLECTD = { service_address: 'udp://127.0.0.1:25826' };
const metricsOf = (collected: object): object => ({ agent: GOOD.agent, metrics: { metrics_collected: collected } });
const scraping = (path: string): object => ({ agent: GOOD.agent, logs: { metrics_collected: { prometheus: { log_group_name: '/p', prometheus_config_path: path } } } });

test('the files of collectd are looked into: one that is not there is named with what that costs, a line that is none with its number', async (context) => {
  const write = folder(context);
  const [auth, types] = [write('auth_file', '# users\nalice: secret\nbob\n'), write('types.db', 'load  shortterm:GAUGE:0:100\nbroken\n')];
  const missing = join(types, '..', 'more.db');
  const file = write('agent.json', metricsOf({ collectd: { ...COLLECTD, collectd_auth_file: auth, collectd_typesdb: [types, missing] } }));
  const { code, err } = await answer([file], { fileFaults: metricFileFaults });
  assert.equal(code, 0);
  assert.deepEqual(err.split('\n').filter((line) => line.includes(' warning')).map((line) => line.replace(/; .*/, '')), [
    `${auth}:3:1 warning: cannot be read and is left out`,
    `${types}:2:1 warning: cannot be read and is left out`,
    `${missing} warning: cannot be read (ENOENT)`,
  ]);
  assert.doesNotMatch(err, /secret/);
  assert.equal((await answer([file], { fileFaults: metricFileFaults, strict: true })).code, 78);
});

test('without proof asked for, an auth file that is not there is nothing to say', async (context) => {
  const write = folder(context);
  const types = write('types.db', 'load  shortterm:GAUGE:0:100\n');
  const file = write('agent.json', metricsOf({ collectd: { ...COLLECTD, collectd_security_level: 'none', collectd_auth_file: '/nowhere/auth', collectd_typesdb: [types] } }));
  assert.deepEqual((await answer([file], { fileFaults: metricFileFaults })).err, '');
});

test('the scrape config of Prometheus is looked into: what keeps all of it from running is an error with its line, what keeps a job or a target a warning', async (context) => {
  const write = folder(context);
  const broken = write('broken.yaml', 'scrape_configs:\n  - job_name: [\n');
  const first = await answer([write('a.json', scraping(broken))], { fileFaults: metricFileFaults });
  assert.equal(first.code, 78);
  assert.match(first.err, new RegExp(`^${broken}:\\d+:1 error: no YAML \\(.*nothing is scraped`, 'm'));

  const parts = write('parts.yaml', 'scrape_configs:\n  - job_name: a\n    basic_auth: {username: u, password_file: /nowhere/password}\n    static_configs: [{targets: ["host one:9100", "b:1"]}]\n  - job_name: b\n    scrape_interval: often\n  - job_name: c\n    ec2_sd_configs: []\n');
  const second = await answer([write('b.json', scraping(parts))], { fileFaults: metricFileFaults });
  assert.equal(second.code, 0);
  assert.match(second.err, new RegExp(`^${parts}:6:1 warning: scrape_interval should be a time.*: the job is left out$`, 'm'));
  assert.match(second.err, new RegExp(`^${parts}:8:1 note: "ec2_sd_configs" of job "c" is not run by this agent`, 'm'));
  assert.match(second.err, /warning: job "a": the target "host one:9100" is no address of the form host:port; it is not scraped$/m);
  assert.match(second.err, /warning: job "a": \/nowhere\/password cannot be read \(ENOENT\)/);
  assert.equal((await answer([write('b.json', scraping(parts))], { fileFaults: metricFileFaults, strict: true })).code, 78);

  const third = await answer([write('c.json', scraping('/nowhere/prometheus.yaml'))], { fileFaults: metricFileFaults });
  assert.deepEqual([third.code, /^\/nowhere\/prometheus\.yaml warning: the scrape config of Prometheus cannot be read \(ENOENT\)/m.test(third.err)], [0, true]);
});
