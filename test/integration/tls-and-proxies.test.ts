// The way out of the host as operators have it: certificates of their own, proxies with a login. Real TLS, a real proxy.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { networkFault } from '../../src/agent/network-fault.ts';
import { statusOf } from '../../src/agent/status.ts';
import { NO_CONFIG } from '../support/no-config.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { startProxy } from '../support/forward-proxy.ts';
import { append, numbered } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';
import { CA_FILE, OTHER_CA_FILE, tlsFront } from '../support/tls-front.ts';
import { startTokenService } from '../support/token-service.ts';

const ONE_STORE = 'says nothing of the hosts it was asked as';
const PASSWORD = 's3cret@proxy';

/** One entry; `logs` are further settings. */
const document = (folder: string, logs: object = {}, agent: object = {}, own: object = {}): object => ({
  agent: { region: 'us-east-1', ...agent },
  logs: { force_flush_interval: 0.05, log_stream_name: 's', ...logs, logs_collected: { files: { collect_list: [{ file_path: `${folder}/app.log`, log_group_name: 'g', ...own }] } } },
});

test('over TLS with a certificate of one\'s own authority (AWS_CA_BUNDLE): what is written is what arrives, once and in order', async (t) => {
  const rig = await rigFor(t, { env: { AWS_CA_BUNDLE: CA_FILE }, delivery: { compression: 'on', maxBatchBytes: 65_536 }, via: (port) => tlsFront(t, port).then((front) => `https://localhost:${front}`) });
  const lines = numbered('line', 20_000);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines);
  append(rig.path('app.log'), ['later']);
  await rig.arrived([...lines, 'later']);
  await rig.stop();
});

test('L28 with the wrong authority nothing is sent and nothing lost: status names the cause and the remedy; started again with the right one all of it arrives', async (t) => {
  const bundle = join(await scratch(t), 'bundle.pem');
  copyFileSync(OTHER_CA_FILE, bundle);
  const lines = numbered('line', 2_000);
  const rig = await startRig(t, { env: { AWS_CA_BUNDLE: bundle }, files: { 'app.log': lines }, via: (port) => tlsFront(t, port).then((front) => `https://localhost:${front}`) });
  await until('the refusal to be known', () => [...rig.agent.lanes].some(({ lastError }) => lastError !== null));
  const [destination] = statusOf(rig.agent, '0', NO_CONFIG).destinations.list;
  assert.match(destination!.lastError ?? '', /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY): .*not trusted here: name the file of that authority in AWS_CA_BUNDLE/);
  assert.equal(statusOf(rig.agent, '0', NO_CONFIG).counters.ambiguousAttempts, 0, 'nothing was sent that could have been stored');
  assert.equal(rig.held(), 0);
  await rig.crash();
  copyFileSync(CA_FILE, bundle);
  await rig.start();
  await rig.arrived(lines);
  await rig.stop();
});

test('an authority that only the system trusts is trusted too, as by the CloudWatch agent', async (t) => {
  const folder = await scratch(t);
  const rig = await rigFor(t);
  const front = await tlsFront(t, Number(new URL(rig.url).port));
  append(join(folder, 'app.log'), ['one', 'two']);
  const child = await startChild(t, { folder, env: { SSL_CERT_FILE: CA_FILE, SSL_CERT_DIR: folder }, config: childConfig(`https://localhost:${front}`, [{ file_path: join(folder, 'app.log') }]) });
  await rig.count('g', 's', 2);
  assert.equal(await child.stop(), 0);
});

test('a bundle that cannot be used is said before anything is run, with the file and what to do', async (t) => {
  const folder = await scratch(t);
  const bundle = join(folder, 'bundle.pem');
  const fault = (text: string | null): string | null => {
    if (text !== null) writeFileSync(bundle, text);
    return networkFault({ AWS_CA_BUNDLE: bundle });
  };
  assert.match(fault(null) ?? '', /^AWS_CA_BUNDLE names \S+bundle\.pem, which cannot be read \(ENOENT\)/);
  assert.match(fault('no certificate') ?? '', /which holds no certificate: name a file with "-----BEGIN CERTIFICATE-----"/);
  assert.match(fault('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') ?? '', /whose certificate number 1 cannot be read/);
  assert.equal(networkFault({ AWS_CA_BUNDLE: CA_FILE }), null);
  assert.equal(networkFault({ AWS_CA_BUNDLE: '' }), null);
});

