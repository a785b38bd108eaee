import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmfDeclarationPlan } from '../../../../src/metrics-plan.ts';
import { newCounts } from '../../../../src/metrics/prometheus/counts.ts';
import { Declarations } from '../../../../src/metrics/prometheus/declarations.ts';
import { Events } from '../../../../src/metrics/prometheus/events.ts';
import type { EventForm } from '../../../../src/metrics/prometheus/events.ts';
import { signature } from '../../../../src/metrics/prometheus/sample.ts';
import { pattern } from '../../../support/prometheus.ts';

const PLAIN: EventForm = { cluster: null, externalLabels: new Map(), declarations: null };
const parsed = (events: Events): readonly Record<string, unknown>[] => [...events.finished()].map(({ event }) => JSON.parse(event) as Record<string, unknown>);

test('metrics with equal labels, type and time are one event; others are others', () => {
  const events = new Events(PLAIN, newCounts());
  events.add('a', new Map([['x', '1'], ['y', '2']]), 'gauge', 1, 5);
  events.add('b', new Map([['y', '2'], ['x', '1']]), 'gauge', 2, 5);
  events.add('c', new Map([['x', '1'], ['y', '2']]), 'counter', 3, 5);
  events.add('d', new Map([['x', '1']]), 'gauge', 4, 5);
  events.add('e', new Map([['x', '1']]), 'gauge', [1, 2], 6);
  assert.deepEqual(parsed(events), [
    { Timestamp: '5', Version: '0', x: '1', y: '2', prom_metric_type: 'gauge', a: 1, b: 2 },
    { Timestamp: '5', Version: '0', x: '1', y: '2', prom_metric_type: 'counter', c: 3 },
    { Timestamp: '5', Version: '0', x: '1', prom_metric_type: 'gauge', d: 4 },
    { Timestamp: '6', Version: '0', x: '1', prom_metric_type: 'gauge', e: [1, 2] },
  ]);
});

test('labels that only look the same when they are written down have different signatures', () => {
  const texts = [[['a', 'b1:c1:d']], [['a', 'b'], ['c', 'd']], [['a', 'b'], ['c', 'd\0']], [['a1', 'b']]].map((labels) => signature(new Map(labels as [string, string][])));
  assert.equal(new Set(texts).size, texts.length);
});

test('ClusterName and external labels are added where there is none; labels named like a member of the format are kept as exported_', () => {
  const events = new Events({ ...PLAIN, cluster: 'blue', externalLabels: new Map([['site', 'x'], ['rack', 'y']]) }, newCounts());
  events.add('a', new Map([['rack', 'own'], ['Version', '1.2']]), 'gauge', 1, 5);
  events.add('a', new Map([['ClusterName', 'green'], ['prom_metric_type', 'odd']]), 'gauge', 1, 5);
  assert.deepEqual(parsed(events), [
    { Timestamp: '5', Version: '0', rack: 'own', exported_Version: '1.2', site: 'x', ClusterName: 'blue', prom_metric_type: 'gauge', a: 1 },
    { Timestamp: '5', Version: '0', ClusterName: 'green', site: 'x', rack: 'y', exported_prom_metric_type: 'odd', prom_metric_type: 'gauge', a: 1 },
  ]);
});

test('a metric named like one of its labels, or like a member of the format, is left out and counted', () => {
  const counts = newCounts();
  const events = new Events(PLAIN, counts);
  events.add('x', new Map([['x', '1']]), 'gauge', 1, 5);
  events.add('Timestamp', new Map(), 'gauge', 1, 5);
  assert.deepEqual([parsed(events), counts.clashing], [[], 2]);
});

test('the stream is the label job, with what no stream may have replaced, and else default', () => {
  const events = new Events(PLAIN, newCounts());
  for (const job of ['a:b*c', 'web', '']) events.add('m', new Map(job === '' ? [] : [['job', job]]), 'gauge', 1, 5);
  assert.deepEqual([...events.finished()].map(({ stream }) => stream), ['a_b_c', 'web', 'default']);
});

