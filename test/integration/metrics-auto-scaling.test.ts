import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { atEnd } from '../support/at-end.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import type { ChildAgent } from '../support/child-agent.ts';
import { INSTANCE_ID, errorXml, startEc2, startMetadata, tagsXml } from '../support/ec2.ts';
import type { Ec2Stand } from '../support/ec2.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { append } from '../support/log-files.ts';
import { until } from '../support/rig.ts';

const TAG = 'aws:autoscaling:groupName';
/** What the CloudWatch agent's wizard writes on EC2. */
const OF_WIZARD = Object.fromEntries(['AutoScalingGroupName', 'InstanceId'].map((name) => [name, `\${aws:${name}}`]));

interface OnEc2 { readonly endpoint: RunningEndpoint; readonly ec2: Ec2Stand; readonly agent: ChildAgent; readonly dimensions: () => readonly Readonly<Record<string, string>>[] }

/** The agent on an instance with these tags in its metadata (null: hidden), before an EC2 API that answers so. */
async function onEc2(t: TestContext, tags: Readonly<Record<string, string>> | null, status: number, xml: string): Promise<OnEc2> {
  const folder = mkdtempSync(join(tmpdir(), 'asg-'));
  atEnd(t, () => { rmSync(folder, { recursive: true, force: true }); });
  const endpoint = await startEndpoint();
  atEnd(t, () => endpoint.close());
  const ec2 = await startEc2(t);
  ec2.answer(status, xml);
  writeFileSync(join(folder, 'app.log'), 'line\n');
  const config = {
    ...childConfig(endpoint.url, [{ file_path: join(folder, 'app.log') }]) as object,
    metrics: { endpoint_override: endpoint.url, force_flush_interval: 1, append_dimensions: OF_WIZARD, metrics_collected: { mem: { measurement: ['free'], metrics_collection_interval: 1 } } },
  };
  const agent = await startChild(t, { folder, config, env: { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: await startMetadata(t, tags), AWS_ENDPOINT_URL_EC2: ec2.url } });
  const dimensions = (): readonly Readonly<Record<string, string>>[] => endpoint.metrics.metrics().filter(({ name }) => name === 'mem_free').map((metric) => Object.fromEntries(metric.dimensions.map(({ name, value }) => [name, value])));
  return { endpoint, ec2, agent, dimensions };
}

test('where the metadata hide the tags, metrics have the Auto Scaling group that EC2 tells', localOnly('faults'), async (t) => {
  const { ec2, agent, dimensions } = await onEc2(t, null, 200, tagsXml({ [TAG]: 'web' }));
  await until('metrics with it', () => dimensions().some((each) => each['AutoScalingGroupName'] === 'web'));
  assert.deepEqual(dimensions().at(-1), { AutoScalingGroupName: 'web', InstanceId: INSTANCE_ID });
  await agent.stop();
  assert.equal(ec2.calls.length, 1);
  assert.match(ec2.calls[0]!.authorization, /\/eu-west-1\/ec2\/aws4_request/);
  assert.match(agent.said(), /metrics have the dimension AutoScalingGroupName=web from now on/);
});

test('a role that may not ask costs the dimension alone: metrics arrive, and it is said once which permission is missing', localOnly('faults'), async (t) => {
  const { agent, dimensions } = await onEc2(t, null, 403, errorXml('UnauthorizedOperation', 'You are not authorized to perform this operation.'));
  await until('metrics without it', () => dimensions().length > 0);
  await agent.says(/ec2:DescribeTags/);
  await agent.stop();
  assert.deepEqual(dimensions(), [{ InstanceId: INSTANCE_ID }]);
  assert.equal(agent.said().match(/metrics go without the dimension AutoScalingGroupName: this role may not ec2:DescribeTags/g)?.length, 1);
});

test('tags that the metadata show are taken from them: EC2 is not asked', localOnly('faults'), async (t) => {
  const { ec2, agent, dimensions } = await onEc2(t, { [TAG]: 'shop', Name: 'x' }, 500, '');
  await until('metrics with it', () => dimensions().length > 0);
  await agent.stop();
  assert.deepEqual(dimensions(), [{ AutoScalingGroupName: 'shop', InstanceId: INSTANCE_ID }]);
  assert.equal(ec2.calls.length, 0);
});

test('an agent that is earlier than the metadata has the dimensions and streams of its instance as soon as they answer, and loses no line by it', localOnly('faults'), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'late-'));
  atEnd(t, () => { rmSync(folder, { recursive: true, force: true }); });
  const endpoint = await startEndpoint();
  atEnd(t, () => endpoint.close());
  const port = await freeTcpPort();
  const log = join(folder, 'app.log');
  writeFileSync(log, 'early\n');
  const config = {
    ...childConfig(endpoint.url, [{ file_path: log, log_stream_name: '{instance_id}' }]) as object,
    metrics: { endpoint_override: endpoint.url, force_flush_interval: 1, append_dimensions: { InstanceId: '${aws:InstanceId}' }, metrics_collected: { mem: { measurement: ['free'], metrics_collection_interval: 1 } } },
  };
  const agent = await startChild(t, { folder, config, env: { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}` } });
  await until('a line without an instance', () => endpoint.store.count() === 1);
  await agent.says(/the metadata of this EC2 instance do not answer/);
  await startMetadata(t, null, port);
  await until('metrics of the instance', () => endpoint.metrics.metrics().some(({ name, dimensions }) => name === 'mem_free' && dimensions.some(({ value }) => value === INSTANCE_ID)), 30_000);
  append(log, ['late']);
  await until('the line in its stream', () => endpoint.store.streams('g').includes(INSTANCE_ID));
  await until('both lines', () => endpoint.store.count() === 2);
  await agent.stop();
  assert.match(agent.said(), new RegExp(`config: this is the instance ${INSTANCE_ID}, as its metadata say now: .*changed`));
  assert.match(agent.said(), /the metadata of this EC2 instance answer$/m);
});

test('where the region is only in metadata that are silent, the agent ends so that the service manager starts it again', localOnly('faults'), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'late-'));
  atEnd(t, () => { rmSync(folder, { recursive: true, force: true }); });
  const config = join(folder, 'agent.json');
  writeFileSync(config, JSON.stringify({ metrics: { metrics_collected: { mem: { measurement: ['free'] } } } }));
  const codeOf = (env: Readonly<Record<string, string>>): number | null => spawnSync(process.execPath, [join(import.meta.dirname, '../../src/main.ts'), 'run', '--config', config, '--state-dir', join(folder, 'state'), '--common-config', '/dev/null', '--env-config', '/dev/null'], { env: { PATH: process.env['PATH'] ?? '', ...env } }).status;
  assert.equal(codeOf({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${await freeTcpPort()}` }), 75);
  assert.equal(codeOf({ AWS_EC2_METADATA_DISABLED: 'true' }), 78, 'elsewhere the config has to name it');
});
