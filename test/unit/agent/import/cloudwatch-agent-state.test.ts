import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, boolean, constantFrom, integer, property, string, tuple } from 'fast-check';
import { parseState, stateNameOf } from '../../../../src/agent/import/cloudwatch-agent-state.ts';

const of = (text: string, isConcurrent = false): unknown => {
  const state = parseState(text, isConcurrent);
  return 'fault' in state ? 'fault' : [state.path, state.offset, state.again];
};

test('the position is the end of the stretch that begins the file; what was sent beyond a gap is named', () => {
  assert.deepEqual(of('25\n/var/log/a.log\n0-4,15-25'), ['/var/log/a.log', 4, [{ from: 15, to: 25 }]]);
  assert.deepEqual(of('25\n/var/log/a.log\n0-4,4-25', true), ['/var/log/a.log', 25, []]);
  assert.deepEqual(of('25\n/var/log/a.log\n15-25,3-9'), ['/var/log/a.log', 0, [{ from: 3, to: 9 }, { from: 15, to: 25 }]]);
  assert.deepEqual(of('25\n/var/log/a.log\n0-9,7-12,20-'), ['/var/log/a.log', 12, [{ from: 20, to: 25 }]]);
});

test('without stretches, or with wrong ones, the first line is the position', () => {
  assert.deepEqual(of('25\n/var/log/a.log'), ['/var/log/a.log', 25, []]);
  assert.deepEqual(of('25'), [null, 25, []]);
  assert.deepEqual(of('25\n/a\n0-4,x'), ['/a', 25, []]);
  assert.deepEqual(of('25\n/a\n9-4'), ['/a', 25, []]);
});

test('one stretch that does not begin the file leaves bytes before it unsent only where that agent sent several at once', () => {
  assert.deepEqual(of('25\n/a\n15-25', false), ['/a', 25, []]);
  assert.deepEqual(of('25\n/a\n15-25', true), ['/a', 0, [{ from: 15, to: 25 }]]);
});

test('a file without an offset gives no position', () => {
  for (const text of ['', '\n', 'abc\n/a', '-1\n/a', '1.5\n/a', ' 25\n/a']) assert.equal(of(text), 'fault', JSON.stringify(text));
});

test('whatever the stretches are, the position passes no byte that none of them holds', () => {
  const ranges = array(tuple(integer({ min: 0, max: 60 }), integer({ min: 0, max: 60 })).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })), { minLength: 2, maxLength: 6 });
  check(property(ranges, boolean(), (sent, isConcurrent) => {
    const end = Math.max(...sent.map(({ to }) => to));
    const state = parseState(`${end}\n/a\n${sent.map(({ from, to }) => `${from}-${to}`).join(',')}`, isConcurrent);
    assert.ok(!('fault' in state));
    const isSent = (byte: number): boolean => sent.some(({ from, to }) => from <= byte && byte < to);
    const apart = new Set(Array.from({ length: end + 1 }, (_, byte) => byte).filter((byte) => isSent(byte) && !isSent(byte - 1))).size;
    // A single stretch is judged by the first line, see above.
    if (apart < 2) return;
    for (let byte = 0; byte < state.offset; byte++) assert.ok(isSent(byte), `byte ${byte} was not sent`);
    assert.ok(!isSent(state.offset));
  }));
});

test('no text makes the reader throw', () => {
  check(property(string({ unit: constantFrom(...'0159-,.\n /ax\0') }), boolean(), (text, isConcurrent) => {
    const state = parseState(text, isConcurrent);
    assert.ok('fault' in state || (state.offset >= 0 && state.again.every(({ from, to }) => state.offset < from && from < to)));
  }));
});

test('the name of a state file is the path with _ for slash, blank and colon', () => {
  assert.equal(stateNameOf('/var/log/a b:c.log'), '_var_log_a_b_c.log');
});
