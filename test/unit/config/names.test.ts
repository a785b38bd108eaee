import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupOfPath } from '../../../src/config/names.ts';
import { expandEnvironment } from '../../../src/config/placeholders.ts';

test('environment variables are filled in, and those not set are named', () => {
  assert.deepEqual(expandEnvironment('a-${STAGE}-$STAGE-${NO}', { STAGE: 'test' }), { text: 'a-test-$STAGE-${NO}', unset: ['NO'] });
});

test('a group is derived from a path by taking off its last extension', () => {
  for (const [path, group] of [['/tmp/T.log.2017-07-11-14', '/tmp/T.log'], ['/var/log/messages', '/var/log/messages'], ['/var/log/.hidden', '/var/log/'], ['/var/log/*.log', '/var/log/*'], ['/a.b/c', '/a.b/c']] as const) {
    assert.equal(groupOfPath(path), group);
  }
});
