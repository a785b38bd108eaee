import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { adviceOf } from '../../../../src/metrics/collectd/advice.ts';
import { parseAuthFile } from '../../../../src/metrics/collectd/auth-file.ts';
import { Refusals } from '../../../../src/metrics/collectd/refusals.ts';
import { seriesOf } from '../../../../src/metrics/collectd/series.ts';
import { parseTypesDb } from '../../../../src/metrics/collectd/types-db.ts';
import type { ValueList } from '../../../../src/metrics/collectd/value-list.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const PLAN = { prefix: 'collectd_', resolution: 60 } as const;
const { types } = parseTypesDb(readFileSync(new URL('../../../fixtures/collectd/types.db', import.meta.url), 'utf8'));
const gauge = (value: number) => ({ kind: 'gauge', value }) as const;
const listOf = (more: Partial<ValueList>): ValueList => ({ host: 'web-1', plugin: 'cpu', pluginInstance: '0', type: 'cpu', typeInstance: 'idle', time: NOW, intervalMs: 10_000, values: [{ kind: 'derive', value: 41 }], ...more });

test('a value is named by prefix, plugin and its name in types.db, and has host, instance, type and type_instance of the packet', () => {
  assert.deepEqual(seriesOf(listOf({}), types, PLAN, NOW), {
    absent: 0, fault: null,
    datums: [{ name: 'collectd_cpu_value', unit: 'None', time: NOW, resolution: 60, value: 41, dimensions: [['host', 'web-1'], ['instance', '0'], ['type', 'cpu'], ['type_instance', 'idle']] }],
  });
  const load = seriesOf(listOf({ plugin: 'load', pluginInstance: '', type: 'load', typeInstance: '', values: [gauge(1), gauge(2), gauge(3)] }), types, { ...PLAN, prefix: '', resolution: 1 }, NOW);
  assert.deepEqual(load.datums.map(({ name, value, resolution }) => [name, value, resolution]), [['load_shortterm', 1, 1], ['load_midterm', 2, 1], ['load_longterm', 3, 1]]);
  assert.deepEqual(load.datums[0]!.dimensions, [['host', 'web-1'], ['type', 'load']]);
});

test('counters, derives and absolutes are published as they count, none as a rate', () => {
  for (const kind of ['counter', 'derive', 'absolute', 'gauge'] as const) assert.equal(seriesOf(listOf({ values: [{ kind, value: 7_000_000 }] }), types, PLAN, NOW).datums[0]?.value, 7_000_000);
});

test('a value list without a time has the time of its arrival', () => {
  assert.equal(seriesOf(listOf({ time: null }), types, PLAN, NOW).datums[0]!.time, NOW);
});

test('where the config names no types.db one value is named value, several are numbered', () => {
  const namesOf = (more: Partial<ValueList>): readonly string[] => seriesOf(listOf(more), null, PLAN, NOW).datums.map(({ name }) => name);
  assert.deepEqual([namesOf({ type: 'duration' }), namesOf({ plugin: 'load', type: 'load', values: [gauge(1), gauge(2)] })], [['collectd_cpu_value'], ['collectd_load_0', 'collectd_load_1']]);
});

test('NaN is left out and counted as absent, the values beside it are kept', () => {
  const { datums, absent, fault } = seriesOf(listOf({ type: 'load', plugin: 'load', values: [gauge(1), gauge(NaN), gauge(3)] }), types, PLAN, NOW);
  assert.deepEqual([datums.map(({ name }) => name), absent, fault], [['collectd_load_shortterm', 'collectd_load_longterm'], 1, null]);
});

