import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shown } from '../../../src/naming/template.ts';
import { compiled, entryOf, lines, withEntries } from './compiled.ts';
import { ON_EC2, ON_PREMISES, UNKNOWN } from './facts.ts';

const nameOf = (entry: object, logs?: object): readonly unknown[] => {
  const { group, stream } = entryOf(entry, ON_EC2, logs).naming;
  return [shown(group), shown(stream)];
};
const streamOf = (entry: object, facts = ON_EC2, logs: object = {}): string => shown(entryOf(entry, facts, logs).naming.stream);

test('group and stream follow the four rows of the CloudWatch agent', () => {
  assert.deepEqual(nameOf({ log_group_name: 'g' }), ['g', 'i-0123456789abcdef0']);
  assert.deepEqual(nameOf({}), ['/var/log/app', 'i-0123456789abcdef0']);
  assert.deepEqual(nameOf({ publish_multi_logs: true, log_group_name: 'g' }), ['g', '_{path of the file with _ for /}']);
  assert.deepEqual(nameOf({ publish_multi_logs: true, log_group_name: 'g', log_stream_name: 's' }), ['g', 's_{path of the file with _ for /}']);
  assert.deepEqual(nameOf({ publish_multi_logs: true }), ['{path of the file}', 'i-0123456789abcdef0']);
  assert.deepEqual(nameOf({ publish_multi_logs: true, log_stream_name: 's' }), ['{path of the file}', 's']);
});

test('the default stream is the configured one, else the task, the instance, the host', () => {
  assert.equal(streamOf({}, ON_EC2, { log_stream_name: '{hostname}' }), 'ip-10-0-0-7.ec2.internal');
  assert.equal(streamOf({}, { ...ON_EC2, containerName: 'pod-1' }), 'pod-1');
  assert.equal(streamOf({}), 'i-0123456789abcdef0');
  assert.equal(streamOf({}, ON_PREMISES), 'web-1');
  assert.equal(streamOf({}, UNKNOWN), 'UNKNOWN-HOST');
});

test('a fact that is not known is a warning that names what stands in for it', () => {
  const found = lines(compiled(withEntries([{ file_path: '/var/log/a.log', log_stream_name: '{instance_id}' }])));
  assert.deepEqual(found, ['warning /logs/logs_collected/files/collect_list/0/log_stream_name: {instance_id} is not known on this machine; "i-UNKNOWN" is used']);
});

test('a wildcard path without log_group_name is refused unless each file has its own group', () => {
  assert.match(lines(compiled(withEntries([{ file_path: '/var/log/*.log', follow: 'all' }])))[0]!, /^error .*file_path: there is no log_group_name, and the group derived from the path, "\/var\/log\/\*"/);
  assert.deepEqual(entryOf({ file_path: '/var/log/*.log', publish_multi_logs: true }).naming.group, [{ kind: 'path', form: 'whole' }]);
});

test('retention -1 leaves the group alone, and classes are known in any case', () => {
  const { retentionDays, groupClass } = entryOf({ retention_in_days: -1, log_group_class: 'Infrequent_Access' }).naming;
  assert.deepEqual([retentionDays, groupClass], [null, 'INFREQUENT_ACCESS']);
  assert.equal(entryOf({ retention_in_days: 30 }).naming.retentionDays, 30);
  assert.equal(entryOf({ log_group_class: 'DELIVERY' }).naming.groupClass, null);
});

test('an entity needs the account id, and takes the names closest to the entry', () => {
  const entityOf = (entry: object, facts = ON_EC2): unknown => entryOf(entry, facts, { 'service.name': 'shop' }, { region: 'x', 'service.name': 'agent', 'deployment.environment': 'prod' }).naming.entity;
  assert.deepEqual(entityOf({}), {
    keyAttributes: { Type: 'Service', Name: 'shop', Environment: 'prod', AwsAccountId: '123456789012' },
    attributes: { PlatformType: 'AWS::EC2', 'EC2.InstanceId': 'i-0123456789abcdef0', 'AWS.ServiceNameSource': 'UserConfiguration' },
  });
  assert.deepEqual((entityOf({ 'service.name': 'pay', 'deployment.environment': 'test' }) as { keyAttributes: unknown }).keyAttributes, { Type: 'Service', Name: 'pay', Environment: 'test', AwsAccountId: '123456789012' });
  assert.equal(entityOf({}, ON_PREMISES), null);
  assert.equal(entryOf({}, ON_EC2).naming.entity, null);
});
