import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnsentWatch } from '../../../src/agent/unsent-watch.ts';

interface Held { readonly name: string; isFailing: boolean; waitingSince: number | null; flushed: number; flush: () => void }

function held(isFailing: boolean, waitingSince: number): Held {
  const lane: Held = { name: 'g s', isFailing, waitingSince, flushed: 0, flush: () => { lane.flushed++; } };
  return lane;
}

function watching(): { readonly watch: UnsentWatch; readonly said: string[] } {
  const said: string[] = [];
  return { said, watch: new UnsentWatch({ trouble: (subject) => said.push(`trouble ${subject}`), recovered: (subject) => said.push(`recovered ${subject}`) }) };
}

test('events that wait for more than a minute, and five flush intervals, although nothing fails, are an alarm until they go', () => {
  for (const [flushMs, most] of [[5_000, 60_000], [30_000, 150_000]] as const) {
    const { watch, said } = watching();
    const lane = held(false, 1_000);
    watch.judge(1_000 + most, [lane], flushMs);
    assert.deepEqual([watch.alarms, said, lane.flushed], [[], [], 0]);
    watch.judge(1_001 + most, [lane], flushMs);
    assert.match(watch.alarms[0]!, new RegExp(`^log stream g s: events have waited for more than ${most / 1000} s`));
    assert.equal(lane.flushed, 1, 'a timer that was lost is not waited for');
    lane.waitingSince = null;
    watch.judge(2_000 + most, [lane], flushMs);
    assert.deepEqual([watch.alarms, said], [[], ['trouble unsent g s', 'recovered unsent g s']]);
  }
});

test('a failure is a reason: the time until it ends does not count', () => {
  const { watch, said } = watching();
  const lane = held(true, 0);
  watch.judge(3_600_000, [lane], 5_000);
  lane.isFailing = false;
  watch.judge(3_601_000, [lane], 5_000);
  watch.judge(3_660_000, [lane], 5_000);
  assert.deepEqual(said, []);
  watch.judge(3_661_000, [lane], 5_000);
  assert.deepEqual(said, ['trouble unsent g s']);
});
