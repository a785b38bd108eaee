import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readEvent } from '../../../../src/metrics/emf/received-event.ts';

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}`);
const members = (list: readonly string[], value: unknown): object => Object.fromEntries(list.map((name) => [name, value]));

interface Parts { readonly aws?: object; readonly directive?: object; readonly root?: object }

/** A good event with these parts in place of its own. */
function faultOf({ aws = {}, directive = {}, root = {} }: Parts): string | null {
  const directives = [{ Namespace: 'shop', Dimensions: [['service']], Metrics: [{ Name: 'count', Unit: 'Count', StorageResolution: 1 }], ...directive }];
  return readEvent(Buffer.from(JSON.stringify({ _aws: { Timestamp: 1_700_000_000_000, CloudWatchMetrics: directives, ...aws }, service: 'web', count: 1, ...root }))).fault;
}

test('an event within the limits of the format has no fault', () => {
  assert.equal(faultOf({}), null);
  assert.equal(faultOf({ directive: { Dimensions: [[]] } }), null);
  assert.equal(faultOf({ root: { count: Array.from({ length: 100 }, (_, i) => i) } }), null);
  for (const count of [{ Max: 2, Min: 1, Count: 2, Sum: 3 }, { Max: 2, Min: 1, Count: 2, Sum: 3, Values: [1, 2], Counts: [1, 1] }]) assert.equal(faultOf({ root: { count } }), null);
  assert.equal(faultOf({ directive: { Dimensions: [names(30)] }, root: members(names(30), 'x') }), null);
  assert.equal(faultOf({ directive: { Metrics: names(100).map((Name) => ({ Name })) }, root: members(names(100), 1) }), null);
});

test('each limit that an event breaks has its reason', () => {
  const cases: readonly (readonly [string, Parts])[] = [
    ['no-timestamp', { aws: { Timestamp: undefined } }], ['no-timestamp', { aws: { Timestamp: '2026' } }], ['no-timestamp', { aws: { Timestamp: 1.5 } }],
    ['no-metrics', { aws: { CloudWatchMetrics: undefined } }], ['no-metrics', { aws: { CloudWatchMetrics: [] } }], ['no-metrics', { directive: { Metrics: {} } }],
    ['no-namespace', { directive: { Namespace: '' } }], ['no-namespace', { directive: { Namespace: 'x'.repeat(1_025) } }],
    ['no-dimensions', { directive: { Dimensions: [] } }], ['no-dimensions', { directive: { Dimensions: ['service'] } }],
    ['dimensions', { directive: { Dimensions: [names(31)] }, root: members(names(31), 'x') }], ['dimensions', { directive: { Dimensions: [['x'.repeat(251)]] } }],
    ['target', { directive: { Dimensions: [['missing']] } }], ['target', { root: { service: 5 } }], ['target', { root: { service: 'x'.repeat(1_025) } }], ['target', { root: { count: undefined } }],
    ['metrics', { directive: { Metrics: names(101).map((Name) => ({ Name })) }, root: members(names(101), 1) }],
    ['metric', { directive: { Metrics: [{ Unit: 'Count' }] } }], ['metric', { directive: { Metrics: [{ Name: 'count', StorageResolution: 5 }] } }],
    ['values', { root: { count: { Max: 2, Min: 1, Count: 2 } } }], ['values', { root: { count: { Max: 2, Min: 1, Count: 2, Sum: 3, Values: [1], Counts: [] } } }],
    ['values', { root: { count: '5' } }], ['values', { root: { count: Array.from({ length: 101 }, () => 1) } }],
  ];
  for (const [fault, parts] of cases) assert.equal(faultOf(parts), fault, JSON.stringify(parts).slice(0, 200));
});

test('where an event goes is read from it; what is empty or no text names nothing', () => {
  const read = (aws: object): readonly [string | null, string | null] => (({ group, stream }) => [group, stream] as const)(readEvent(Buffer.from(JSON.stringify({ _aws: aws }))));
  assert.deepEqual(read({ LogGroupName: 'g', LogStreamName: 's' }), ['g', 's']);
  assert.deepEqual(read({ LogGroupName: '', LogStreamName: 5 }), [null, null]);
});

test('JSON goes on byte by byte; whatever else comes in goes on as text', () => {
  fc.assert(fc.property(fc.json(), (json) => {
    const line = Buffer.from(json);
    assert.deepEqual(Buffer.from(readEvent(line).bytes), line);
  }));
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
    const line = Buffer.from(bytes).filter((byte) => byte !== 10);
    const text = Buffer.from(readEvent(Buffer.from(line)).bytes).toString('utf8');
    assert.doesNotMatch(text, /(?![\t\r])\p{Cc}/u);
    assert.deepEqual(Buffer.from(text).toString('utf8'), text);
  }));
});
