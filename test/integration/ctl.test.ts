import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ctl } from '../../src/cli/ctl.ts';
import { recordFile } from '../../src/cli/takeover/host.ts';
import { agentVersion } from '../../src/cli/version.ts';
import { startDropIn, type DropInRig } from '../support/drop-in.ts';
import { startParameters } from '../support/parameters.ts';

const config = (path: string): object => ({ logs: { logs_collected: { files: { collect_list: [{ file_path: path, log_group_name: 'g', log_stream_name: 's' }] } } } });

/** Runs it, and gives code and words of this run alone. */
async function run({ host, said }: DropInRig, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  said.out = said.err = '';
  const code = await ctl(words, host);
  return { code, ...said };
}

test('ctl: status is the CloudWatch agent\'s JSON, with exit code 0 whether or not the agent runs', async (t) => {
  const rig = startDropIn(t);
  assert.deepEqual(await run(rig, '-a', 'status'), { code: 0, err: '', out: `{\n  "status": "stopped",\n  "starttime": "",\n  "configstatus": "not configured",\n  "version": "${agentVersion}"\n}\n` });
  assert.equal((await run(rig, '-a', 'start')).code, 0);
  const { out } = await run(rig, '-a', 'status-with-workloads');
  const { starttime, ...rest } = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual(rest, { status: 'running', configstatus: 'configured', version: agentVersion, workloads: [] });
  assert.match(String(starttime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
  assert.ok(Math.abs(Date.parse(String(starttime)) - (Date.now() - 60_000)) < 10_000);
});

test('ctl: start without a config applies the default one, enables and starts; a second start and stop say so', async (t) => {
  const rig = startDropIn(t);
  const { out } = await run(rig, '-a', 'start');
  assert.match(out, /^\n\*{6} processing amazon-cloudwatch-agent \*{6}\namazon-cloudwatch-agent is not configured\. Applying amazon-cloudwatch-agent default configuration\.\n[^]*Configuration validation succeeded\n$/);
  assert.deepEqual(rig.systemd.calls, ['daemon-reload', 'enable unified-agent.service', 'restart unified-agent.service']);
  assert.deepEqual(Object.keys(rig.installed()), ['default']);
  assert.match((await run(rig, '-a', 'start')).out, /has already been started\n$/);
  assert.equal((await run(rig, '-a', 'stop')).code, 0);
  assert.ok(rig.systemd.enabled.has('unified-agent.service'), 'stays enabled');
  assert.match((await run(rig, '-a', 'stop')).out, /has already been stopped\n$/);
  rig.systemd.restarting.add('unified-agent.service');
  assert.equal((await run(rig, '-a', 'stop')).code, 0);
  assert.deepEqual([...rig.systemd.restarting], [], 'one that fails again and again is stopped too');
});

test('ctl: fetch-config makes a file the only config; what was put there by hand is kept beside, what was fetched goes', async (t) => {
  const rig = startDropIn(t);
  rig.write('amazon-cloudwatch-agent.json', config('/var/log/legacy.log'));
  rig.write('amazon-cloudwatch-agent.d/mine.json', config('/var/log/mine.log'));
  rig.write('amazon-cloudwatch-agent.d/file_old.json', config('/var/log/old.log'));
  const file = rig.write(join(rig.places.root, 'tmp/new.json'), config('/var/log/new.log'));
  const { code, out, err } = await run(rig, '-a', 'fetch-config', '-m', 'onPremise', '-c', `file:${file}`, '-s');
  assert.equal(code, 0);
  assert.match(out, /^\*{6} processing amazon-cloudwatch-agent \*{6}\n[^]*Start configuration validation\.\.\.\nConfiguration validation second phase succeeded\nConfiguration validation succeeded\namazon-cloudwatch-agent has already been stopped\n$/);
  assert.match(err, /mine\.json was put there by hand and is no copy: kept as .*backup-configs\/mine\.json/);
  assert.deepEqual(rig.installed(), { 'file_new.json': readFileSync(file, 'utf8') });
  assert.equal(existsSync(rig.places.config), false);
  assert.deepEqual(JSON.parse(readFileSync(join(rig.places.backups, 'amazon-cloudwatch-agent.json'), 'utf8')), config('/var/log/legacy.log'));
  assert.deepEqual(JSON.parse(readFileSync(join(rig.places.backups, 'mine.json'), 'utf8')), config('/var/log/mine.log'));
  assert.equal(statSync(join(rig.places.folder, 'file_new.json')).mode & 0o777, 0o644);
  assert.equal(rig.systemd.calls.at(-1), 'restart unified-agent.service');
});

test('ctl: broken JSON, a contradiction and a source that is not there exit 1 and leave every file and the agent as they were', async (t) => {
  const rig = startDropIn(t);
  const good = rig.write(join(rig.places.root, 'good.json'), { agent: { metrics_collection_interval: 60 }, ...config('/a.log') });
  assert.equal((await run(rig, '-a', 'fetch-config', '-c', `file:${good}`, '-s')).code, 0);
  const before = rig.installed();
  rig.systemd.calls.length = 0;
  const broken = rig.write(join(rig.places.root, 'broken.json'), '{ "logs": ');
  const other = rig.write(join(rig.places.root, 'other.json'), { agent: { metrics_collection_interval: 10 } });
  const yaml = rig.write(join(rig.places.root, 'config.yaml'), config('/y.log'));
  for (const [words, message] of [
    [['fetch-config', '-c', `file:${yaml}`], /would be kept as file_config\.yaml, which is never read/],
    [['fetch-config', '-c', `file:${broken}`], /\/broken\.json:1:11 error.*\n[^]*configuration validation first phase failed\. Agent version: /],
    [['append-config', '-c', `file:${other}`], /metrics_collection_interval: a different value is given in .*file_good\.json/],
    [['fetch-config', '-c', 'file:/none.json'], /fail to fetch the config: .*there is no such file/],
    [['fetch-config', '-c', 'file:'], /downloadLocation file: is malformed/],
    [['fetch-config', '-c', 's3:x'], /location type s3 is not supported/],
    [['fetch-config', '-c', 'default:otel'], /unknown default config "otel"/],
    [['remove-config', '-c', 'ssm:none'], /failed to remove the json file .*ssm_none: there is none; there is file_good\.json/],
  ] as const) {
    const { code, err } = await run(rig, '-a', ...words, '-s');
    assert.equal(code, 1, words.join(' '));
    assert.match(err, message);
    assert.deepEqual([rig.installed(), rig.systemd.calls], [before, []], words.join(' '));
  }
});

test('ctl: append-config adds, remove-config takes away, and removes nothing where what is left is no config', async (t) => {
  const rig = startDropIn(t);
  const [a, b] = ['a', 'b'].map((name) => rig.write(join(rig.places.root, `${name}.json`), config(`/${name}.log`)));
  await run(rig, '-a', 'fetch-config', '-c', `file:${a}`);
  assert.match((await run(rig, '-a', 'append-config', '-c', `file:${b}`)).out, /Configuration validation succeeded\n$/);
  assert.deepEqual(Object.keys(rig.installed()), ['file_a.json', 'file_b.json']);
  rig.write('amazon-cloudwatch-agent.d/hand.json', '{');
  assert.equal((await run(rig, '-a', 'remove-config', '-c', `file:${b}`)).code, 1);
  rig.write('amazon-cloudwatch-agent.d/hand.json', '{}');
  assert.equal((await run(rig, '-a', 'remove-config', '-c', `file:/elsewhere/b.json`)).code, 0);
  assert.deepEqual(Object.keys(rig.installed()), ['file_a.json', 'hand.json']);
  const { code, out } = await run(rig, '-a', 'remove-config', '-c', 'all');
  assert.deepEqual([code, out.endsWith('all amazon-cloudwatch-agent configurations have been removed\n'), rig.installed()], [0, true, {}]);
  assert.deepEqual(rig.systemd.calls, [], 'without -s the agent is left alone');
  const ignored = await run(rig, '-a', 'fetch-config', '-c', 'all', '-s');
  assert.deepEqual([ignored.code, ignored.out, rig.systemd.calls], [0, '****** processing amazon-cloudwatch-agent ******\nignore cwa configuration "all" as it is only supported by action "remove-config"\n', []]);
});

test('ctl: a parameter is fetched as it is stored, under the name the CloudWatch agent gives it', async (t) => {
  const { env, put } = await startParameters(t);
  const rig = startDropIn(t, env);
  const text = `${JSON.stringify(config('/p.log'), null, 1)}\n`;
  await put('AmazonCloudWatch-linux', text, { type: 'SecureString' });
  await put('/team/web config'.replace(' ', '-'), text);
  assert.equal((await run(rig, '-a', 'fetch-config', '-c', 'ssm:AmazonCloudWatch-linux')).code, 0);
  assert.equal((await run(rig, '-a', 'append-config', '-c', 'ssm:/team/web-config')).code, 0);
  assert.deepEqual(rig.installed(), { 'ssm_AmazonCloudWatch-linux': text, 'ssm__team_web-config': text });
  const { code, err } = await run(rig, '-a', 'fetch-config', '-c', 'ssm:none');
  assert.equal(code, 1);
  assert.match(err, /fail to fetch the config: .*ssm:none/);
});

test('ctl: the default is the CloudWatch agent\'s, with the dimensions of the instance in mode ec2 alone', async (t) => {
  const rig = startDropIn(t);
  await run(rig, '-a', 'fetch-config', '-m', 'ec2');
  const onEc2 = JSON.parse(rig.installed()['default']!) as { metrics: Record<string, unknown> };
  assert.deepEqual(Object.keys(onEc2.metrics), ['append_dimensions', 'metrics_collected']);
  await run(rig, '-a', 'fetch-config', '-m', 'auto');
  assert.deepEqual(Object.keys((JSON.parse(rig.installed()['default']!) as typeof onEc2).metrics), ['metrics_collected']);
});

test('ctl: on premises the CloudWatch agent\'s profile counts without being named, and the agent is told where it is', async (t) => {
  const rig = startDropIn(t, { AWS_ACCESS_KEY_ID: '', AWS_REGION: '' });
  const credentials = rig.write(join(rig.places.root, '.aws/credentials'), '[AmazonCloudWatchAgent]\naws_access_key_id = a\naws_secret_access_key = b\n');
  rig.write(join(rig.places.root, '.aws/config'), '[profile AmazonCloudWatchAgent]\nregion = eu-west-3\n');
  assert.equal((await run(rig, '-a', 'fetch-config', '-m', 'onPremise')).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(rig.places.envConfig, 'utf8')), { AWS_PROFILE: 'AmazonCloudWatchAgent', AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_REGION: 'eu-west-3' });
});

test('ctl: a profile that common-config.toml names without its file is that of the user who calls, and the agent is told where it is', async (t) => {
  const rig = startDropIn(t, { AWS_ACCESS_KEY_ID: '', AWS_PROFILE: '', AWS_SHARED_CREDENTIALS_FILE: '' });
  const credentials = rig.write(join(rig.places.root, '.aws/credentials'), '[default]\naws_access_key_id = a\naws_secret_access_key = b\n[fleet+1]\naws_access_key_id = c\naws_secret_access_key = d\n');
  rig.write('common-config.toml', '[credentials]\nshared_credential_profile = "fleet+1"\n');
  assert.equal((await run(rig, '-a', 'fetch-config', '-m', 'ec2')).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(rig.places.envConfig, 'utf8')), { AWS_SHARED_CREDENTIALS_FILE: credentials });
  // Whoever names the file has it read.
  rig.write('env-config.json', '{}');
  rig.write('common-config.toml', '[credentials]\nshared_credential_profile = "fleet+1"\nshared_credential_file = "/elsewhere"\n');
  assert.equal((await run(rig, '-a', 'fetch-config', '-m', 'ec2')).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(rig.places.envConfig, 'utf8')), {});
});

