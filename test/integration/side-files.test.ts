// What the CloudWatch agent has beside its config (common-config.toml, env-config.json) works here too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DEFAULT_COMMON_CONFIG, loadEnvironment } from '../../src/cli/environment.ts';
import { startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { startProxy } from '../support/forward-proxy.ts';
import { append } from '../support/log-files.ts';
import { TEST_ENV, rigFor, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';
import { CA_FILE, tlsFront } from '../support/tls-front.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const SIGNED = 'verifies no signature';
const KEYS = { accessKeyId: 'AKIDPROFILE', secretAccessKey: 'of-the-profile' };

const config = (folder: string, logs: object = {}, agent: object = {}): object => ({
  agent, logs: { force_flush_interval: 0.05, log_stream_name: 's', ...logs, logs_collected: { files: { collect_list: [{ file_path: `${folder}/app.log`, log_group_name: 'g' }] } } },
});

interface Written { readonly folder: string; readonly file: (name: string, text: string) => string }
async function writing(t: TestContext): Promise<Written> {
  const folder = await scratch(t);
  return { folder, file: (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); } };
}

/** Runs one command to its end. */
function command(folder: string, ...args: readonly string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...TEST_ENV } });
  return { code: status, said: stdout + stderr };
}

test('the environment, over it env-config.json, over that common-config.toml; a proxy that a file names leaves nothing of the other spelling', async (t) => {
  const { file } = await writing(t);
  const envConfig = file('env-config.json', '{ "HTTPS_PROXY": "http://env.test", "NO_PROXY": "env.test", "AWS_CA_BUNDLE": "/env.pem", "STAGE": "test" }');
  const commonConfig = file('common-config.toml', '[proxy]\nhttps_proxy = "http://common.test"\n');
  const base = { https_proxy: 'http://base.test', HTTP_PROXY: 'http://base.test', no_proxy: 'base.test', AWS_CA_BUNDLE: '/base.pem', HOME: '/h' };
  const { env, problems } = await loadEnvironment({ envConfig, commonConfig }, base);
  assert.deepEqual(env, { HTTPS_PROXY: 'http://common.test', HTTP_PROXY: 'http://base.test', NO_PROXY: 'env.test', AWS_CA_BUNDLE: '/env.pem', STAGE: 'test', HOME: '/h' });
  assert.deepEqual(problems.map(({ severity, message }) => `${severity} ${message}`), ['note sets AWS_CA_BUNDLE, HTTPS_PROXY, NO_PROXY, STAGE', 'note sets HTTPS_PROXY']);
});

test('the region of a profile that is named counts where no region is', async (t) => {
  const { folder, file } = await writing(t);
  mkdirSync(join(folder, '.aws'));
  file('.aws/config', '[default]\nregion = eu-north-1\n[profile  web]\noutput = json\nregion = eu-west-3 # home\n');
  file('.aws/credentials', '[other]\naws_access_key_id = x\nregion=ap-south-1\n');
  const regionWith = async (env: Readonly<Record<string, string>>): Promise<string | undefined> => (await loadEnvironment({ commonConfig: '/dev/null', envConfig: '/dev/null' }, { HOME: folder, ...env })).env['AWS_REGION'];
  assert.equal(await regionWith({ AWS_PROFILE: 'web' }), 'eu-west-3');
  assert.equal(await regionWith({ AWS_PROFILE: 'other' }), 'ap-south-1');
  assert.equal(await regionWith({ AWS_PROFILE: 'default' }), 'eu-north-1');
  assert.equal(await regionWith({ AWS_PROFILE: 'web', AWS_REGION: 'us-east-1' }), 'us-east-1');
  assert.equal(await regionWith({ AWS_PROFILE: 'none' }), undefined);
  assert.equal(await regionWith({}), undefined, 'a machine of EC2 may have a default profile for another region');
});