test('what has no name, or what CloudWatch would refuse, is left out with its reason and its count', () => {
  const faultOf = (more: Partial<ValueList>): unknown => seriesOf(listOf(more), types, PLAN, NOW).fault;
  assert.deepEqual(faultOf({ type: 'nobody' }), { kind: 'unknown-type', values: 1 });
  assert.deepEqual(faultOf({ type: 'load' }), { kind: 'other-values', values: 1 });
  assert.deepEqual(faultOf({ time: NOW - 14 * 86_400_000 - 1 }), { kind: 'wrong-time', values: 1 });
  assert.deepEqual(faultOf({ time: NOW + 2 * 3_600_000 + 1 }), { kind: 'wrong-time', values: 1 });
  assert.deepEqual([faultOf({ time: NOW - 14 * 86_400_000 }), faultOf({ time: NOW + 2 * 3_600_000 })], [null, null]);
  const beyond = seriesOf(listOf({ type: 'load', plugin: 'load', values: [gauge(2 ** 360), gauge(-Infinity), gauge(2 ** 361)] }), types, PLAN, NOW);
  assert.deepEqual([beyond.datums.length, beyond.fault], [1, { kind: 'out-of-range', values: 2 }]);
});

test('types.db: each kind of line is read, the last of a type counts, and a line that cannot be read is told by its number', () => {
  const { types, badLines } = parseTypesDb('# comment\n\n one\tvalue:GAUGE:U:U\r\ntwo rx:DERIVE:0:U, tx:DERIVE:0:U\nthree a:COUNTER:0:1,b:absolute:-1:1.5e3\nbad\nworse value\nworst value:STRANGE:0:U\none other:GAUGE:0:U');
  assert.deepEqual([...types], [['one', ['other']], ['two', ['rx', 'tx']], ['three', ['a', 'b']]]);
  assert.deepEqual(badLines, [6, 7, 8]);
});

test('auth file: users and passwords, blanks around them aside; comments are none, and a line that cannot be read is told by its number', () => {
  const { passwords, badLines } = parseAuthFile('# users\r\n ann :  se:cret \r\n\nbob\n: x\neve:\nann: newer\n');
  assert.deepEqual([...passwords], [['ann', 'newer']]);
  assert.deepEqual(badLines, [4, 5, 6]);
});

test('both files are read, whatever is in them', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(' ', ':', ',', '#', '\n', '\r', '\t', '\0', 'a', 'é', 'v:GAUGE:0:U'), maxLength: 60 }), (text) => {
    assert.ok(parseAuthFile(text).badLines.length <= text.split('\n').length);
    assert.ok(parseTypesDb(text).badLines.length <= text.split('\n').length);
  }));
});

test('a refusal is counted each time; it is said for each whom it is about, for sixteen at most, and so is its end after five minutes of quiet', () => {
  const [troubles, over]: [string[], string[]] = [[], []];
  const advice = adviceOf({ pointer: '/metrics/metrics_collected/collectd', authFile: '/etc/collectd/auth_file', typesDb: ['/usr/share/collectd/types.db'], security: 'encrypt' });
  const refusals = new Refusals({ trouble: (subject, message) => troubles.push(`${subject} | ${message}`), recovered: (subject) => over.push(subject) }, advice);
  for (let sender = 0; sender < 100; sender++) refusals.refuse('not-encrypted', 1, ` from 10.0.0.${sender}`, 1_000);
  refusals.refuse('unknown-type', 3, ' of type "x" from 10.0.0.1', 2_000);
  assert.deepEqual([refusals.counts['not-encrypted'], refusals.counts['unknown-type'], refusals.counts.malformed], [100, 3, 0]);
  assert.equal(new Set(troubles.map((line) => line.split(' | ')[0])).size, 16 + 1 + 1);
  assert.equal(troubles[0], 'collectd not-encrypted from 10.0.0.0 | collectd: packets from 10.0.0.0 are not taken (not-encrypted): /metrics/metrics_collected/collectd/collectd_security_level is "encrypt" and they are not encrypted; '
    + 'set SecurityLevel "Encrypt", Username and Password in the network plugin of the sender, or a lower level here');
  assert.match(troubles.at(-1)!, /^collectd unknown-type of type "x" from 10\.0\.0\.1 \| collectd: values of type "x" from 10\.0\.0\.1 are not taken .*types\.db of the sender/);
  refusals.look(300_999);
  assert.deepEqual(over, []);
  refusals.look(301_000);
  assert.equal(over.length, 17);
  refusals.look(302_000);
  refusals.look(303_000);
  assert.equal(over.length, 18);
});
