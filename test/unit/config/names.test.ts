import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { groupFault, groupOfPath, streamFault } from '../../../src/config/names.ts';
import { expandEnvironment, fillPlaceholders } from '../../../src/config/placeholders.ts';
import { ON_EC2, ON_PREMISES, UNKNOWN } from './facts.ts';

const ALL = '{instance_id} {hostname} {local_hostname} {ip_address} {aws_region} {account_id} {date}';

test('placeholders have the values of the instance on EC2', () => {
  assert.equal(fillPlaceholders(ALL, ON_EC2, 'eu-west-1').text, 'i-0123456789abcdef0 ip-10-0-0-7.ec2.internal web-1 10.0.0.7 eu-west-1 123456789012 2026-01-31');
});

test('placeholders fall back to the system, then to the words of the CloudWatch agent', () => {
  assert.equal(fillPlaceholders(ALL, ON_PREMISES, 'eu-west-1').text, 'i-UNKNOWN web-1 web-1 192.0.2.7 eu-west-1 UNKNOWN-ACCOUNT 2026-01-31');
  const { text, fallbacks } = fillPlaceholders(ALL, UNKNOWN, 'eu-west-1');
  assert.equal(text, 'i-UNKNOWN UNKNOWN-HOST UNKNOWN-HOST UNKNOWN-IP eu-west-1 UNKNOWN-ACCOUNT 2026-01-31');
  assert.equal(fallbacks.length, 5);
});

test('words in braces that are no placeholders stay and are named', () => {
  assert.deepEqual(fillPlaceholders('{file}/{toString}/{date}', ON_EC2, 'x'), { text: '{file}/{toString}/2026-01-31', fallbacks: [], unknown: ['file', 'toString'] });
});

test('environment variables are filled in, and those not set are named', () => {
  assert.deepEqual(expandEnvironment('a-${STAGE}-$STAGE-${NO}', { STAGE: 'test' }), { text: 'a-test-$STAGE-${NO}', unset: ['NO'] });
});

test('a group is derived from a path by taking off its last extension', () => {
  for (const [path, group] of [['/tmp/T.log.2017-07-11-14', '/tmp/T.log'], ['/var/log/messages', '/var/log/messages'], ['/var/log/.hidden', '/var/log/'], ['/var/log/*.log', '/var/log/*'], ['/a.b/c', '/a.b/c']] as const) {
    assert.equal(groupOfPath(path), group);
  }
});

test('names the service refuses are refused with the character, and no others', () => {
  assert.match(groupFault('a b')!, /" "/);
  assert.match(groupFault('aws/x')!, /reserved/);
  assert.match(groupFault('x'.repeat(513))!, /513/);
  assert.match(streamFault('a:b')!, /":"/);
  assert.equal(streamFault('/a b/ü{}'), null);
  fc.assert(fc.property(fc.stringMatching(/^[.\-_/#A-Za-z0-9]{1,512}$/), (name) => name.startsWith('aws/') || groupFault(name) === null), { numRuns: 100 });
});
