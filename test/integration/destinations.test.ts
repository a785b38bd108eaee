// Entries that go elsewhere than the others, or as someone else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Services } from '../../src/agent/services.ts';
import { networkOf } from '../../src/aws/network.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, numbered } from '../support/log-files.ts';
import { planFor, serviceAt } from '../support/plan-for.ts';
import { TEST_ENV, assertSame, rigFor, startRig, until } from '../support/rig.ts';
import { ROLE_KEYS, startTokenService } from '../support/token-service.ts';

const ROLE = 'arn:aws:iam::123456789012:role/other-account';
const ELSEWHERE = 'is one service, and two are needed here';

/** A document with one entry that goes where the plan goes, and one with settings of its own. */
const twoEntries = (logs: string, url: string, own: object): object => ({
  agent: { region: 'us-east-1' },
  logs: {
    endpoint_override: url, force_flush_interval: 0.05, log_stream_name: 's',
    logs_collected: { files: { collect_list: [{ file_path: `${logs}/here.log`, log_group_name: 'g' }, { file_path: `${logs}/there.log`, log_group_name: 'g', ...own }] } },
  },
});

async function elsewhere(t: Parameters<typeof rigFor>[0], options: Parameters<typeof startEndpoint>[0] = {}): Promise<RunningEndpoint> {
  const endpoint = await startEndpoint(options);
  t.after(() => endpoint.close());
  return endpoint;
}

test('an entry with an endpoint of its own: its lines arrive there and nowhere else, although group and stream have the same names, and after a restart nothing comes twice', localOnly(`moto ${ELSEWHERE}`), async (t) => {
  const there = await elsewhere(t);
  const rig = await rigFor(t, { config: ({ logs, url }) => twoEntries(logs, url, { endpoint_override: there.url, region: 'us-west-2', tags: { team: 'web' }, kms_key_id: 'arn:aws:kms:us-west-2:123456789012:key/1' }) });
  const [here, other] = [numbered('here', 500), numbered('there', 500)];
  append(rig.path('here.log'), here);
  append(rig.path('there.log'), other);
  await rig.start();
  await rig.delivered('g', 's', here);
  await until('the other lines', () => there.store.messages('g', 's').length >= other.length);
  assert.deepEqual([...rig.agent.lanes].map(({ name }) => name).sort(), ['g s', `g s (us-west-2, ${there.url})`]);
  await rig.restart();
  append(rig.path('there.log'), ['more']);
  await until('the last line', () => there.store.messages('g', 's').length > other.length);
  await rig.stop();
  assertSame(there.store.messages('g', 's'), [...other, 'more'], 'the other service');
  const group = there.store.group('g');
  assert.deepEqual([group.kmsKeyId, Object.fromEntries(group.tags)], ['arn:aws:kms:us-west-2:123456789012:key/1', { team: 'web' }]);
});

test('an entry with a role: STS in the region of the entry gives its keys for the external id, and only this entry is signed with them', localOnly(`moto ${ELSEWHERE}`), async (t) => {
  const sts = await startTokenService(t);
  process.env['AWS_ENDPOINT_URL_STS'] = sts.url;
  t.after(() => { delete process.env['AWS_ENDPOINT_URL_STS']; });
  const there = await elsewhere(t, { verifySignatures: ROLE_KEYS });
  const rig = await startRig(t, {
    endpointOptions: { verifySignatures: { accessKeyId: TEST_ENV.AWS_ACCESS_KEY_ID, secretAccessKey: TEST_ENV.AWS_SECRET_ACCESS_KEY } },
    env: { AMZ_SOURCE_ACCOUNT: '111122223333', AMZ_SOURCE_ARN: 'arn:aws:ec2:us-east-1:111122223333:instance/i-1' },
    config: ({ logs, url }) => twoEntries(logs, url, { endpoint_override: there.url, region: 'us-west-2', credentials: { role_arn: ROLE, external_id: 'agreed-7' } }),
    files: { 'here.log': ['one'], 'there.log': ['two'] },
  });
  await rig.delivered('g', 's', ['one']);
  await until('the line of the role', () => there.store.messages('g', 's').length === 1);
  assert.equal(sts.calls.length, 1);
  const { asked, headers } = sts.calls[0]!;
  assert.deepEqual([asked['Action'], asked['RoleArn'], asked['ExternalId'], asked['RoleSessionName']], ['AssumeRole', ROLE, 'agreed-7', 'unified-agent']);
  assert.match(headers.authorization ?? '', new RegExp(`Credential=${TEST_ENV.AWS_ACCESS_KEY_ID}/\\d+/us-west-2/sts/`));
  assert.deepEqual([headers['x-amz-source-account'], headers['x-amz-source-arn']], ['111122223333', 'arn:aws:ec2:us-east-1:111122223333:instance/i-1']);
  await rig.stop();
  assert.doesNotMatch(rig.said.join('\n'), /agreed-7/);
});

