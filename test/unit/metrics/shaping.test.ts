import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_DIMENSIONS, mergedDimensions, reducedDimensions } from '../../../src/metrics/dimensions.ts';
import type { Datum } from '../../../src/metrics/datum.ts';
import { Shaping } from '../../../src/metrics/shaping.ts';
import type { Dimensions } from '../../../src/metrics-plan.ts';

const dimensions = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-d]{1,2}$/), fc.constantFrom('', 'x', 'y')), { selector: ([name]) => name, maxLength: 12 })
  .map((pairs): Dimensions => pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
const datum = (own: Dimensions): Datum => ({ name: 'm', unit: 'None', dimensions: own, time: 0, resolution: 60, value: 1 });
const none = (): boolean => false;

test('merged dimensions are sorted, each name once with the value of the first list that has it, none empty, at most 30', () => {
  fc.assert(fc.property(fc.array(dimensions, { minLength: 1, maxLength: 4 }), (lists) => {
    const merged = mergedDimensions(...lists);
    assert.deepEqual(merged.map(([name]) => name), [...new Set(merged.map(([name]) => name))].toSorted());
    for (const [name, value] of merged) assert.equal(value, lists.flatMap((list) => list.filter(([other, its]) => other === name && its !== '')).at(0)?.[1]);
    const all = new Set(lists.flat().flatMap(([name, value]) => (value === '' ? [] : name)));
    assert.equal(merged.length, Math.min(all.size, MAX_DIMENSIONS));
  }));
});

test('of more than 30 dimensions those of the collector stay', () => {
  const own = Array.from({ length: 29 }, (_, i) => [`own${String(i).padStart(2, '0')}`, 'v'] as const);
  const merged = mergedDimensions(own, [['a', '1'], ['b', '2'], ['c', '3']]);
  assert.equal(merged.length, 30);
  assert.equal(merged.filter(([name]) => name.startsWith('own')).length, 29);
});

test('a metric that loses dimensions is named once; one that has just as many as may be is not', () => {
  const named: string[] = [];
  const appended = (count: number): Dimensions => Array.from({ length: count }, (_, i) => [`d${String(i).padStart(2, '0')}`, 'v'] as const);
  const shaping = new Shaping({ dimensions: { host: 'web-1', withoutHost: false, append: [], autoScalingGroup: false }, rollups: [] }, (name) => { named.push(name); });
  shaping.shape([datum([['path', '/']])], appended(28), none);
  assert.deepEqual(named, []);
  for (const _ of [1, 2]) shaping.shape([datum([['path', '/']])], appended(29), none);
  assert.deepEqual(named, ['m']);
});

test('a copy has exactly the listed dimensions, and there is none where one is missing or nothing is left out', () => {
  const own: Dimensions = [['a', '1'], ['b', '2'], ['c', '3']];
  assert.deepEqual(reducedDimensions(own, ['a', 'c']), [['a', '1'], ['c', '3']]);
  assert.deepEqual(reducedDimensions(own, []), []);
  assert.equal(reducedDimensions(own, ['a', 'z']), null);
  assert.equal(reducedDimensions(own, ['a', 'b', 'c']), null);
});

test('each datum comes with host, appended and own dimensions, then once for each list; of a dropped one only the copies', () => {
  const shaping = new Shaping({ dimensions: { host: 'web-1', withoutHost: false, append: [['InstanceId', 'i-1']], autoScalingGroup: true }, rollups: [['InstanceId'], []] });
  const shape = (isDropped: (one: Datum) => boolean): readonly Dimensions[] => shaping.shape([datum([['cpu', 'cpu0']])], [['team', 'shop']], isDropped).map((one) => one.dimensions);
  const whole: Dimensions = [['InstanceId', 'i-1'], ['cpu', 'cpu0'], ['host', 'web-1'], ['team', 'shop']];
  assert.deepEqual(shape(none), [whole, [['InstanceId', 'i-1']], []]);
  assert.deepEqual(shape(() => true), [[['InstanceId', 'i-1']], []]);
  shaping.autoScalingGroup = 'web';
  assert.deepEqual(shape(none)[0], [['AutoScalingGroupName', 'web'], ...whole]);
});

test('a dimension of the thing itself is never replaced by an appended one, nor that by a common one', () => {
  const shaping = new Shaping({ dimensions: { host: 'agent', withoutHost: false, append: [['path', 'common']], autoScalingGroup: false }, rollups: [] });
  assert.deepEqual(shaping.shape([datum([['path', '/var']])], [['host', 'mine']], none)[0]?.dimensions, [['host', 'mine'], ['path', '/var']]);
});

test('with append_dimensions metrics have no dimension host, not even that of a packet or a section', () => {
  const shaping = new Shaping({ dimensions: { host: null, withoutHost: true, append: [['InstanceId', 'i-1']], autoScalingGroup: false }, rollups: [] });
  assert.deepEqual(shaping.shape([datum([['host', 'other'], ['type', 'cpu']])], [['host', 'mine']], none)[0]?.dimensions, [['InstanceId', 'i-1'], ['type', 'cpu']]);
});

test('a collector whose metrics have no host in the CloudWatch agent has none here, beside others that have it', () => {
  const shaping = new Shaping({ dimensions: { host: 'web-1', withoutHost: false, append: [], autoScalingGroup: false }, rollups: [] });
  assert.deepEqual(shaping.shape([datum([['VolumeId', 'vol-1']])], [], none, true)[0]?.dimensions, [['VolumeId', 'vol-1']]);
  assert.deepEqual(shaping.shape([datum([])], [], none, false)[0]?.dimensions, [['host', 'web-1']]);
});
