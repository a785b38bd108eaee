import type { TestContext } from 'node:test';

/** The lanes' waits of 12 s and more, up to their minute; not the SDK's 30 s for an answer. */
const isLongWait = (ms: number): boolean => ms >= 12_000 && ms <= 60_000 && ms !== 30_000;

/** Waits of the agent that a person must end (a permission, an outage) take a hundredth of their time. Undone after the test. */
export function hastened(t: TestContext, factor = 100): { readonly waits: number[] } {
  const real = globalThis.setTimeout;
  const waits: number[] = [];
  const quick = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): NodeJS.Timeout => {
    if (!isLongWait(ms)) return real(callback, ms, ...args);
    waits.push(ms);
    return real(callback, ms / factor, ...args);
  };
  t.mock.method(globalThis, 'setTimeout', Object.assign(quick, real));
  return { waits };
}