test('ctl: set-log-level and set-env write env-config.json, keep the rest of it, and leave a broken one alone', async (t) => {
  const rig = startDropIn(t);
  rig.write(join(rig.places.root, 'etc/group'), 'root:x:0:\nunified-agent:x:4242:\n');
  await run(rig, '-a', 'set-env', '-e', 'A=b');
  const { mode, gid } = statSync(rig.places.envConfig);
  assert.deepEqual([mode & 0o777, gid], [0o640, process.getuid!() === 0 ? 4242 : process.getgid!()]);
  rig.write('env-config.json', { HTTPS_PROXY: 'http://user:secret@proxy' });
  const set = await run(rig, '-a', 'set-log-level', '-l', 'DEBUG');
  assert.deepEqual([set.code, set.out], [0, '\nSet CWAGENT_LOG_LEVEL to DEBUG\n']);
  assert.equal((await run(rig, '-a', 'set-env', '-e', 'A=b=c')).out, '\nSet A\n');
  assert.equal(readFileSync(rig.places.envConfig, 'utf8'), '{\n\t"HTTPS_PROXY": "http://user:secret@proxy",\n\t"CWAGENT_LOG_LEVEL": "DEBUG",\n\t"A": "b=c"\n}\n');
  for (const [words, code] of [[['set-log-level', '-l', 'debug'], 1], [['set-log-level'], 2], [['set-env', '-e', '=x'], 1], [['set-env', '-e', 'x'], 1], [['set-env'], 1]] as const) {
    assert.equal((await run(rig, '-a', ...words)).code, code, words.join(' '));
  }
  rig.write('env-config.json', '{ "A": ');
  const { code, err } = await run(rig, '-a', 'set-env', '-e', 'B=c');
  assert.deepEqual([code, readFileSync(rig.places.envConfig, 'utf8')], [1, '{ "A": ']);
  assert.match(err, /env-config\.json:1:8 error[^]*left as it is/);
});

