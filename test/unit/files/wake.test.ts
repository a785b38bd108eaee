import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wake } from '../../../src/files/wake.ts';
import type { Sleeper } from '../../../src/files/wake.ts';
import { failure, replaceInFs } from '../../support/fs-faults.ts';

const STEP_MS = 50;

test('L61 where no watch is to be had each quiet file is looked at once a second, however many there are', (t) => {
  // Before what was put into fs is taken back: that has node's modules show again what they hold then.
  t.after(() => { t.mock.timers.reset(); });
  replaceInFs(t, 'watch', () => () => { throw failure('EMFILE'); });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const count of [1, 3, 10, 97]) {
    let now = 0;
    const stop = new AbortController();
    const wake = new Wake({ trouble: () => undefined } as never, () => now, stop.signal);
    const looks = Array.from({ length: count }, (): number[] => []);
    for (const seen of looks) {
      const quiet: Sleeper = { path: '/var/log/quiet.log', isOutOfReach: false, grew: () => false, changed: () => { seen.push(now); return false; } };
      void wake.wait(quiet, null);
    }
    const elapse = (until: number): void => {
      for (; now < until; now += STEP_MS) t.mock.timers.tick(STEP_MS);
    };
    elapse(5_000);
    for (const seen of looks) seen.length = 0;
    elapse(15_000);
    for (const seen of looks) {
      const waits = seen.slice(1).map((at, i) => at - seen[i]!);
      assert.ok(waits.length >= 8 && waits.every((wait) => wait <= 1_000 + STEP_MS), `${count} files: looked at after ${waits.join(' ')} ms`);
    }
    stop.abort();
    wake.close();
  }
});
