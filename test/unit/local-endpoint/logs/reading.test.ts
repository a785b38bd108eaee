import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { logsOperations } from '../../../../src/local-endpoint/logs/operations.ts';
import { LogStore } from '../../../../src/local-endpoint/logs/store.ts';
import type { Operations } from '../../../../src/local-endpoint/call.ts';
import type { JsonObject } from '../../../../src/local-endpoint/wire/json.ts';
import { NOW, answer, call, verdict } from '../support.ts';

interface Page { readonly events: readonly { readonly timestamp: number; readonly message: string }[]; readonly nextForwardToken: string; readonly nextBackwardToken: string; readonly nextToken?: string }

function filled(batches: readonly { readonly stream: string; readonly times: readonly number[] }[]): Operations {
  const operations = logsOperations(new LogStore(1 << 30));
  answer(operations, 'CreateLogGroup', { logGroupName: 'g' });
  for (const stream of ['a', 'b', 'c']) answer(operations, 'CreateLogStream', { logGroupName: 'g', logStreamName: stream });
  let n = 0;
  for (const { stream, times } of batches) {
    if (times.length === 0) continue;
    const logEvents = times.toSorted((x, y) => x - y).map((offset) => ({ timestamp: NOW + offset, message: `${stream} ${n++}` }));
    answer(operations, 'PutLogEvents', { logGroupName: 'g', logStreamName: stream, logEvents });
  }
  return operations;
}

const batches = fc.array(fc.record({ stream: fc.constantFrom('a', 'b', 'c'), times: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 8 }) }), { maxLength: 8 });

function page(operations: Operations, operation: string, input: JsonObject): Page {
  return answer(operations, operation, input) as unknown as Page;
}

/** All events by paging in one direction until the token comes back. */
function walk(operations: Operations, input: JsonObject, forward: boolean): readonly { readonly timestamp: number; readonly message: string }[] {
  const found: { timestamp: number; message: string }[] = [];
  let token: string | undefined;
  for (;;) {
    const { events, nextForwardToken, nextBackwardToken } = page(operations, 'GetLogEvents', { ...input, startFromHead: forward, ...(token !== undefined && { nextToken: token }) });
    if (forward) found.push(...events);
    else found.unshift(...events);
    const next = forward ? nextForwardToken : nextBackwardToken;
    if (next === token) return found;
    token = next;
  }
}

test('GetLogEvents gives every event of the range once, in the order of time, in pages of any size and in both directions', () => {
  fc.assert(fc.property(batches, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 31 }), (all, limit, from, to) => {
    const operations = filled(all);
    const whole = page(operations, 'GetLogEvents', { logGroupName: 'g', logStreamName: 'a', startFromHead: true }).events;
    assert.equal(whole.length, all.filter(({ stream }) => stream === 'a').flatMap(({ times }) => times).length);
    const range = { logGroupName: 'g', logStreamName: 'a', limit, startTime: NOW + from, endTime: NOW + to };
    const expected = whole.filter(({ timestamp }) => timestamp >= NOW + from && timestamp < NOW + to);
    assert.deepEqual(walk(operations, range, true), expected);
    assert.deepEqual(walk(operations, range, false), expected);
  }), { numRuns: 150 });
});

test('GetLogEvents: the token of the end finds what arrives later', () => {
  const operations = filled([{ stream: 'a', times: [1, 2] }]);
  const at = { logGroupName: 'g', logStreamName: 'a', startFromHead: true };
  const end = page(operations, 'GetLogEvents', at).nextForwardToken;
  assert.equal(page(operations, 'GetLogEvents', { ...at, nextToken: end }).nextForwardToken, end);
  answer(operations, 'PutLogEvents', { logGroupName: 'g', logStreamName: 'a', logEvents: [{ timestamp: NOW + 3, message: 'late' }] });
  assert.deepEqual(page(operations, 'GetLogEvents', { ...at, nextToken: end }).events.map(({ message }) => message), ['late']);
});