test('ctl: prep-restart remembers whether the agent ran, cond-restart starts it if it did, preun stops and disables it', async (t) => {
  const rig = startDropIn(t);
  assert.equal((await run(rig, '-a', 'prep-restart')).code, 0);
  assert.equal((await run(rig, '-a', 'cond-restart')).code, 0);
  assert.deepEqual(rig.systemd.calls, []);
  await run(rig, '-a', 'start');
  await run(rig, '-a', 'prep-restart');
  await run(rig, '-a', 'stop');
  rig.systemd.calls.length = 0;
  await run(rig, '-a', 'cond-restart');
  assert.deepEqual([rig.systemd.active.has('unified-agent.service'), existsSync(rig.places.restart)], [true, false]);
  rig.systemd.calls.length = 0;
  assert.equal((await run(rig, '-a', 'preun')).code, 0);
  assert.deepEqual(rig.systemd.calls, ['stop unified-agent.service', 'disable unified-agent.service', 'daemon-reload', 'reset-failed']);
});

test('ctl: what the CloudWatch agent\'s package asks when it is upgraded or removed is not done to the agent that took its place; what a person asks is', async (t) => {
  const rig = startDropIn(t);
  await run(rig, '-a', 'start');
  rig.write(recordFile(rig.places), { wasActive: true, wasEnabled: true, isImported: true });
  const up = (): readonly boolean[] => [rig.systemd.active, rig.systemd.enabled].map((units) => units.has('unified-agent.service'));
  for (const action of ['prep-restart', 'stop', 'cond-restart', 'preun']) {
    const { code, err } = await run(rig, '-a', action);
    assert.deepEqual([code, up()], [0, [true, true]], action);
    assert.match(err, /asked for the CloudWatch agent by its package: unified-agent\.service.*goes on/);
  }
  assert.ok(!existsSync(rig.places.restart), 'the command of the next version would start the CloudWatch agent for it');
  const script = { ...rig, host: { ...rig.host, env: { ...rig.host.env, DPKG_MAINTSCRIPT_PACKAGE: 'amazon-cloudwatch-agent' } } };
  await run(script, '-a', 'stop');
  assert.deepEqual(up(), [true, true], 'an older package stops without a word before');
  await run(rig, '-a', 'stop');
  assert.deepEqual(up(), [false, true]);
});

