import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { Aggregation } from '../../../../src/metrics/aggregate.ts';
import type { Datum } from '../../../../src/metrics/datum.ts';
import { StatsdCache } from '../../../../src/metrics/statsd/cache.ts';
import type { Fault } from '../../../../src/metrics/statsd/line.ts';
import type { TableLimits } from '../../../../src/metrics/statsd/series-table.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

interface Options { readonly separator?: string; readonly typeDimension?: boolean; readonly keepGauges?: boolean; readonly limits?: TableLimits }

/** A cache, the faults it told of, and its clock. */
function cacheOf({ limits, ...plan }: Options = {}) {
  const faults: Fault[] = [];
  const clock = { ms: 0 };
  const cache = new StatsdCache({ separator: '_', typeDimension: false, keepGauges: true, resolution: 60, ...plan }, {
    fault: (fault) => { faults.push(fault); }, now: () => clock.ms, wallNow: () => NOON, ...(limits === undefined ? {} : { limits }),
  });
  return { cache, faults, clock, take: (text: string): void => cache.take(Buffer.from(text)), values: (): Readonly<Record<string, Datum['value']>> => Object.fromEntries([...cache.collect(NOON)].map(({ name, value }) => [name, value])) };
}

/** What lines come to. */
function valuesOf(text: string, options?: Options): Readonly<Record<string, Datum['value']>> {
  const { take, values, faults } = cacheOf(options);
  take(text);
  assert.deepEqual(faults, []);
  return values();
}

test('counters add up, with fractions and below zero, and stand for as many as their rate says', () => {
  assert.deepEqual(valuesOf('a:1|c\na:2.5|c\nb:-4|c\nc:1|c|@0.1\nc:3|c|@0.5'), { a: 3.5, b: -4, c: 16 });
});

test('a counter that nobody counts is not given again', () => {
  const { take, values } = cacheOf();
  take('a:1|c');
  assert.deepEqual(values(), { a: 1 });
  assert.deepEqual(values(), {});
  take('a:2|c');
  assert.deepEqual(values(), { a: 2 });
});

test('a gauge has its last value; a sign changes it by so much; its rate says nothing', () => {
  assert.deepEqual(valuesOf('a:5|g\na:7.5|g\nb:10|g\nb:-3|g\nb:+1.5|g|@0.1\nc:-2|g'), { a: 7.5, b: 8.5, c: -2 });
});

test('a gauge keeps its value from one collection to the next, and is given each time, for an hour after it was set last', () => {
  const { take, values, clock, cache } = cacheOf();
  take('a:5|g');
  assert.deepEqual(values(), { a: 5 });
  assert.deepEqual(values(), { a: 5 });
  clock.ms = 1_000_000;
  take('a:+3|g');
  assert.deepEqual(values(), { a: 8 });
  clock.ms = 4_599_000;
  assert.deepEqual([values(), values()], [{ a: 8 }, { a: 8 }]);
  clock.ms = 4_601_000;
  values();
  assert.deepEqual(values(), {});
  assert.equal(cache.series, 0);
});

test('a gauge that is not kept is given when it was set, and changed from zero', () => {
  const { take, values } = cacheOf({ keepGauges: false });
  take('a:5|g');
  assert.deepEqual(values(), { a: 5 });
  assert.deepEqual(values(), {});
  take('a:+3|g');
  assert.deepEqual(values(), { a: 3 });
});

test('a set counts what is different, in each collection anew', () => {
  const { take, values } = cacheOf();
  const long = 'x'.repeat(100);
  take(`u:ann|s\nu:bob|s\nu:ann|s|@0.1\nu:-1|s\nu:${long}1|s\nu:${long}2|s\nu:${long}1|s`);
  assert.deepEqual(values(), { u: 5 });
  take('u:ann|s');
  assert.deepEqual(values(), { u: 1 });
});

test('timings, histograms and distributions keep each value, as often as the rate says, below zero too', () => {
  assert.deepEqual(valuesOf('t:320|ms\nt:5.5|ms\nt:320|ms|@0.5\nh:-1|h\nh:2|d'), {
    t: { count: 4, sum: 965.5, minimum: 5.5, maximum: 320, values: [5.5, 320], counts: [1, 3] },
    h: { count: 2, sum: 1, minimum: -1, maximum: 2, values: [-1, 2], counts: [1, 1] },
  });
});

