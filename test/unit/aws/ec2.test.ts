import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ec2 } from '../../../src/aws/ec2.ts';
import { networkOf } from '../../../src/aws/network.ts';
import type { Reach } from '../../../src/plan.ts';
import { INSTANCE_ID, errorXml, startEc2, tagsXml, volumesXml } from '../../support/ec2.ts';
import { startProxy } from '../../support/forward-proxy.ts';

const TAG = 'aws:autoscaling:groupName';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
Object.assign(process.env, KEYS, { AWS_EC2_METADATA_DISABLED: 'true' });

function ec2At(env: Readonly<Record<string, string>>, reach: Partial<Reach> = {}): Ec2 {
  return new Ec2({ region: 'eu-west-1', endpoint: null, roleArn: null, externalId: null, fips: null, dualStack: null, ...reach }, { env: { ...KEYS, ...env }, network: networkOf({}), abandon: new AbortController().signal });
}

test('a tag is asked for by instance and key at the endpoint that the environment names for EC2, signed for EC2 in the region of the instance', async (t) => {
  const stand = await startEc2(t);
  stand.answer(200, tagsXml({ [TAG]: 'web & shop' }));
  using ec2 = ec2At({ AWS_ENDPOINT_URL_EC2: stand.url, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  assert.deepEqual(await ec2.tag(INSTANCE_ID, TAG), { value: 'web & shop' });
  const [{ form, authorization, host } = assert.fail('it was not asked')] = stand.calls;
  assert.deepEqual(Object.fromEntries(form), { Action: 'DescribeTags', Version: '2016-11-15', 'Filter.1.Name': 'resource-id', 'Filter.1.Value.1': INSTANCE_ID, 'Filter.2.Name': 'key', 'Filter.2.Value.1': TAG });
  assert.match(authorization, /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ec2\/aws4_request, SignedHeaders=[a-z0-9;-]*content-type;host;[^ ]+, Signature=[0-9a-f]{64}$/);
  assert.equal(`http://${host}`, stand.url);
});

test('an instance without the tag has none, and its volumes are asked for by their attachment', async (t) => {
  const stand = await startEc2(t);
  using ec2 = ec2At({ AWS_ENDPOINT_URL: stand.url });
  assert.deepEqual(await ec2.tag(INSTANCE_ID, TAG), { value: null });
  stand.answer(200, volumesXml([['vol-1', '/dev/xvda', INSTANCE_ID]]));
  assert.deepEqual(await ec2.attachments(INSTANCE_ID), [{ volumeId: 'vol-1', device: '/dev/xvda' }]);
  assert.deepEqual([...stand.calls[1]!.form], [['Action', 'DescribeVolumes'], ['Version', '2016-11-15'], ['Filter.1.Name', 'attachment.instance-id'], ['Filter.1.Value.1', INSTANCE_ID]]);
});

test('what is not allowed is said with the action, without the text that nobody can read; other answers with their code', async (t) => {
  const stand = await startEc2(t);
  using ec2 = ec2At({ AWS_ENDPOINT_URL: stand.url });
  stand.answer(403, errorXml('UnauthorizedOperation', 'You are not authorized. Encoded authorization failure message: 5Jx0Qq'));
  assert.deepEqual(await ec2.tag(INSTANCE_ID, TAG), { fault: 'this role may not ec2:DescribeTags (UnauthorizedOperation: You are not authorized.)', remedy: 'allow this role ec2:DescribeTags (agent iam-policy prints all it needs)' });
  stand.answer(401, errorXml('AuthFailure', 'Who?'));
  assert.deepEqual(await ec2.tag(INSTANCE_ID, TAG), { fault: 'there are no credentials that EC2 takes (AuthFailure: Who?)', remedy: 'give this machine a role that may ec2:DescribeTags' });
  stand.answer(503, errorXml('RequestLimitExceeded', 'Later.'));
  assert.deepEqual(await ec2.attachments(INSTANCE_ID), { fault: 'EC2 in eu-west-1 refuses ec2:DescribeVolumes (HTTP 503 RequestLimitExceeded: Later.)', remedy: 'see whether this role may ec2:DescribeVolumes' });
});

test('without an endpoint of one\'s own it is asked at that of the region, in each partition and of each kind', async (t) => {
  const proxy = await startProxy(t, { hosts: {} });
  const network = networkOf({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  for (const [region, fips, dualStack] of [['eu-west-1', false, false], ['us-east-1', true, false], ['eu-west-1', false, true], ['cn-north-1', false, false], ['us-gov-west-1', false, false], ['us-iso-east-1', false, false]] as const) {
    using ec2 = new Ec2({ region, endpoint: null, roleArn: null, externalId: null, fips, dualStack }, { env: KEYS, network, abandon: new AbortController().signal });
    assert.match(JSON.stringify(await ec2.tag(INSTANCE_ID, TAG)), /does not answer/);
  }
  assert.deepEqual(proxy.asked.map((asked) => asked.replace(':443', '')), [
    'ec2.eu-west-1.amazonaws.com', 'ec2-fips.us-east-1.amazonaws.com', 'ec2.eu-west-1.api.aws', 'ec2.cn-north-1.amazonaws.com.cn', 'ec2.us-gov-west-1.amazonaws.com', 'ec2.us-iso-east-1.c2s.ic.gov',
  ]);
});

test('a page of a proxy is not taken for an instance without the tag', async (t) => {
  const stand = await startEc2(t);
  using ec2 = ec2At({ AWS_ENDPOINT_URL: stand.url });
  stand.answer(200, '<html>Log in first</html>');
  assert.deepEqual(await ec2.tag(INSTANCE_ID, TAG), { fault: 'what answers in the place of EC2 in eu-west-1 is something else', remedy: 'the right endpoint, and no proxy that answers itself' });
});

test('an EC2 that does not answer is said with the region, and what is missing', async () => {
  using ec2 = ec2At({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  const answer = await ec2.tag(INSTANCE_ID, TAG);
  assert.deepEqual(answer, { fault: 'EC2 in eu-west-1 does not answer (ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1)', remedy: 'a way to it from this machine (network, proxy, VPC endpoint)' });
});
