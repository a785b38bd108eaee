import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Faults } from '../../../src/local-endpoint/faults.ts';
import type { FaultTarget } from '../../../src/local-endpoint/faults.ts';
import type { FaultSpec } from '../../../src/local-endpoint/fault-spec.ts';

const deleted: string[] = [];

function script(...specs: readonly FaultSpec[]): { readonly faults: Faults; readonly clock: { ms: number } } {
  const clock = { ms: 0 };
  const faults = new Faults({ deleteGroup: (group) => { deleted.push(group); }, deleteStream: (group, stream) => { deleted.push(`${group} ${stream}`); } }, () => clock.ms);
  for (const spec of specs) faults.add(spec);
  return { faults, clock };
}

function target(more: Partial<FaultTarget> = {}): FaultTarget {
  return { operation: 'PutLogEvents', group: 'g', stream: 's', carries: () => false, ...more };
}

/** Which of `n` requests, counted from 1, are hit. */
function hits(faults: Faults, n: number, at: FaultTarget = target()): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter(() => faults.strike(at).length > 0);
}

test('every Nth matching request is hit, after those let through, as often as said', () => {
  assert.deepEqual(hits(script({ kind: 'throttle', every: 3 }).faults, 9), [3, 6, 9]);
  assert.deepEqual(hits(script({ kind: 'throttle', skip: 2, count: 2 }).faults, 9), [3, 4]);
});

test('a probability is drawn from a seed: the same seed hits the same requests', () => {
  const drawn = hits(script({ kind: 'reset', probability: 0.3, seed: 7 }).faults, 1000);
  assert.deepEqual(hits(script({ kind: 'reset', probability: 0.3, seed: 7 }).faults, 1000), drawn);
  assert.notDeepEqual(hits(script({ kind: 'reset', probability: 0.3, seed: 8 }).faults, 1000), drawn);
  assert.ok(drawn.length > 230 && drawn.length < 370);
});

test('a fault lasts from when it begins for as long as said', () => {
  const { faults, clock } = script({ kind: 'access-denied', afterMs: 100, forMs: 200 });
  assert.deepEqual([99, 100, 299, 300].map((ms) => {
    clock.ms = ms;
    return faults.strike(target()).length;
  }), [0, 1, 1, 0]);
  assert.equal(faults.list()[0]?.spent, true);
});

test('a rate throttles what exceeds it within a second', () => {
  const { faults, clock } = script({ kind: 'throttle', tps: 2 });
  assert.deepEqual(hits(faults, 4), [3, 4]);
  clock.ms = 1000;
  assert.deepEqual(hits(faults, 3), [3]);
});

test('a fault hits only the operation, group and stream it is limited to', () => {
  const { faults } = script({ kind: 'hang', operation: 'PutLogEvents', group: 'g', stream: 's' });
  assert.deepEqual([{}, { operation: 'CreateLogGroup' }, { group: 'h' }, { stream: null }].map((more) => faults.strike(target(more)).length), [1, 0, 0, 0]);
});

test('a rejected text hits only uploads that carry it', () => {
  const { faults } = script({ kind: 'reject-event', containing: 'poison' });
  assert.equal(faults.strike(target()).length, 0);
  assert.equal(faults.strike(target({ carries: (text) => text === 'poison' })).length, 1);
});

test('deleting a group happens at once and arms nothing', () => {
  const { faults } = script({ kind: 'delete-group', group: 'g' }, { kind: 'delete-group', group: 'g', stream: 's' });
  assert.deepEqual(deleted, ['g', 'g s']);
  assert.deepEqual(faults.list(), []);
});

test('faults can be listed, removed and cleared', () => {
  const { faults } = script({ kind: 'throttle' }, { kind: 'reset', count: 1 });
  hits(faults, 3);
  assert.deepEqual(faults.list().map(({ id, seen, fired, spent }) => ({ id, seen, fired, spent })), [{ id: 1, seen: 3, fired: 3, spent: false }, { id: 2, seen: 1, fired: 1, spent: true }]);
  assert.equal(faults.remove(1), true);
  assert.equal(faults.remove(1), false);
  faults.clear();
  assert.deepEqual(hits(faults, 3), []);
});

for (const [bad, reason] of [
  [{}, /"kind" must be one of throttle, error/], [{ kind: 'constructor' }, /"kind" must be one of/], [{ kind: 'latency' }, /needs "ms"/], [{ kind: 'latency', ms: -1 }, /"ms" must be a whole number/],
  [{ kind: 'throttle', evry: 3 }, /"evry" is not a member of a throttle fault/], [{ kind: 'error', status: 404 }, /"status" must be one of 500, 503/], [{ kind: 'throttle', every: 0 }, /"every" must be 1 or more/], [[], /expected a JSON object/],
] as const) {
  test(`${JSON.stringify(bad)} is refused with the member that is wrong`, () => {
    assert.throws(() => script(bad as never), reason);
  });
}