test('several values of one type, and several types of one name, are as many lines', () => {
  assert.deepEqual(valuesOf('a:1:2:3|c|@0.5|#x:y'), { a: 12 });
  assert.deepEqual(valuesOf('a:1|c:2|c|@0.5:4:5|c'), { a: 14 });
  const { take, cache } = cacheOf({ typeDimension: true });
  take('a:1|c:320|ms|@0.1|#b:2');
  assert.deepEqual([...cache.collect(NOON)].map(({ dimensions, value }) => [dimensions, value]), [
    [[['b', '2'], ['metric_type', 'counter']], 1],
    [[['b', '2'], ['metric_type', 'timing']], { count: 10, sum: 3_200, minimum: 320, maximum: 320, values: [320], counts: [10] }],
  ]);
});

test('names, tags and the type are name and dimensions as the CloudWatch agent makes them', () => {
  const { take, cache } = cacheOf({ typeDimension: true, separator: '-' });
  take('a.b.c,zone=eu,none=,bare:1|c|#env:prod,url:http://x,flag,empty:,:no,metric_type:mine\ng:1|g\ns:1|s\nms:1|ms\nh:1|h\nd:1|d');
  const [first, ...others] = [...cache.collect(NOON)];
  assert.deepEqual(first, {
    name: 'a-b-c', unit: 'None', time: NOON, resolution: 60, value: 1,
    dimensions: [['empty', '<empty>'], ['env', 'prod'], ['flag', '<empty>'], ['metric_type', 'counter'], ['url', 'http://x'], ['zone', 'eu']],
  });
  assert.deepEqual(others.map(({ name, dimensions }) => [name, dimensions[0]![1]]), [['g', 'gauge'], ['s', 'set'], ['ms', 'timing'], ['h', 'histogram'], ['d', 'histogram']]);
});

test('the order of tags and how a name is written make no other metric', () => {
  assert.deepEqual(valuesOf('a.b:1|c|#x:1,y:2\na.b:1|c|#y:2,x:1\na_b,x=1:1|c|#y:2\na.b:1|c|#x:0,x:1,y:2'), { a_b: 4 });
});

test('a metric has 30 dimensions at most; the others are left out and counted', () => {
  const { take, cache } = cacheOf({ typeDimension: true });
  take(`a:1|c|#${Array.from({ length: 40 }, (_, index) => `tag${String(index).padStart(2, '0')}:x`).join(',')},${'n'.repeat(256)}:x,long:${'v'.repeat(2_000)}`);
  const { dimensions } = [...cache.collect(NOON)][0]!;
  assert.equal(dimensions.length, 30);
  assert.deepEqual(dimensions.slice(0, 3).map(([name, value]) => [name, value.length]), [['long', 1_024], ['metric_type', 7], ['tag00', 1]]);
  assert.equal(cache.tagsLeftOut, 13);
});

test('what newer clients add to a line is understood: container, external data, cardinality', () => {
  assert.deepEqual(valuesOf('a:1|c|@0.5|#x:y|c:in-1234|e:it-false,cn-x|card:low\nb:1|c|c:x\nb:1|c|'), { a: 2, b: 2 });
});

test('a counter or gauge with a time of its own is a datum of that time', () => {
  const { take, cache, faults } = cacheOf();
  take(`a:3|c|@0.5|T${NOON / 1_000 - 60}\ng:4|g|T${NOON / 1_000 - 60}\nt:5|ms|T${NOON / 1_000 - 60}\na:1|c`);
  assert.deepEqual([...cache.collect(NOON)].map(({ name, time, value }) => [name, time, typeof value === 'number' ? value : value.sum]), [
    ['a', NOON - 60_000, 6], ['g', NOON - 60_000, 4], ['t', NOON, 5], ['a', NOON, 1],
  ]);
  take(`a:1|c|T${NOON / 1_000 - 15 * 86_400}\na:1|c|T${NOON / 1_000 + 3 * 3_600}\na:1|c|Tx`);
  assert.deepEqual(faults, ['bad-time', 'bad-time', 'bad-time']);
});

