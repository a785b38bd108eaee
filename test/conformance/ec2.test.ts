// What the agent asks of EC2, of an independent implementation of its API.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ec2 } from '../../src/aws/ec2.ts';
import { networkOf } from '../../src/aws/network.ts';
import { startMoto } from '../support/moto.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const TAG = 'aws:autoscaling:groupName';

test('moto takes what is asked of EC2: the tag of an instance of an Auto Scaling group, and its volumes with their devices', async () => {
  Object.assign(process.env, KEYS, { AWS_EC2_METADATA_DISABLED: 'true' });
  const moto = await startMoto();
  const call = async (service: string, form: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await fetch(moto.url, { method: 'POST', body: new URLSearchParams(form), headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0` } });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return text;
  };
  using ec2 = new Ec2({ region: 'us-east-1', endpoint: moto.url, roleArn: null, externalId: null, fips: null, dualStack: null }, { env: KEYS, network: networkOf({}), abandon: new AbortController().signal });
  try {
    const images = await call('ec2', { Action: 'DescribeImages', Version: '2016-11-15' });
    const image = /<imageId>(ami-\w+)</.exec(images)![1]!;
    const started = await call('ec2', { Action: 'RunInstances', Version: '2016-11-15', ImageId: image, MinCount: '1', MaxCount: '1' });
    const alone = /<instanceId>(i-\w+)</.exec(started)![1]!;
    assert.deepEqual(await ec2.tag(alone, TAG), { value: null });
    const attachments = await ec2.attachments(alone);
    assert.ok(Array.isArray(attachments) && attachments.length === 1, JSON.stringify(attachments));
    assert.match(JSON.stringify(attachments), /^\[\{"volumeId":"vol-\w+","device":"\/dev\/\w+"\}\]$/);

    await call('autoscaling', { Action: 'CreateLaunchConfiguration', Version: '2011-01-01', LaunchConfigurationName: 'launch', ImageId: image, InstanceType: 't2.micro' });
    await call('autoscaling', { Action: 'CreateAutoScalingGroup', Version: '2011-01-01', AutoScalingGroupName: 'web & shop', LaunchConfigurationName: 'launch', MinSize: '1', MaxSize: '1', 'AvailabilityZones.member.1': 'us-east-1a' });
    const group = await call('autoscaling', { Action: 'DescribeAutoScalingGroups', Version: '2011-01-01' });
    const member = /<InstanceId>(i-\w+)</.exec(group)![1]!;
    assert.deepEqual(await ec2.tag(member, TAG), { value: 'web & shop' });
  } finally {
    await moto.close();
  }
});
