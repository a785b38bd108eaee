import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDocument, needsInstance } from '../../../src/config/compile.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import type { Environment, HostFacts } from '../../../src/config/placeholders.ts';
import type { ServicePlan } from '../../../src/plan.ts';
import { compiled, lines, withEntries } from './compiled.ts';
import { ON_EC2, ON_PREMISES } from './facts.ts';

const A = { file_path: '/var/log/a.log', log_stream_name: 's' };
const serviceOf = (logs: object, agent: object, facts: HostFacts = ON_PREMISES, env: Environment = {}): ServicePlan | undefined => compiled(withEntries([A], logs, agent), facts, env).plan?.service;
const needs = (document: object, env: Environment = {}, inContainer = false): boolean => needsInstance(checkDocument(parseJson('a.json', JSON.stringify(document)).root!, []), env, inContainer);

test('the region comes from the config, the environment, the instance, in this order', () => {
  const env = { AWS_REGION: 'env-1', AWS_DEFAULT_REGION: 'env-2' };
  assert.equal(serviceOf({}, { region: 'cfg-1' }, ON_EC2, env)?.region, 'cfg-1');
  assert.equal(serviceOf({}, {}, ON_EC2, env)?.region, 'env-1');
  assert.equal(serviceOf({}, {}, ON_EC2, { AWS_REGION: '', AWS_DEFAULT_REGION: 'env-2' })?.region, 'env-2');
  assert.equal(serviceOf({}, {}, ON_EC2)?.region, 'eu-west-1');
});

test('without a region anywhere nothing runs, except against a service on this machine', () => {
  assert.equal(serviceOf({}, {}), undefined);
  assert.match(lines(compiled(withEntries([A], {}, {})))[0]!, /^error \/agent: the region is not known/);
  assert.equal(serviceOf({ endpoint_override: 'http://127.0.0.1:4588' }, {})?.region, 'us-east-1');
  assert.equal(serviceOf({ endpoint_override: 'http://[::1]:4588' }, {})?.region, 'us-east-1');
  assert.equal(serviceOf({ endpoint_override: 'http://localhost.example.com' }, {}), undefined);
});

test('a region that is a slip of the pen is a warning with the one that was meant, and one of another service is left alone', () => {
  const said = (region: string): readonly (string | null)[] => compiled(withEntries([A], {}, { region })).problems.filter(({ pointer }) => pointer === '/agent/region').flatMap(({ severity, didYouMean }) => [severity, didYouMean]);
  assert.deepEqual(said('eu-central-l'), ['warning', 'eu-central-1']);
  assert.deepEqual(said('eu-central1'), ['warning', 'eu-central-1']);
  assert.deepEqual(said('US_East-2'), ['error', 'us-east-2']);
  for (const region of ['us-gov-west-1', 'us-iso-east-1', 'local', 'garage', 'nl-ams']) assert.deepEqual(said(region), [], region);
});

test('an endpoint is https unless it says otherwise, and is no place for secrets', () => {
  const endpointOf = (endpoint: string): string | null | undefined => serviceOf({ endpoint_override: endpoint }, { region: 'x' })?.endpoint;
  assert.equal(endpointOf('logs.example.com'), 'https://logs.example.com');
  assert.equal(endpointOf('vpce-1.logs.example.com:8443/path/'), 'https://vpce-1.logs.example.com:8443/path');
  assert.equal(endpointOf('http://localhost:4588'), 'http://localhost:4588');
  for (const wrong of ['ftp://logs.example.com', 'https://', 'https://user:secret@logs.example.com', 'https://logs.example.com/?a=b']) {
    const { plan, problems } = compiled(withEntries([A], { endpoint_override: wrong }));
    assert.equal(plan, null, wrong);
    assert.doesNotMatch(JSON.stringify(problems), /secret/);
  }
});

test('the role under logs wins over the one under agent, and may come from the environment', () => {
  const role = (name: string): object => ({ credentials: { role_arn: `arn:aws:iam::123456789012:role/${name}` } });
  assert.equal(serviceOf({}, { region: 'x', ...role('agent') })?.roleArn, 'arn:aws:iam::123456789012:role/agent');
  assert.equal(serviceOf(role('logs'), { region: 'x', ...role('agent') })?.roleArn, 'arn:aws:iam::123456789012:role/logs');
  const fromEnv = { credentials: { role_arn: '${LOG_ROLE}' } };
  assert.equal(serviceOf(fromEnv, { region: 'x' }, ON_PREMISES, { LOG_ROLE: 'arn:aws:iam::1:role/env' })?.roleArn, 'arn:aws:iam::1:role/env');
  assert.equal(serviceOf(fromEnv, { region: 'x' }), undefined);
});

test('the instance metadata is asked only when something needs it', () => {
  const document = (entry: object = {}, logs: object = {}, agent: object = { region: 'x' }): object => withEntries([{ ...A, ...entry }], logs, agent);
  const unnamed = withEntries([{ file_path: '/var/log/a.log' }]);
  assert.equal(needs(document()), false);
  assert.equal(needs(document({ log_group_name: '{local_hostname}-{date}-{aws_region}' })), false);
  assert.equal(needs(document({}, {}, {})), true);
  assert.equal(needs(document({}, {}, {}), { AWS_REGION: 'x' }), false);
  assert.equal(needs(document({}, { endpoint_override: '127.0.0.1:4588' }, {})), false);
  assert.equal(needs(document({ log_group_name: '{account_id}' })), true);
  assert.equal(needs(document({ log_group_name: '${NAME}' }), { NAME: '{instance_id}' }), true);
  assert.equal(needs(document({ 'service.name': 'x' })), true);
  assert.equal(needs(unnamed), true);
  assert.equal(needs(unnamed, {}, true), false);
  assert.equal(needs(withEntries([{ file_path: '/a', log_group_name: 'g', publish_multi_logs: true }])), false);
});