test('L29 a role that may not be assumed: its entry waits and names the role, the others go on; once it may, its lines arrive', localOnly(`moto ${ELSEWHERE}`), async (t) => {
  const sts = await startTokenService(t);
  sts.deny(true);
  process.env['AWS_ENDPOINT_URL_STS'] = sts.url;
  t.after(() => { delete process.env['AWS_ENDPOINT_URL_STS']; });
  const there = await elsewhere(t);
  const rig = await startRig(t, {
    config: ({ logs, url }) => twoEntries(logs, url, { endpoint_override: there.url, credentials: { role_arn: ROLE, external_id: 'agreed-7' } }),
    files: { 'here.log': ['one'], 'there.log': ['two'] },
  });
  await rig.delivered('g', 's', ['one']);
  const said = await rig.says(/paused/);
  assert.match(said, new RegExp(`log group g, stream s \\(http://\\S+, as ${ROLE}\\): paused \\(AccessDenied \\(HTTP 403\\): the role ${ROLE} could not be assumed: not authorized`));
  assert.equal(rig.report.ambiguousAttempts, 0);
  await until('the position to be on disk', () => rig.report.deliveredEvents === 1 && rig.agent.store?.unwritten === 0);
  await rig.crash();
  sts.deny(false);
  await rig.start();
  await until('the line of the role', () => there.store.messages('g', 's').length === 1);
  await rig.stop();
});

test('L66 a service that fails: another that answers all the time neither waits for it nor has it knocked at more often', localOnly('faults'), async (t) => {
  const there = await elsewhere(t);
  const fault = there.faults.add({ kind: 'error', status: 503, operation: 'PutLogEvents' });
  const rig = await startRig(t, { config: ({ logs, url }) => twoEntries(logs, url, { endpoint_override: there.url }), files: { 'here.log': ['ready'], 'there.log': ['lost?'] } });
  await until('the other service to fail', () => there.requests.count('PutLogEvents') > 0);
  for (let i = 0; i < 40; i++) {
    const held = rig.held('g', 's');
    append(rig.path('here.log'), [`line ${i}`]);
    await rig.count('g', 's', held + 1);
  }
  const knocks = there.requests.count('PutLogEvents');
  assert.ok(knocks <= 12, `${knocks} attempts at a service that is away, while another took 40`);
  there.faults.remove(fault);
  await until('what was held', () => there.store.messages('g', 's').length === 1);
  await rig.says(/log stream g s \(http:\S+\): accepted again/);
  await rig.stop();
});

test('services of two plans that one client can serve have one client, and what is kept goes on being served', () => {
  const { delivery } = planFor({ endpoint: 'http://127.0.0.1:1', entries: [] });
  const [a, b] = [serviceAt('http://127.0.0.1:1'), serviceAt('http://127.0.0.1:2')];
  const services = new Services([a, b], { delivery, env: TEST_ENV, network: networkOf(TEST_ENV), report: new AgentReport(() => undefined, Date.now), abandon: new AbortController().signal, random: Math.random });
  const [first, second] = [services.of(a), services.of(b)];
  assert.notEqual(first, second);
  assert.equal(services.of({ ...a, label: 'in another plan' }), first);
  services.use([a]);
  assert.equal(services.of(a), first);
  assert.notEqual(services.of(b), second);
  services.destroy();
});

test('L66 twenty streams of a service that takes requests and never answers: another is served at once, from the start of the agent on', localOnly('faults'), async (t) => {
  const there = await elsewhere(t);
  there.faults.add({ kind: 'latency', ms: 60_000, operation: 'PutLogEvents' });
  const dead = { ...serviceAt(there.url), label: 'there' };
  const rig = await rigFor(t, {
    delivery: { maxRequests: 4 },
    entries: [{ path: 'dead-*.log', group: 'dead', stream: 'd', streamPerFile: true, follow: 'all', service: dead }, { path: 'live.log', group: 'live' }],
    files: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`dead-${i}.log`, ['held']])),
  });
  await rig.start();
  await until('requests that are not answered', () => there.requests.inFlight > 0);
  append(rig.path('live.log'), ['one']);
  await rig.delivered('live', 's', ['one'], 2_000);
  for (let i = 0; i < 10; i++) append(rig.path('live.log'), [`more ${i}`]);
  await rig.count('live', 's', 11, 2_000);
  await rig.crash();
});
