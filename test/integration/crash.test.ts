import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRounds } from '../chaos/kill-rounds.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { assertNoneSlow } from '../support/quick.ts';

// The same over 100 rounds: node test/chaos/kill.ts
test('L24 five times SIGKILL at a random moment while 5 MB/s are written, rotated and throttled: nothing is lost, the order is kept, and no more comes again than was in flight or acknowledged in the last 50 ms', localOnly('faults'), async (t) => {
  const summary = await killRounds({ rounds: 5, seed: Date.now() % 1_000_000, bytesPerSecond: 5_000_000, longestMs: 1_200 });
  const { seed, written, rotations, throttled, lost, duplicates, repeatable, excesses, disordered } = summary;
  t.diagnostic(`seed ${seed}: ${written} lines, ${rotations} rotations, ${throttled} requests throttled; ${duplicates} lines came again of ${repeatable} that may`);
  assert.equal(lost, 0, `seed ${seed}: lines lost`);
  assert.equal(disordered, 0, `seed ${seed}: lines out of order`);
  // What was stored 50 ms before a kill is on disk by then, where the agent has had its turn.
  assertNoneSlow(excesses, `seed ${seed}: more came again than may`);
  assert.ok(written > 100_000, `${written} lines were written`);
});
