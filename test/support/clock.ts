import type { TestContext } from 'node:test';

/** Lets the agent's monotonic clock jump ahead: waits of many minutes, measured but not waited for. Undone after the test. */
export function monotonicClock(t: TestContext): { advance(ms: number): void } {
  const real = performance.now.bind(performance);
  let ahead = 0;
  t.mock.method(performance, 'now', () => real() + ahead);
  return { advance: (ms) => { ahead += ms; } };
}
