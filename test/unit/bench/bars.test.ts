import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BARS, judge, median } from '../../bench/bars.ts';
import type { Bar, HarnessRun } from '../../bench/bars.ts';

const BAR: Bar = { name: 'b', template: 't.json', options: [], repeat: 3, marks: [{ what: 'speed', unit: 'MB/s', value: (run) => run.MBps, least: 100 }] };
const run = (more: Partial<HarnessRun>): HarnessRun => ({ events: 1, lost: 0, dup: 0, wall: 1, MBps: 100, MBpCpuS: 1, peakRssMB: 1, endRssMB: 1, tFirst: 0.1, deadEarly: false, otherCpuPct: 0, sink: { put: 1, violations: {} }, ...more });

test('a bar is judged by the median of its runs', () => {
  assert.equal(median([3, null, 1, 2]), 2);
  assert.equal(median([null]), null);
  assert.deepEqual(judge(BAR, [run({ MBps: 99 }), run({ MBps: 101 }), run({ MBps: 100 })])[0], { what: 'speed', bar: '≥ 100 MB/s', measured: '100 MB/s', passed: true });
  assert.equal(judge(BAR, [run({ MBps: 99 }), run({ MBps: 99.9 }), run({ MBps: 500 })])[0]?.passed, false);
});

test('a figure that was not measured does not pass, and neither does a case without a run', () => {
  assert.equal(judge({ ...BAR, marks: [{ what: 'x', unit: '%', value: () => null, most: 1 }] }, [run({})])[0]?.passed, false);
  assert.ok(judge(BAR, []).every(({ passed }) => !passed));
});

test('one lost, doubled, reordered or damaged line, one violated limit or a dead agent in any run is said and fails', () => {
  const faults = (more: Partial<HarnessRun>, bar: Bar = BAR): string | undefined => judge(bar, [run({}), run(more)]).find(({ bar, passed }) => bar === 'none' && !passed)?.measured;
  assert.equal(faults({}), undefined);
  assert.equal(faults({ lost: 2 }), '2 lost');
  assert.equal(faults({ lost: -1 }), '-1 lost');
  assert.equal(faults({ dup: 1, ooo: 3 }), '1 doubled, 3 out of order');
  assert.equal(faults({ crcBad: 1 }), '1 damaged');
  assert.equal(faults({ deadEarly: true }), '1 agents that ended');
  assert.equal(faults({ sink: { put: 1, violations: { events: 4, bytes: 0 } } }), '4 limit events');
  assert.equal(faults({ ooo: 9 }, { ...BAR, reorders: true }), undefined);
  assert.equal(faults({ dup: 9 }, { ...BAR, repeats: true }), undefined);
});

test('every bar has a template, and a name of its own', () => {
  for (const { template } of BARS) assert.ok(existsSync(join(import.meta.dirname, '../../bench/templates', template)), template);
  assert.equal(new Set(BARS.map(({ name }) => name)).size, BARS.length);
});