test('ctl: an unknown flag is said and passed over, a missing argument, an unknown action and a bad mode exit 1, -h exits 0', async (t) => {
  const rig = startDropIn(t);
  const odd = await run(rig, '-o', '-xa', 'status');
  assert.equal(odd.code, 0);
  assert.match(odd.err, /^Invalid option: -o [^]*Invalid option: -x /);
  assert.match(odd.out, /"status": "stopped"/);
  for (const [words, message] of [[['-a'], /^Option -a requires an argument /], [['-a', 'x'], /^Invalid action: x /], [[], /^Invalid action: {2}/], [['-m', 'EC2', '-a', 'status'], /^Invalid mode: EC2 /]] as const) {
    const { code, err } = await run(rig, ...words);
    assert.equal(code, 1);
    assert.match(err, message);
  }
  const help = await run(rig, '-h');
  assert.equal(help.code, 0);
  assert.match(help.out, /usage: {2}amazon-cloudwatch-agent-ctl -a/);
});

test('ctl: a config that this agent would not read is not fetched while /etc/unified-agent holds one', async (t) => {
  const rig = startDropIn(t);
  rig.write(rig.places.own.config, '{}');
  const { code, err } = await run(rig, '-a', 'fetch-config');
  assert.equal(code, 1);
  assert.match(err, /etc\/unified-agent\/agent\.json is there, so this agent reads that/);
  assert.match((await run(rig, '-a', 'status')).out, /"configstatus": "configured"/);
});

test('ctl: a unit that does not start is exit code 1, with what systemd said', async (t) => {
  const rig = startDropIn(t);
  rig.systemd.onStart = () => { throw new Error('the control process exited'); };
  const { code, err } = await run(rig, '-a', 'start');
  assert.equal(code, 1);
  assert.match(err, /the control process exited\n[^]*journalctl -u unified-agent\.service/);
});

const FIXTURES = join(import.meta.dirname, '../fixtures/cloudwatch-agent');
/** They name variables, a file or a stream that this machine does not have; that agent would not start with them either. */
const UNLIKE_THIS_HOST = ['environment.json', 'prometheus-combined.json', 'prometheus.json'];

test('ctl: what the CloudWatch agent takes is fetched unless nothing of it is run here; what it refuses is not', async (t) => {
  const rig = startDropIn(t);
  for (const folder of ['valid', 'invalid']) for (const name of readdirSync(join(FIXTURES, folder))) {
    const { code, err } = await run(rig, '-a', 'fetch-config', '-c', `file:${join(FIXTURES, folder, name)}`);
    const isRun = folder === 'valid' && !UNLIKE_THIS_HOST.includes(name) && !/nothing (?:here|of this config) is run by this version/.test(err);
    assert.equal(code, isRun ? 0 : 1, `${folder}/${name}: ${err}`);
  }
});
