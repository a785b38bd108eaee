import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Ec2Questions } from '../../../src/agent/ec2-questions.ts';
import type { InstanceView } from '../../../src/agent/ec2-questions.ts';
import { networkOf } from '../../../src/aws/network.ts';
import { INSTANCE_ID, errorXml, startEc2, tagsXml, volumesXml } from '../../support/ec2.ts';
import type { Ec2Stand } from '../../support/ec2.ts';

const TAG = 'aws:autoscaling:groupName';
const HIDDEN: InstanceView = { instanceId: INSTANCE_ID, region: 'eu-west-1', tags: {}, tagsShown: false };
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' });

async function asking(t: TestContext, seen: InstanceView | null): Promise<{ readonly questions: Ec2Questions; readonly ec2: Ec2Stand }> {
  const ec2 = await startEc2(t);
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL_EC2: ec2.url };
  return { ec2, questions: new Ec2Questions({ env, network: networkOf({}), instance: async () => seen, kind: () => ({ fips: null, dualStack: null }), stop: new AbortController().signal }) };
}

test('tags that the metadata show are the answer, those it has not too: EC2 is not asked', async (t) => {
  const { questions, ec2 } = await asking(t, { ...HIDDEN, tags: { [TAG]: 'web' }, tagsShown: true });
  assert.deepEqual([await questions.tag(TAG), await questions.tag('Name'), ec2.calls.length], [{ value: 'web' }, { value: null }, 0]);
});

test('where the metadata hide them EC2 is asked; what it refuses is said with both remedies', async (t) => {
  const { questions, ec2 } = await asking(t, HIDDEN);
  ec2.answer(200, tagsXml({ [TAG]: 'web' }));
  assert.deepEqual(await questions.tag(TAG), { value: 'web' });
  ec2.answer(403, errorXml('UnauthorizedOperation', ''));
  assert.deepEqual(await questions.tag(TAG), {
    fault: 'this role may not ec2:DescribeTags (UnauthorizedOperation)',
    remedy: `allow this role ec2:DescribeTags (agent iam-policy prints all it needs), or show the tags in the metadata of the instance (aws ec2 modify-instance-metadata-options --instance-id ${INSTANCE_ID} --instance-metadata-tags enabled)`,
  });
});

test('volumes are asked for of EC2 with the id of the instance', async (t) => {
  const { questions, ec2 } = await asking(t, HIDDEN);
  ec2.answer(200, volumesXml([['vol-1', '/dev/sdf', INSTANCE_ID]]));
  assert.deepEqual(await questions.attachments(), [{ volumeId: 'vol-1', device: '/dev/sdf' }]);
});

test('off EC2, and where the metadata do not say who the instance is, EC2 is not asked', async (t) => {
  for (const [seen, fault] of [[null, /no EC2 instance, or its metadata service does not answer/], [{ ...HIDDEN, region: null }, /do not say which one it is/]] as const) {
    const { questions, ec2 } = await asking(t, seen);
    for (const answer of [await questions.tag(TAG), await questions.attachments()]) assert.match('fault' in answer ? answer.fault : '', fault);
    assert.equal(ec2.calls.length, 0);
  }
});