test('a line with a fault counts for nothing and says which; the lines beside it are taken', () => {
  const bad: readonly (readonly [line: string, fault: Fault])[] = [
    ['_e{5,4}:title|text|t:info', 'event'], ['_sc|db|0|#env:x', 'service-check'], [':1|c', 'no-name'], ['a', 'no-value'], ['a|c', 'no-value'], ['a:1', 'no-type'], ['a:1|x', 'unknown-type'],
    ['a:1|', 'unknown-type'], ['a:1|mss', 'unknown-type'], ['a:x|c', 'bad-value'], ['a:|c', 'bad-value'], ['a:|s', 'bad-value'], ['a:NaN|g', 'bad-value'], ['a:1e200|g', 'bad-value'], ['a:1|c:', 'no-type'], ['a:1|c:x|c', 'bad-value'],
    ['a:1|c|@1e-320', 'bad-rate'], ['a:1|ms|@1e-200', 'bad-rate'], ['a:1e100|ms|@1e-50', 'bad-value'],
    ['a:1|c|@0', 'bad-rate'], ['a:1|c|@2', 'bad-rate'], ['a:1|c|@-1', 'bad-rate'], ['a:1|c|@', 'bad-rate'], ['a:1|c|x', 'bad-part'], ['a:1|c|#a|#b', 'bad-part'], ['a\u0007:1|c', 'control-byte'], ['a:1|c|#x\u0007', 'control-byte'],
    [`${'n'.repeat(256)}:1|c`, 'long-name'], [',x=y:1|c', 'long-name'], [`a:1|c|#${'t'.repeat(65_536)}`, 'long-line'],
  ];
  for (const [line, fault] of bad) {
    const { take, values, faults } = cacheOf();
    take(`good:1|c\n${line}\r\n\n  good:2|c \r\n`);
    assert.deepEqual(faults, [fault], line.slice(0, 60));
    assert.deepEqual(values(), { good: 3 }, line.slice(0, 60));
  }
});

const anyName = fc.stringMatching(/^[a-zA-Z0-9_\-/]{1,40}$/);
const anyTag = fc.tuple(fc.stringMatching(/^[a-z]{1,10}$/), fc.stringMatching(/^[a-zA-Z0-9:/_.-]{1,20}$/));

test('a line that was written is read back: name, tags and value', () => {
  fc.assert(fc.property(anyName, fc.uniqueArray(anyTag, { maxLength: 10, selector: ([name]) => name }), fc.double({ noNaN: true, min: -1e100, max: 1e100 }).map((n) => n + 0), (name, tags, value) => {
    const { take, cache, faults } = cacheOf();
    take(`${name}:${value}|c${tags.length === 0 ? '' : `|#${tags.map((tag) => tag.join(':')).join(',')}`}`);
    assert.deepEqual(faults, []);
    assert.deepEqual([...cache.collect(NOON)], [{ name, unit: 'None', time: NOON, resolution: 60, dimensions: tags.toSorted(([a], [b]) => (a < b ? -1 : 1)), value }]);
  }), { numRuns: 300 });
});

test('sums are the same however the lines are put into packets and collections', () => {
  const line = fc.record({ name: fc.constantFrom('a', 'b', 'a.b', 'a,x=1'), value: fc.integer({ min: -1_000, max: 1_000 }), end: fc.constantFrom('\n', '\r\n', '\n\n'), ends: fc.constantFrom('packet', 'collection', 'line') });
  fc.assert(fc.property(fc.array(line), (lines) => {
    const { take, values, faults } = cacheOf();
    const sums: Record<string, number> = {};
    const collect = (): void => { for (const [name, value] of Object.entries(values())) sums[name] = (sums[name] ?? 0) + (value as number); };
    let packet = '';
    const wanted: Record<string, number> = {};
    for (const { name, value, end, ends } of lines) {
      const published = name.split(',')[0]!.replace('.', '_');
      wanted[published] = (wanted[published] ?? 0) + value;
      packet += `${name}:${value}|c${end}`;
      if (ends === 'line') continue;
      take(packet);
      packet = '';
      if (ends === 'collection') collect();
    }
    take(packet);
    collect();
    assert.deepEqual(faults, []);
    // `a` and `a,x=1` are two metrics of one name; the last of them stands in a record of names.
    if (!lines.some(({ name }) => name === 'a,x=1')) assert.deepEqual(sums, wanted);
  }), { numRuns: 300 });
});

test('no bytes make it throw, and each line is either taken or has a fault', () => {
  const bits = fc.constantFrom('a', ':', '|', '1', '-', '.', '@', '#', ',', '=', 'c', 'g', 's', 'ms', 'h', 'T', '_e{', '_sc|', '\n', '\r', ' ', '\0', 'ü', '9'.repeat(400));
  const packets = fc.oneof(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), fc.array(bits, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))));
  fc.assert(fc.property(fc.array(packets, { maxLength: 5 }), (all) => {
    const { cache, faults } = cacheOf();
    for (const packet of all) cache.take(packet);
    const lines = all.flatMap((packet) => packet.toString('latin1').split('\n')).filter((line) => /[^ \r\t]/.test(line));
    assert.equal(cache.lines + faults.length, lines.length);
    for (const { value } of cache.collect(NOON)) assert.ok(Number.isFinite(typeof value === 'number' ? value : value.sum));
  }), { numRuns: 2_000 });
});

