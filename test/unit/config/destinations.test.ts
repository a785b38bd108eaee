// Where each entry goes, as whom, and what its group is given: what is said closest to the entry counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '../../../src/config/placeholders.ts';
import { shown } from '../../../src/naming/template.ts';
import type { FileEntryPlan, Plan } from '../../../src/plan.ts';
import { compiled, lines, withEntries } from './compiled.ts';
import { ON_PREMISES } from './facts.ts';

const ROLE = 'arn:aws:iam::123456789012:role/';
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/';

/** Entries with paths of their own, compiled: none may have an error. */
function planOf(entries: readonly object[], { logs, agent, env }: { readonly logs?: object; readonly agent?: object; readonly env?: Environment } = {}): Plan {
  const result = compiled(withEntries(entries.map((entry, i) => ({ file_path: `/var/log/${i}.log`, ...entry })), logs, agent && { region: 'eu-central-1', ...agent }), ON_PREMISES, env);
  assert.deepEqual(result.problems.filter(({ severity }) => severity === 'error'), []);
  return result.plan!;
}
const entriesOf = (...given: Parameters<typeof planOf>): readonly FileEntryPlan[] => planOf(...given).entries;
const problemsOf = (entries: readonly object[], logs: object = {}, agent?: object): readonly string[] =>
  lines(compiled(withEntries(entries.map((entry, i) => ({ file_path: `/var/log/${i}.log`, ...entry })), logs, agent)));

test('entries without settings of their own share the service of the plan, and equal services are one object', () => {
  const plan = planOf([{}, { region: 'us-west-2' }, { region: 'eu-central-1' }, { region: 'us-west-2' }]);
  const [a, b, c, d] = plan.entries.map(({ service }) => service);
  assert.equal(a, plan.service);
  assert.equal(c, plan.service);
  assert.notEqual(b, plan.service);
  assert.equal(d, b);
  assert.deepEqual([plan.service.label, b!.label], [null, 'us-west-2']);
});

test('{aws_region} is the region of the entry', () => {
  assert.deepEqual(entriesOf([{ log_group_name: '/x/{aws_region}' }, { log_group_name: '/x/{aws_region}', region: '${HERE}' }], { env: { HERE: 'us-west-2' } }).map(({ naming }) => shown(naming.group)), ['/x/eu-central-1', '/x/us-west-2']);
});

test('the endpoint under logs is that of its region; one on this machine is that of every region', () => {
  const endpoints = (override: string): readonly (string | null)[] => entriesOf([{}, { region: 'us-west-2' }, { region: 'us-west-2', endpoint_override: 'logs.example.com' }], { logs: { endpoint_override: override } }).map(({ service }) => service.endpoint);
  assert.deepEqual(endpoints('https://vpce.example.com'), ['https://vpce.example.com', null, 'https://logs.example.com']);
  assert.deepEqual(endpoints('http://127.0.0.1:4580'), ['http://127.0.0.1:4580', 'http://127.0.0.1:4580', 'https://logs.example.com']);
  assert.match(problemsOf([{ region: 'us-west-2' }], { endpoint_override: 'https://vpce.example.com' }).join('\n'), /note \S+\/region: the endpoint_override under logs belongs to eu-central-1; this entry goes to the AWS endpoint of us-west-2/);
});