test('FilterLogEvents gives every event of the range once, in the order of time over all streams, in pages of any size and in both directions', () => {
  fc.assert(fc.property(batches, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), fc.boolean(), (all, limit, from, to, forward) => {
    const operations = filled(all);
    const found: { timestamp: number; message: string }[] = [];
    let nextToken: string | undefined;
    do {
      const answered = page(operations, 'FilterLogEvents', { logGroupName: 'g', limit, startTime: NOW + from, endTime: NOW + to, startFromHead: forward, ...(nextToken !== undefined && { nextToken }) });
      found.push(...answered.events);
      ({ nextToken } = answered);
    } while (nextToken !== undefined);
    const expected: { time: number; message: string }[] = [];
    let n = 0;
    for (const { stream, times } of all) for (const time of times.toSorted((x, y) => x - y)) expected.push({ time, message: `${stream} ${n++}` });
    const inRange = expected.filter(({ time }) => time >= from && time <= to).toSorted((x, y) => x.time - y.time).map(({ message }) => message);
    assert.deepEqual(found.map(({ message }) => message), forward ? inRange : inRange.toReversed());
  }), { numRuns: 150 });
});

test('FilterLogEvents narrows by pattern, stream names and prefix', () => {
  const operations = filled([{ stream: 'a', times: [1] }, { stream: 'b', times: [2] }, { stream: 'c', times: [3] }]);
  const messages = (more: JsonObject): readonly string[] => page(operations, 'FilterLogEvents', { logGroupName: 'g', ...more }).events.map(({ message }) => message);
  assert.deepEqual(messages({ filterPattern: '?a ?c' }), ['a 0', 'c 2']);
  assert.deepEqual(messages({ logStreamNames: ['b', 'a'] }), ['a 0', 'b 1']);
  assert.deepEqual(messages({ logStreamNamePrefix: 'c' }), ['c 2']);
  assert.match(verdict(operations, 'FilterLogEvents', { logGroupName: 'g', logStreamNames: ['zz'] }), /^ResourceNotFoundException/);
  assert.match(verdict(operations, 'FilterLogEvents', { logGroupName: 'g', filterPattern: '{ $.a }' }), /^InvalidParameterException: Invalid filter pattern/);
});

test('a page of events holds at most 1 MiB', () => {
  const operations = filled([]);
  for (let i = 0; i < 3; i++) answer(operations, 'PutLogEvents', { logGroupName: 'g', logStreamName: 'a', logEvents: [{ timestamp: NOW + i, message: 'x'.repeat(500_000) }] });
  assert.equal(page(operations, 'GetLogEvents', { logGroupName: 'g', logStreamName: 'a', startFromHead: true }).events.length, 2);
  const first = page(operations, 'FilterLogEvents', { logGroupName: 'g' });
  assert.equal(first.events.length, 2);
  assert.notEqual(first.nextToken, undefined);
});

test('a token that is made up, belongs to another question or is older than 24 hours is refused', () => {
  const operations = filled([{ stream: 'a', times: [1, 2] }]);
  const { nextToken = '' } = page(operations, 'FilterLogEvents', { logGroupName: 'g', limit: 1 });
  assert.match(verdict(operations, 'FilterLogEvents', { logGroupName: 'g', limit: 1, filterPattern: 'x', nextToken }), /nextToken is invalid/);
  assert.match(verdict(operations, 'FilterLogEvents', { logGroupName: 'g', nextToken: 'abc' }), /nextToken is invalid/);
  assert.match(verdict(operations, 'FilterLogEvents', { logGroupName: 'g', nextToken }, call({ now: NOW + 86_400_001 })), /nextToken has expired/);
  assert.match(verdict(operations, 'GetLogEvents', { logGroupName: 'g', logStreamName: 'a', nextToken: `f/${'1'.repeat(56)}` }), /nextToken is invalid/);
});