test('metrics whose bytes have the same hash are kept apart, however many they are', () => {
  // After either of a pair 32-bit FNV-1a, which is no secret, is the same; so it is of the 16 names that they make.
  const pairs = [['1e56rtr', '0f94688'], ['100l7js', '0may6i3'], ['1ddo14d', '0krgalb'], ['10z6tws', '150knqy']];
  const names = pairs.reduce<readonly string[]>((begun, pair) => begun.flatMap((name) => pair.map((block) => name + block)), ['']);
  const hashes = new Set(names.map((name) => [...Buffer.from(name)].reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5)));
  assert.equal(hashes.size, 1);
  const { take, values, cache } = cacheOf();
  for (let round = 0; round < 3; round++) for (const [index, name] of names.entries()) take(`${name}:${index + 1}|c`);
  assert.deepEqual(values(), Object.fromEntries(names.map((name, index) => [name, 3 * (index + 1)])));
  assert.equal(cache.series, names.length);
});

test('what is beyond the bounds is counted, what is known goes on, and room comes back', () => {
  const { take, values, cache, clock } = cacheOf({ limits: { maxSeries: 2, maxEntries: 1_000 } });
  take('a:1|c\nb:1|c\nc:1|c\na:1|c');
  assert.equal(cache.beyond, 1);
  assert.deepEqual(values(), { a: 2, b: 1 });
  clock.ms = 10_000;
  take('c:1|c');
  assert.equal(cache.beyond, 2);
  values();
  clock.ms = 20_000;
  take('c:1|c');
  assert.deepEqual(values(), { c: 1 });
});

test('whoever sends ever new names, what StatsD holds until it is published stays below 128 MiB', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const held = (): number => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  const { take, cache } = cacheOf({ typeDimension: true });
  const aggregation = new Aggregation({ aggregationMs: 60_000 });
  for (let i = 0; i < 60_000; i++) take(`app.requests.per.user:${i % 1_000}|ms|#user:user-${i}-0123456789abcdef,service:checkout,region:eu-west-1`);
  for (const datum of cache.collect(NOON)) aggregation.add(datum);
  const mebibytes = (held() - before) / 2 ** 20;
  assert.ok(cache.series >= 10_000 && cache.beyond > 0 && aggregation.beyond === 0);
  assert.ok(mebibytes < 128, `${mebibytes.toFixed(0)} MiB`);
});

test('metrics with ever new names leave nothing behind when they are forgotten', () => {
  const { take, values, cache, clock } = cacheOf({ limits: { maxSeries: 10, maxEntries: 60 } });
  for (let round = 0; round < 100; round++) {
    clock.ms += 300_000;
    take(`name${round}:1|c`);
    assert.deepEqual(values(), { [`name${round}`]: 1 });
  }
  assert.equal(cache.beyond, 0);
  assert.equal(cache.series, 1);
  take('name0:1|c');
  assert.deepEqual(values(), { name0: 1 });
});

test('members of sets and distinct values have a bound together, and are given back by each collection', () => {
  const { take, values, cache } = cacheOf({ limits: { maxSeries: 10, maxEntries: 116 } });
  for (let round = 1; round <= 2; round++) {
    for (let index = 0; index < 200; index++) take(`u:${index}|s`);
    assert.deepEqual(values(), { u: 106 });
    assert.equal(cache.beyond, 94 * round);
  }
});