test('check says which files were read and what they set, never a value; a wrong one is an error with its line, one that is missing exits 66', async (t) => {
  const { folder, file } = await writing(t);
  const agent = file('agent.json', JSON.stringify(config(folder, {}, { region: 'eu-central-1' })));
  const common = file('common-config.toml', '[proxy]\nhttps_proxy = "http://agent:s3cret@proxy.test:3128"\n');
  const good = command(folder, 'check', '--config', agent, '--common-config', common);
  assert.equal(good.code, 0, good.said);
  assert.match(good.said, new RegExp(`^${common} note: sets HTTPS_PROXY$`, 'm'));
  assert.doesNotMatch(good.said, /s3cret/);
  const wrong = command(folder, 'check', '--config', agent, '--env-config', file('env-config.json', '{\n "HTTPS_PROXY": 1\n}'));
  assert.equal(wrong.code, 78);
  assert.match(wrong.said, /env-config\.json:2:2 error: the value of HTTPS_PROXY is no text/);
  const unusable = command(folder, 'check', '--config', agent, '--common-config', file('socks.toml', '[proxy]\nhttps_proxy = "socks5://agent:s3cret@proxy.test"\n'));
  assert.equal(unusable.code, 78);
  assert.match(unusable.said, /^environment error: HTTPS_PROXY names a proxy of the kind socks5:\/\//m);
  assert.doesNotMatch(unusable.said, /s3cret/);
  const missing = command(folder, 'check', '--config', agent, '--common-config', join(folder, 'none.toml'));
  assert.equal(missing.code, 66);
  assert.match(missing.said, /none\.toml error: there is no such file/);
  assert.ok(!good.said.includes(DEFAULT_COMMON_CONFIG), 'the usual place is not spoken of when another is named');
});

test('run with a wrong side file runs nothing: as whom, and by which way, is not sure', async (t) => {
  const { folder, file } = await writing(t);
  const agent = file('agent.json', JSON.stringify(config(folder, { endpoint_override: 'http://127.0.0.1:1' })));
  const { code, said } = command(folder, 'run', '--config', agent, '--state-dir', join(folder, 'state'), '--common-config', file('common-config.toml', '[credentials]\nshared_credential_profile = 7\n'));
  assert.equal(code, 78);
  assert.match(said, /common-config\.toml:2:1 error: shared_credential_profile is no text[\s\S]*agent: nothing is run/);
});

test('profile, credentials file, proxy and certificates of common-config.toml: logs are signed with the keys of the profile, in its region, and go through the proxy; its password is not in the log', localOnly(`moto ${SIGNED}`), async (t) => {
  const { folder, file } = await writing(t);
  const rig = await rigFor(t, { endpointOptions: { verifySignatures: KEYS } });
  const proxy = await startProxy(t, { login: 'agent:s3cret', hosts: { 'logs.us-west-2.amazonaws.com': await tlsFront(t, rig.endpoint.port) } });
  const credentials = file('credentials', `[default]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = other\n[logs]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\nregion = us-west-2\n`);
  const common = file('common-config.toml', `[credentials]\nshared_credential_profile = "logs"\nshared_credential_file = "${credentials}"\n[proxy]\nhttps_proxy = "http://agent:s3cret@127.0.0.1:${proxy.port}"\n[ssl]\nca_bundle_path = "${CA_FILE}"\n`);
  append(join(folder, 'app.log'), ['one']);
  const child = await startChild(t, { folder, config: config(folder), args: ['--common-config', common] });
  await until('the line', () => rig.held() === 1);
  assert.equal(await child.stop(), 0);
  assert.deepEqual([...new Set(proxy.asked)], ['logs.us-west-2.amazonaws.com:443']);
  assert.match(child.said(), /note: sets AWS_CA_BUNDLE, AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE, HTTPS_PROXY/);
  assert.doesNotMatch(child.said(), /s3cret/);
});

test('a program that a profile gets its keys from (credential_process) finds the proxy of the side files in its environment', localOnly(`moto ${SIGNED}`), async (t) => {
  const { folder, file } = await writing(t);
  const rig = await rigFor(t, { endpointOptions: { verifySignatures: KEYS } });
  mkdirSync(join(folder, '.aws'));
  const program = file('keys.sh', `[ "$HTTPS_PROXY" = http://proxy.test:3128 ] && echo '${JSON.stringify({ Version: 1, AccessKeyId: KEYS.accessKeyId, SecretAccessKey: KEYS.secretAccessKey })}'`);
  file('.aws/config', `[profile program]\nregion = us-west-2\ncredential_process = sh ${program}\n`);
  append(join(folder, 'app.log'), ['one']);
  const child = await startChild(t, {
    folder, config: config(folder, { endpoint_override: rig.url }),
    args: ['--env-config', file('env-config.json', '{ "AWS_PROFILE": "program" }'), '--common-config', file('common-config.toml', '[proxy]\nhttps_proxy = "http://proxy.test:3128"\n')],
  });
  await until('the line', () => rig.held() === 1);
  assert.equal(await child.stop(), 0);
});

test('on premises, where nothing else has credentials, the profile AmazonCloudWatchAgent is taken, as by the CloudWatch agent; what is named otherwise is not replaced by it', localOnly(`moto ${SIGNED}`), async (t) => {
  const { folder, file } = await writing(t);
  const rig = await rigFor(t, { endpointOptions: { verifySignatures: KEYS } });
  mkdirSync(join(folder, '.aws'));
  file('.aws/credentials', `[AmazonCloudWatchAgent]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`);
  append(join(folder, 'app.log'), ['one']);
  const run = (env: Readonly<Record<string, string>>): ReturnType<typeof startChild> =>
    startChild(t, { folder, config: config(folder, { endpoint_override: rig.url }), env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...env } });
  const named = await run({ AWS_PROFILE: 'another' });
  await named.says(/paused \(CredentialsProviderError/);
  await named.kill();
  assert.equal(rig.held(), 0);
  const child = await run({});
  await until('the line', () => rig.held() === 1);
  assert.equal(await child.stop(), 0);
});

test('the config commands reach Parameter Store with the side files too, and do nothing while one of them is wrong', async (t) => {
  const { folder, file } = await writing(t);
  const agent = file('agent.json', JSON.stringify(config(folder)));
  const envConfig = file('env-config.json', '{ "AWS_ENDPOINT_URL_SSM": "ftp://ssm.test" }');
  for (const words of [['show', '--config', 'ssm:x'], ['diff', agent, 'ssm:x'], ['fetch', 'ssm:x', '--output', join(folder, 'out.json')], ['push', 'ssm:x', '--config', agent]]) {
    assert.match(command(folder, 'config', ...words, '--env-config', envConfig).said, /"ftp:\/\/ssm\.test" is no URL of Parameter Store/);
    const wrong = command(folder, 'config', ...words, '--env-config', file('broken.json', '{'));
    assert.deepEqual([wrong.code, /broken\.json:1:2 error/.test(wrong.said)], [78, true], wrong.said);
  }
});
