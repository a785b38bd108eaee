// Configs of the CloudWatch agent, of our own writing, after the facts its own samples show: what it accepts is accepted, what
// it refuses is refused. What is said of each stands in expected.json; after a change: node scripts/write-examples.ts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeEntry, describeService } from '../../src/cli/plan-text.ts';
import { KINDS, SAMPLES, checkedExample, namesOf, saidOf, type Kind } from '../support/examples.ts';

const expected = JSON.parse(readFileSync(join(SAMPLES.folder, 'expected.json'), 'utf8')) as Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>>;

const checked = (kind: Kind, name: string): ReturnType<typeof checkedExample> => checkedExample(SAMPLES, kind, name);

test('every sample has its expectation', () => {
  for (const kind of KINDS) assert.deepEqual(Object.keys(expected[kind]).toSorted(), namesOf(SAMPLES, kind));
});

for (const name of namesOf(SAMPLES, 'valid')) {
  test(`valid/${name}: accepted, with one line for what is not run`, () => {
    const answer = checked('valid', name);
    assert.deepEqual(saidOf(answer.problems), expected.valid[name]);
    assert.deepEqual(saidOf(answer.problems).filter((line) => line.startsWith('error')), []);
    assert.deepEqual(answer.plan?.disabled ?? [], []);
  });
}

for (const name of namesOf(SAMPLES, 'invalid')) {
  test(`invalid/${name}: refused, and each wrong key named`, () => {
    const answer = checked('invalid', name);
    assert.deepEqual(saidOf(answer.problems), expected.invalid[name]);
    assert.ok(saidOf(answer.problems).some((line) => line.startsWith('error /')));
  });
}

/** What a valid sample compiles to: each entry's row of that name in `agent check`. */
function rows(name: string, row: string): readonly string[] {
  const { plan } = checked('valid', name);
  assert.ok(plan !== null);
  return plan.entries.map((entry) => new RegExp(`^  ${row} +(.*)$`, 'm').exec(describeEntry(entry, null))?.[1] ?? '');
}

test('logs: groups as named, streams from the entry, the section, or the instance', () => {
  assert.deepEqual([rows('logs-only', 'group'), rows('logs-only', 'stream')], [['agent.log', 'test.log'], ['LOG_STREAM_NAME', 'LOG_STREAM_NAME']]);
  assert.deepEqual(rows('logs-windows', 'stream'), ['i-0123456789abcdef0']);
  assert.deepEqual(rows('agent-section', 'group'), ['/var/log/messages']);
  assert.deepEqual([rows('environment', 'group'), rows('environment', 'stream')], [['shop'], ['shop-i-0123456789abcdef0']]);
});

test('logs: everything of a full config arrives in the plan', () => {
  const { plan } = checked('valid', 'complete');
  assert.ok(plan !== null);
  const [own, app] = plan.entries;
  assert.deepEqual(rows('complete', 'group'), ['agent.log (kept 5 days)', 'test.log']);
  assert.deepEqual([own?.pattern, own?.autoRemoval, own?.timestamp], ['/opt/aws/amazon-cloudwatch-agent/logs/amazon-cloudwatch-agent.log', false, null]);
  assert.deepEqual([app?.pattern, app?.autoRemoval, app?.timestamp?.format, app?.timestamp?.zone, app?.timestamp?.trim], ['/opt/app/logs/test.log', true, '%H:%M:%S%f', 'Local', true]);
  assert.deepEqual([plan.delivery.flushMs, plan.ownLogs], [60_000, ['/opt/aws/amazon-cloudwatch-agent/logs/amazon-cloudwatch-agent.log']]);
  const service = describeService(plan);
  for (const fact of ['us-west-2', 'https://logs.example.com', 'arn:aws:iam::123456789012:role/logs']) assert.ok(service.includes(fact), fact);
});

test('logs: filters in their order, concurrency, multi-line by timestamp', () => {
  const filtered = checked('valid', 'log-filters').plan;
  assert.deepEqual(filtered?.entries[0]?.filters.map(({ type, pattern }) => [type, pattern.source]), [['include', '(TRACE|DEBUG)'], ['exclude', 'P(UT|OST)']]);
  assert.equal(filtered?.delivery.window, 10);
  const timed = checked('valid', 'logs-and-kubernetes').plan?.entries[0];
  assert.deepEqual([timed?.framing.start.kind, timed?.timestamp?.format], ['timestamp', '%Y-%m-%d %H:%M:%S']);
});

test('logs: service and environment of the entity come from the entry, else from logs', () => {
  assert.deepEqual(rows('entity', 'stream'), ['s1; entity file-level in file-env', 's2; entity log-level in log-env']);
});

test('logs: the agent\'s own log is never followed, and keeps no timestamp of other entries from working', () => {
  const { plan } = checked('valid', 'own-log');
  assert.deepEqual([plan?.ownLogs, plan?.entries.map(({ timestamp }) => timestamp?.format)], [['/opt/app/logs/agent.log'], ['%Y-%m-%dT%H:%M:%SZ', '%d %b %Y %H:%M:%S']]);
});