test('an endpoint that the environment names is that of every entry without one, as for every SDK of AWS', () => {
  const endpoints = (env: Environment, logs: object = {}): readonly (string | null)[] => entriesOf([{}, { region: 'us-west-2' }, { endpoint_override: 'own.example.com' }], { logs, env }).map(({ service }) => service.endpoint);
  assert.deepEqual(endpoints({ AWS_ENDPOINT_URL: 'https://all.example.com/' }), ['https://all.example.com', 'https://all.example.com', 'https://own.example.com']);
  assert.deepEqual(endpoints({ AWS_ENDPOINT_URL: 'https://all.example.com', AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'https://logs.example.com' }, { endpoint_override: 'https://b.example.com' }), ['https://b.example.com', 'https://logs.example.com', 'https://own.example.com']);
  assert.deepEqual(endpoints({ AWS_ENDPOINT_URL: 'https://all.example.com', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }), [null, null, 'https://own.example.com']);
  const wrong = compiled(withEntries([{ file_path: '/a.log' }]), ON_PREMISES, { AWS_ENDPOINT_URL: 'ftp://x.example.com' });
  assert.equal(wrong.plan, null);
  assert.match(lines(wrong)[0]!, /^error \/logs: the environment variable AWS_ENDPOINT_URL: ftp:\/\/ is not a protocol/);
});

test('the role closest to the entry is assumed, with the external id that stands beside it and no other', () => {
  const roles = (...entries: readonly object[]): readonly unknown[] => entriesOf(entries, {
    agent: { credentials: { role_arn: `${ROLE}agent`, external_id: 'agent-id' } }, logs: { credentials: { role_arn: `${ROLE}logs`, external_id: '${ID}' } }, env: { ID: 'logs-id' },
  }).map(({ service: { roleArn, externalId } }) => [roleArn, externalId]);
  assert.deepEqual(roles({}, { credentials: { role_arn: `${ROLE}entry` } }, { credentials: { role_arn: `${ROLE}entry`, external_id: 'entry-id' } }, { credentials: {} }), [
    [`${ROLE}logs`, 'logs-id'], [`${ROLE}entry`, null], [`${ROLE}entry`, 'entry-id'], [`${ROLE}logs`, 'logs-id'],
  ]);
});

test('an external id without a role beside it would be nobody\'s: an error, and under agent nothing runs', () => {
  assert.match(problemsOf([{ credentials: { external_id: 'ab' } }])[0]!, /^error \S+\/0\/credentials\/external_id: there is no role_arn beside/);
  assert.equal(compiled(withEntries([{ file_path: '/a.log' }], {}, { region: 'x', credentials: { external_id: 'ab' } })).plan, null);
});

test('FIPS and dual stack: entry, agent, environment; without any of them the SDK decides', () => {
  const flags = (entry: object, agent: object, env: Environment): readonly unknown[] => entriesOf([entry], { agent, env }).map(({ service: { fips, dualStack } }) => [fips, dualStack])[0]!;
  const env = { AWS_USE_FIPS_ENDPOINT: 'TRUE', AWS_USE_DUALSTACK_ENDPOINT: 'true' };
  assert.deepEqual(flags({}, {}, {}), [null, null]);
  assert.deepEqual(flags({}, {}, env), [true, true]);
  assert.deepEqual(flags({}, { use_fips_endpoint: false, use_dualstack_endpoint: false }, env), [false, false]);
  assert.deepEqual(flags({ use_fips_endpoint: true, use_dualstack_endpoint: true }, { use_fips_endpoint: false }, {}), [true, true]);
});

test('an endpoint of one\'s own is used as it is: FIPS and dual stack beside it are a warning', () => {
  const said = problemsOf([{ endpoint_override: 'https://a.example.com' }, { use_dualstack_endpoint: true }, {}], { endpoint_override: 'https://b.example.com' }, { region: 'x', use_fips_endpoint: true });
  assert.deepEqual(said.map((line) => line.replace(/: the endpoint is used as it is: /, ' ').replace(' has no effect on it', '')), [
    'warning /logs/endpoint_override use_fips_endpoint',
    'warning /logs/logs_collected/files/collect_list/0/endpoint_override use_fips_endpoint',
    'warning /logs/logs_collected/files/collect_list/1 use_fips_endpoint and use_dualstack_endpoint',
  ]);
});