test('logs and the token service go through the proxy, with its login, to the hosts of AWS; the password stands nowhere in the log', localOnly(`moto ${ONE_STORE}`), async (t) => {
  const sts = await startTokenService(t);
  const rig = await rigFor(t, { files: { 'app.log': ['one'] }, config: ({ logs }) => document(logs, {}, { region: 'us-west-2', credentials: { role_arn: 'arn:aws:iam::123456789012:role/r' } }) });
  const proxy = await startProxy(t, {
    login: `agent:${PASSWORD}`,
    hosts: { 'logs.us-west-2.amazonaws.com': await tlsFront(t, rig.endpoint.port), 'sts.us-west-2.amazonaws.com': await tlsFront(t, sts.port) },
  });
  await rig.start({ env: { AWS_CA_BUNDLE: CA_FILE, https_proxy: `127.0.0.1:1`, HTTPS_PROXY: `http://agent:${encodeURIComponent(PASSWORD)}@127.0.0.1:${proxy.port}` } });
  await rig.arrived(['one']);
  assert.deepEqual([...new Set(proxy.asked)].sort(), ['logs.us-west-2.amazonaws.com:443', 'sts.us-west-2.amazonaws.com:443']);
  assert.equal(sts.calls.length, 1);
  await rig.stop();
  assert.doesNotMatch(rig.said.join('\n'), /s3cret/);
});

test('L28 a proxy that refuses the login: held, named in status without the password, delivered once it is right', localOnly(`moto ${ONE_STORE}`), async (t) => {
  const rig = await rigFor(t, { files: { 'app.log': ['one'] }, config: ({ logs }) => document(logs) });
  const proxy = await startProxy(t, { login: `agent:${PASSWORD}`, hosts: { 'logs.us-east-1.amazonaws.com': await tlsFront(t, rig.endpoint.port) } });
  await rig.start({ env: { AWS_CA_BUNDLE: CA_FILE, HTTPS_PROXY: `http://agent:s3cret-old@127.0.0.1:${proxy.port}` } });
  await until('the refusal to be known', () => [...rig.agent.lanes].some(({ lastError }) => lastError !== null));
  const status = JSON.stringify(statusOf(rig.agent, '0', NO_CONFIG));
  assert.match(status, /ERR_PROXY_TUNNEL: .*407 Proxy Authentication Required/);
  assert.equal(rig.report.ambiguousAttempts, 0);
  await rig.crash();
  assert.doesNotMatch(status + rig.said.join('\n'), /s3cret/);
  await rig.start({ env: { AWS_CA_BUNDLE: CA_FILE, HTTPS_PROXY: `http://agent:${encodeURIComponent(PASSWORD)}@127.0.0.1:${proxy.port}` } });
  await rig.arrived(['one']);
  await rig.stop();
});

