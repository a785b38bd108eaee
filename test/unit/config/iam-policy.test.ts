import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policiesFor, policyCharacters, statementFor } from '../../../src/config/iam-policy.ts';
import type { PolicyDocument } from '../../../src/config/iam-policy.ts';
import { compiled } from './compiled.ts';
import { ON_PREMISES } from './facts.ts';

const actions = (policy: PolicyDocument | undefined): readonly string[] => (policy?.Statement ?? []).flatMap(({ Action }) => Action).toSorted();
const resources = (policy: PolicyDocument | undefined, action: string): readonly string[] => statementFor(policy, action)?.Resource ?? [];
const entry = (group: string, more: object = {}): object => ({ file_path: '/var/log/a.log', log_group_name: group, log_stream_name: 's', ...more });
function policies(config: object, parameters: Parameters<typeof policiesFor>[1]['parameters'] = []): ReturnType<typeof policiesFor> {
  const { plan } = compiled({ agent: { region: 'eu-west-1' }, ...config }, ON_PREMISES);
  assert.ok(plan !== null);
  return policiesFor(plan, { account: '123456789012', parameters });
}
const files = (...entries: readonly object[]): object => ({ logs: { logs_collected: { files: { collect_list: entries } } } });

test('a group without retention, tags or metrics needs to be created and written to, and nothing else', () => {
  const policy = policies(files(entry('app'))).get(null);
  assert.deepEqual(actions(policy), ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']);
  assert.deepEqual(resources(policy, 'logs:CreateLogStream'), ['arn:aws:logs:eu-west-1:123456789012:log-group:app']);
  assert.deepEqual(resources(policy, 'logs:PutLogEvents'), ['arn:aws:logs:eu-west-1:123456789012:log-group:app:log-stream:*']);
});

test('retention is allowed for the groups that have one alone', () => {
  const policy = policies(files(entry('app'), entry('kept', { file_path: '/var/log/b.log', retention_in_days: 7 }))).get(null);
  assert.deepEqual(resources(policy, 'logs:PutRetentionPolicy'), ['arn:aws:logs:eu-west-1:123456789012:log-group:kept']);
});

test('what of a name only a file knows is anything', () => {
  const policy = policies(files(entry('app/{file_name}'))).get(null);
  assert.deepEqual(resources(policy, 'logs:CreateLogGroup'), ['arn:aws:logs:eu-west-1:123456789012:log-group:app/*']);
});

test('a role that the config assumes has the permissions, and the host that to assume it', () => {
  const all = policies({ logs: { credentials: { role_arn: 'arn:aws:iam::210987654321:role/logs' }, logs_collected: { files: { collect_list: [entry('app')] } } } });
  assert.deepEqual(actions(all.get(null)), ['sts:AssumeRole']);
  assert.deepEqual(actions(all.get('arn:aws:iam::210987654321:role/logs')), ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']);
});

test('metrics are published into their own namespace alone, and the tags and volumes of the instance read only where they are a dimension', () => {
  const policy = policies({ metrics: { namespace: 'Mine', append_dimensions: { AutoScalingGroupName: '${aws:AutoScalingGroupName}' }, metrics_collected: { mem: { measurement: ['used'] } } } }).get(null);
  assert.deepEqual(actions(policy), ['cloudwatch:PutMetricData', 'ec2:DescribeTags']);
  assert.deepEqual(statementFor(policy, 'cloudwatch:PutMetricData')?.Condition, { StringEquals: { 'cloudwatch:namespace': ['Mine'] } });
  const disk = { measurement: ['used'], append_dimensions: { VolumeId: '${aws:VolumeId}' } };
  assert.deepEqual(actions(policies({ metrics: { append_dimensions: { InstanceId: '${aws:InstanceId}' }, metrics_collected: { disk } } }).get(null)), ['cloudwatch:PutMetricData', 'ec2:DescribeVolumes']);
  const plain = policies({ metrics: { metrics_collected: { mem: { measurement: ['used'] } } } }).get(null);
  assert.deepEqual(actions(plain), ['cloudwatch:PutMetricData']);
});

test('the parameters that hold the config are read, in the partition of the region', () => {
  const all = policies({ agent: { region: 'cn-north-1' }, ...files(entry('app')) }, [{ region: null, name: 'fleet/agent', actions: ['ssm:GetParameter'] }]);
  assert.deepEqual(resources(all.get(null), 'ssm:GetParameter'), ['arn:aws-cn:ssm:cn-north-1:123456789012:parameter/fleet/agent']);
});

test('what a policy takes of the quota is counted without blanks', () => {
  const statement = { Sid: 'A', Effect: 'Allow', Action: ['a:B'], Resource: ['c d'] } as const;
  assert.equal(policyCharacters({ Version: '2012-10-17', Statement: [statement] }), '{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["a:B"],"Resource":["cd"]}]}'.length);
});
