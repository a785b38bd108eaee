import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '../../../src/host/instance.ts';
import { steadyInstance } from '../../../src/host/steady-instance.ts';

const INSTANCE: Instance = {
  instanceId: 'i-1', region: 'eu-west-3', accountId: '123456789012', privateIp: '10.0.0.7', hostname: 'ip-10-0-0-7', availabilityZone: 'eu-west-3a', imageId: 'ami-1', instanceType: 'm7g.large', tags: { Name: 'web' }, tagsShown: true,
};

test('an instance that was known stays known while its metadata service is silent, whole or in part', async () => {
  const answers: (Instance | null)[] = [null, INSTANCE, null, { ...INSTANCE, hostname: null, tags: {}, tagsShown: false }, { ...INSTANCE, tags: { Name: 'api' } }];
  const ask = steadyInstance(async () => answers.shift() ?? null);
  assert.equal(await ask({}), null);
  for (let i = 0; i < 3; i++) assert.deepEqual(await ask({}), INSTANCE);
  assert.deepEqual((await ask({}))?.tags, { Name: 'api' });
  assert.deepEqual((await ask({}))?.tags, { Name: 'api' });
});