test('a profile with a web identity, and one with a single sign-on: their token services are asked through the proxy too', localOnly(`moto ${ONE_STORE}`), async (t) => {
  const folder = await scratch(t);
  const sts = await startTokenService(t);
  const rig = await rigFor(t);
  const [logs, tokens] = [await tlsFront(t, rig.endpoint.port), await tlsFront(t, sts.port)];
  const proxy = await startProxy(t, { hosts: { 'logs.us-west-2.amazonaws.com': logs, 'sts.us-west-2.amazonaws.com': tokens } });
  mkdirSync(join(folder, '.aws/sso/cache'), { recursive: true });
  const start = 'https://example.awsapps.com/start';
  writeFileSync(join(folder, 'token'), 'a web identity');
  writeFileSync(join(folder, `.aws/sso/cache/${hash('sha1', start)}.json`), JSON.stringify({ accessToken: 'a token', expiresAt: new Date(Date.now() + 3_600_000).toISOString(), startUrl: start, region: 'us-west-2' }));
  writeFileSync(join(folder, '.aws/config'), `[profile web]\nrole_arn = arn:aws:iam::123456789012:role/web\nweb_identity_token_file = ${folder}/token\n`
    + `[profile sso]\nsso_start_url = ${start}\nsso_region = us-west-2\nsso_account_id = 123456789012\nsso_role_name = logs\n`);
  append(join(folder, 'app.log'), ['one']);
  const runAs = (profile: string): ReturnType<typeof startChild> => startChild(t, { folder, config: document(folder, {}, { region: 'us-west-2' }), env: { AWS_PROFILE: profile, AWS_CA_BUNDLE: CA_FILE, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
  const web = await runAs('web');
  await rig.count('g', 's', 1);
  assert.equal(sts.calls[0]?.asked['Action'], 'AssumeRoleWithWebIdentity');
  assert.equal(await web.stop(), 0);
  append(join(folder, 'app.log'), ['two']);
  const sso = await runAs('sso');
  await until('the single sign-on to be asked for', () => proxy.asked.includes('portal.sso.us-west-2.amazonaws.com:443'));
  await sso.kill();
});

test('FIPS and dual-stack endpoints are those asked for, for the token service too', localOnly(`moto ${ONE_STORE}`), async (t) => {
  const sts = await startTokenService(t);
  const rig = await rigFor(t, {
    files: { 'app.log': ['one'] },
    config: ({ logs }) => document(logs, {}, { use_fips_endpoint: true, credentials: { role_arn: 'arn:aws:iam::123456789012:role/r' } }, { region: 'us-west-2', use_dualstack_endpoint: true, use_fips_endpoint: false }),
  });
  const [logs, tokens] = [await tlsFront(t, rig.endpoint.port), await tlsFront(t, sts.port)];
  const proxy = await startProxy(t, { hosts: { 'logs.us-west-2.api.aws': logs, 'sts.us-west-2.api.aws': tokens, 'logs-fips.us-east-1.amazonaws.com': logs, 'sts-fips.us-east-1.amazonaws.com': tokens } });
  const env = { AWS_CA_BUNDLE: CA_FILE, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  await rig.start({ env });
  await rig.arrived(['one']);
  await rig.stop();
  assert.deepEqual([...new Set(proxy.asked)].sort(), ['logs.us-west-2.api.aws:443', 'sts.us-west-2.api.aws:443']);
  append(rig.path('app.log'), ['two']);
  await rig.start({ env, config: ({ logs: folder }) => document(folder, {}, { use_fips_endpoint: true, credentials: { role_arn: 'arn:aws:iam::123456789012:role/r' } }) });
  await rig.arrived(['one', 'two']);
  await rig.stop();
  assert.deepEqual([...new Set(proxy.asked)].sort().slice(0, 2), ['logs-fips.us-east-1.amazonaws.com:443', 'logs.us-west-2.api.aws:443']);
});

test('NO_PROXY in either spelling, and this machine, are reached without the proxy; plain http has a proxy of its own', localOnly(`moto ${ONE_STORE}`), async (t) => {
  const rig = await rigFor(t, { files: { 'app.log': ['one'] } });
  const proxy = await startProxy(t, { hosts: { 'logs.example.test': rig.endpoint.port } });
  const proxies = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  await rig.start({ env: proxies });
  await rig.arrived(['one']);
  await rig.stop();
  assert.deepEqual(proxy.asked, [], 'an endpoint on this machine');
  append(rig.path('app.log'), ['two']);
  const config = ({ logs }: { readonly logs: string }): object => document(logs, { endpoint_override: 'http://logs.example.test' });
  await rig.start({ env: proxies, config });
  await rig.arrived(['one', 'two']);
  await rig.stop();
  assert.deepEqual([...new Set(proxy.asked)], ['logs.example.test:80']);
  const before = proxy.asked.length;
  append(rig.path('app.log'), ['three']);
  for (const name of ['NO_PROXY', 'no_proxy']) {
    await rig.start({ env: { ...proxies, [name]: 'other.test,example.test' }, config });
    await until('the host to be asked for, which no name server knows', () => [...rig.agent.lanes].some(({ lastError }) => /ENOTFOUND|EAI_AGAIN/.test(lastError ?? '')));
    await rig.crash();
  }
  assert.equal(proxy.asked.length, before);
});

test('L28 a proxy that takes the connection and says nothing ends the attempt at the request timeout', localOnly(`moto ${ONE_STORE}`), async (t) => {
  const rig = await rigFor(t, { files: { 'app.log': ['one'] }, delivery: { requestTimeoutMs: 300 }, via: () => Promise.resolve('https://logs.example.test') });
  const proxy = await startProxy(t, { hosts: {} });
  proxy.fallSilent();
  await rig.start({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
  await until('the attempt to end', () => [...rig.agent.lanes].some(({ lastError }) => /no whole answer within 300 ms/.test(lastError ?? '')));
  await rig.crash();
});
