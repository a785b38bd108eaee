import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOSS_WORDS } from '../../../../src/metrics/statsd/loss-words.ts';
import { Losses } from '../../../../src/metrics/statsd/losses.ts';

test('losses are counted, said at once, then once a minute with those since, and over after five minutes without', () => {
  const said: string[] = [];
  const clock = { ms: 0 };
  const losses = new Losses('statsd', LOSS_WORDS, { trouble: (subject, message) => { said.push(`${subject}: ${message.split(',')[0]}`); }, recovered: (subject) => { said.push(`${subject}: over`); } }, () => clock.ms);
  const after = (ms: number, count: number): readonly string[] => {
    clock.ms += ms;
    losses.note('malformed', count, () => 'x');
    losses.tell();
    return said.splice(0);
  };
  assert.deepEqual(after(0, 0), []);
  assert.deepEqual(after(10_000, 1), ['statsd malformed: statsd: 1 line is no StatsD and not counted']);
  assert.deepEqual(after(10_000, 2), []);
  assert.deepEqual(after(10_000, 3), []);
  assert.deepEqual(after(40_000, 0), ['statsd malformed: statsd: 5 lines are no StatsD and not counted']);
  assert.deepEqual(after(200_000, 0), []);
  assert.deepEqual(after(60_000, 0), ['statsd malformed: over']);
  assert.deepEqual(after(600_000, 0), []);
  assert.equal(losses.count('malformed'), 6);
});