test('an error in where one entry goes disables that entry alone', () => {
  const { plan } = compiled(withEntries([{ file_path: '/a.log', region: 'nowhere at all' }, { file_path: '/b.log', endpoint_override: 'ftp://x.example.com' }, { file_path: '/c.log', kms_key_id: '${NOT_SET}' }, { file_path: '/d.log' }]));
  assert.deepEqual([plan!.entries.map(({ pattern }) => pattern), plan!.disabled.map(({ pattern }) => pattern)], [['/d.log'], ['/a.log', '/b.log', '/c.log']]);
});

test('key and tags under logs that are wrong stop everything: a group cannot be given them afterwards', () => {
  for (const logs of [{ kms_key_id: '${NOT_SET}' }, { tags: { 'aws:x': 'y' } }, { tags: { x: 'a;b' } }, { tags: { x: 1 } }]) {
    assert.equal(compiled(withEntries([{ file_path: '/a.log' }], logs)).plan, null, JSON.stringify(logs));
  }
});

test('an entry\'s tags are added to those under logs, its own value counts, its key replaces theirs', () => {
  const [first, second] = entriesOf([{}, { tags: { team: 'web', stage: '${STAGE}' }, kms_key_id: `${KEY}2` }], { logs: { tags: { team: 'all', cost: '1' }, kms_key_id: `${KEY}1` }, env: { STAGE: 'test' } });
  assert.deepEqual([first!.naming.kmsKeyId, first!.naming.tags], [`${KEY}1`, { team: 'all', cost: '1' }]);
  assert.deepEqual([second!.naming.kmsKeyId, second!.naming.tags], [`${KEY}2`, { team: 'web', cost: '1', stage: 'test' }]);
});

test('what one entry says of a group holds for every entry of the group, whichever comes to create it', () => {
  const [first, second, other] = entriesOf([{ log_group_name: 'g' }, { log_group_name: 'G', log_stream_name: 'b', tags: { team: 'web' }, kms_key_id: `${KEY}2`, log_group_class: 'STANDARD' }, { log_group_name: 'g', region: 'us-west-2' }]);
  assert.deepEqual([first!.naming.kmsKeyId, first!.naming.tags, first!.naming.groupClass], [`${KEY}2`, { team: 'web' }, 'STANDARD']);
  assert.deepEqual([second!.naming.kmsKeyId, second!.naming.tags], [`${KEY}2`, { team: 'web' }]);
  assert.deepEqual([other!.naming.kmsKeyId, other!.naming.tags], [null, {}], 'the group of another region is another group');
});

test('two entries that give one group different keys or tags contradict each other; in two regions they do not', () => {
  const contradiction = (second: object): readonly string[] => problemsOf([{ log_group_name: 'g', tags: { team: 'web' }, kms_key_id: `${KEY}1` }, { log_group_name: 'g', log_stream_name: 'b', ...second }]);
  assert.match(contradiction({ tags: { team: 'shop' } })[0]!, /^error \S+\/1\/tags: the log group g is given the tags \{"team":"web"\} by \S+\/0, and the tags \{"team":"shop"\} here/);
  assert.match(contradiction({ kms_key_id: `${KEY}2` })[0]!, /^error \S+\/1\/kms_key_id: the log group g is given the key/);
  assert.deepEqual(contradiction({ tags: { team: 'web' }, kms_key_id: `${KEY}1` }), []);
  assert.deepEqual(contradiction({ tags: { team: 'shop' }, region: 'us-west-2' }), []);
});

test('51 tags in all are an error of the entry, a key of another region is a warning', () => {
  const tags = (from: number, count: number): object => Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${from + i}`, 'x']));
  assert.match(problemsOf([{ tags: tags(0, 1) }], { tags: tags(1, 50) })[0]!, /^error \S+\/0\/tags: with those under logs these are 51 tags/);
  assert.deepEqual(problemsOf([{ tags: tags(0, 50) }], { tags: tags(0, 50) }), []);
  assert.match(problemsOf([{ region: 'us-west-2' }], { kms_key_id: `${KEY}1` })[0]!, /^warning \S+\/0\/region: the KMS key is one of eu-central-1, and the group would be created in us-west-2/);
});