test('DescribeLogStreams pages in the order of name or of the last event', () => {
  const operations = filled([{ stream: 'a', times: [5] }, { stream: 'b', times: [9] }, { stream: 'c', times: [1] }]);
  const names = (more: JsonObject): unknown => (answer(operations, 'DescribeLogStreams', { logGroupName: 'g', ...more })['logStreams'] as unknown as { logStreamName: string }[]).map(({ logStreamName }) => logStreamName);
  assert.deepEqual(names({ orderBy: 'LastEventTime', descending: true }), ['b', 'a', 'c']);
  const first = answer(operations, 'DescribeLogStreams', { logGroupName: 'g', limit: 2 });
  assert.deepEqual(names({ limit: 2, nextToken: first['nextToken']! }), ['c']);
  assert.equal(verdict(operations, 'DescribeLogStreams', { logGroupName: 'g', orderBy: 'LastEventTime', logStreamNamePrefix: 'a' }), 'InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.');
});

test('names, classes, retention and limits are held to the constraints of the API', () => {
  const operations = logsOperations(new LogStore(1 << 20));
  const create = (input: JsonObject): string => verdict(operations, 'CreateLogGroup', input);
  assert.equal(create({ logGroupName: 'a'.repeat(512) }), 'accepted');
  assert.match(create({ logGroupName: 'a'.repeat(513) }), /length less than or equal to 512/);
  assert.match(create({ logGroupName: 'a b' }), /Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: \[\\\.\\-_\/#A-Za-z0-9\]\+/);
  assert.match(create({}), /Value null at 'logGroupName' failed to satisfy constraint: Member must not be null/);
  assert.match(create({ logGroupName: 'aws/x' }), /reserved for AWS/);
  assert.match(create({ logGroupName: 'x', logGroupClass: 'CHEAP' }), /enum value set: \[STANDARD, INFREQUENT_ACCESS/);
  assert.equal(create({ logGroupName: 'x', logGroupClass: 'INFREQUENT_ACCESS', tags: { team: 'logs' } }), 'accepted');
  assert.equal(create({ logGroupName: 'x' }), 'ResourceAlreadyExistsException: The specified log group already exists');
  assert.match(verdict(operations, 'CreateLogStream', { logGroupName: 'x', logStreamName: 'a:b' }), /regular expression pattern: \[\^:\*\]\*/);
  assert.equal(verdict(operations, 'CreateLogStream', { logGroupName: 'x', logStreamName: 's' }), 'accepted');
  assert.equal(verdict(operations, 'CreateLogStream', { logGroupName: 'x', logStreamName: 's' }), 'ResourceAlreadyExistsException: The specified log stream already exists');
  assert.match(verdict(operations, 'PutRetentionPolicy', { logGroupName: 'x', retentionInDays: 2 }), /enum value set: \[1, 3, 5/);
  assert.match(verdict(operations, 'DescribeLogGroups', { limit: 51 }), /value less than or equal to 50/);
  answer(operations, 'PutRetentionPolicy', { logGroupName: 'x', retentionInDays: 7 });
  const [group] = answer(operations, 'DescribeLogGroups', { logGroupNamePrefix: 'x' })['logGroups'] as unknown as readonly Record<string, unknown>[];
  assert.deepEqual(group, {
    logGroupName: 'x', creationTime: NOW, retentionInDays: 7, metricFilterCount: 0, arn: 'arn:aws:logs:us-east-1:000000000000:log-group:x:*', logGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:x',
    storedBytes: 0, logGroupClass: 'INFREQUENT_ACCESS', deletionProtectionEnabled: false,
  });
  for (const resourceArn of ['arn:aws:logs:us-east-1:000000000000:log-group:x:*', 'arn:aws:logs:us-east-1:000000000000:log-group:x']) assert.deepEqual(answer(operations, 'ListTagsForResource', { resourceArn }), { tags: { team: 'logs' } });
  assert.match(verdict(operations, 'ListTagsForResource', { resourceArn: 'arn:aws:logs:us-east-1:000000000000:log-group:none' }), /^ResourceNotFoundException/);
  assert.match(verdict(operations, 'ListTagsForResource', { resourceArn: 'x' }), /^InvalidParameterException/);
});
