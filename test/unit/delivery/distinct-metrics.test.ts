import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDatum } from '../../../src/batching/metric-datum.ts';
import { DistinctMetrics } from '../../../src/delivery/distinct-metrics.ts';

const HOUR = 3_600_000;
const NOON = 500_000 * HOUR;

function textOf(name: string, host: string, time: number): string {
  const encoded = encodeDatum({ name, unit: 'None', dimensions: [['host', host]], time, resolution: 60, value: time % 7 }, time);
  assert.ok(typeof encoded !== 'string');
  return encoded.texts[0]!;
}

test('metrics are told apart by name and dimensions, however often they have a value, and counted by the hour', () => {
  const distinct = new DistinctMetrics();
  for (let minute = 0; minute < 60; minute++) {
    for (const [name, host] of [['m', 'a'], ['m', 'b'], ['n', 'a']] as const) distinct.note(textOf(name, host, NOON + minute * 60_000), NOON + minute * 60_000);
  }
  assert.equal(distinct.count(NOON + HOUR - 1), 3);
  distinct.note(textOf('m', 'a', NOON + HOUR), NOON + HOUR);
  assert.equal(distinct.count(NOON + HOUR), 3, 'an hour that has just begun says nothing yet');
  assert.equal(distinct.count(NOON + 2 * HOUR), 1);
  assert.equal(distinct.count(NOON + 9 * HOUR), 0);
});

test('ten thousand metrics are ten thousand', () => {
  const distinct = new DistinctMetrics();
  for (let i = 0; i < 10_000; i++) distinct.note(textOf('m', `user-${i}`, NOON), NOON);
  assert.ok(Math.abs(distinct.count(NOON) - 10_000) <= 3, String(distinct.count(NOON)));
});