test('what is too large for one event is several, and a metric that fits into none is counted', () => {
  const counts = newCounts();
  const events = new Events(PLAIN, counts);
  const names = Array.from({ length: 3_000 }, (_, i) => `metric_${String(i).padStart(100, '0')}`);
  for (const name of names) events.add(name, new Map([['a', 'b']]), 'gauge', 1, 5);
  events.add('m', new Map([['a', 'x'.repeat(300_000)]]), 'gauge', 1, 5);
  const texts = [...events.finished()].map(({ event }) => event);
  assert.ok(texts.length > 1 && texts.every((text) => Buffer.byteLength(text) <= 200_000));
  assert.deepEqual(texts.flatMap((text) => Object.keys(JSON.parse(text) as object).filter((key) => key.startsWith('metric_'))), names);
  assert.equal(counts.tooLarge, 1);
});

const declaration = (fields: Partial<Omit<EmfDeclarationPlan, 'matcher' | 'selectors'>> & { readonly matcher?: string; readonly selectors?: readonly string[] }): EmfDeclarationPlan => ({
  sourceLabels: ['job'], separator: ';', dimensions: [['job']], ...fields, matcher: pattern(fields.matcher ?? '.*'), selectors: (fields.selectors ?? ['.*']).map(pattern),
});
const LABELS = new Map([['job', 'web'], ['zone', 'a'], ['long', 'x'.repeat(1_025)], ['n'.repeat(251), 'x']]);
const of = (declarations: readonly EmfDeclarationPlan[], metrics: readonly string[], dedup = false): unknown =>
  new Declarations({ namespace: 'N', units: { up: 'Count' }, declarations, dedup }).directives(LABELS, metrics);

test('a declaration is searched in its source labels, joined, and takes the metrics whose names its selectors occur in', () => {
  const taken = [{ Namespace: 'N', Dimensions: [['job']], Metrics: [{ Name: 'up', Unit: 'Count' }, { Name: 'supper' }] }];
  assert.deepEqual(of([declaration({ sourceLabels: ['job', 'none', 'zone'], matcher: 'b;;a$', selectors: ['up'] })], ['up', 'supper', 'down']), taken);
  assert.deepEqual(of([declaration({ sourceLabels: ['job', 'zone'], separator: '', matcher: '^weba$', selectors: ['^up$', 'pp'] })], ['up', 'supper', 'down']), taken);
  assert.deepEqual(of([declaration({ matcher: '^we$' })], ['up']), []);
  assert.deepEqual(of([declaration({ selectors: ['^u$'] })], ['up']), []);
});

test('a set of dimensions counts where the event has all its labels and their values may be dimensions', () => {
  const many = Array.from({ length: 31 }, () => 'job');
  assert.deepEqual(of([declaration({ dimensions: [['job', 'zone'], ['zone', 'job'], ['job', 'room'], ['long'], ['n'.repeat(251)], many, []] })], ['up']), [{ Namespace: 'N', Dimensions: [['job', 'zone'], []], Metrics: [{ Name: 'up', Unit: 'Count' }] }]);
  assert.deepEqual(of([declaration({ dimensions: [['room']] })], ['up']), []);
});

test('each declaration has a directive of its own; with dedup a metric is named once, with the dimensions of all', () => {
  const two = [declaration({ selectors: ['^a'] }), declaration({ selectors: ['^ab'], dimensions: [['job'], ['zone']] })];
  assert.deepEqual(of(two, ['a', 'ab']), [
    { Namespace: 'N', Dimensions: [['job']], Metrics: [{ Name: 'a' }, { Name: 'ab' }] }, { Namespace: 'N', Dimensions: [['job'], ['zone']], Metrics: [{ Name: 'ab' }] },
  ]);
  assert.deepEqual(of(two, ['a', 'ab'], true), [
    { Namespace: 'N', Dimensions: [['job']], Metrics: [{ Name: 'a' }] }, { Namespace: 'N', Dimensions: [['job'], ['zone']], Metrics: [{ Name: 'ab' }] },
  ]);
});

test('a directive has at most 100 metrics; what is more stands in further ones', () => {
  const directives = of([declaration({})], Array.from({ length: 201 }, (_, i) => `m${i}`)) as { readonly Metrics: readonly unknown[] }[];
  assert.deepEqual(directives.map(({ Metrics }) => Metrics.length), [100, 100, 1]);
});
