// Unit tests are pure and quick. A process for each of their files costs more than they do: each loads node, and again what all of
// them import. So their files are shared out among as many processes as run at a time.
import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

const SHARE = join(import.meta.dirname, 'unit-share.ts');

/** The events of all tests of the files (absolute paths). A process that ends otherwise than it should is an error. */
export async function* runShared(files: readonly string[], { concurrency, timeout }: { readonly concurrency: number; readonly timeout: number }): AsyncGenerator<TestEvent> {
  const shares = Array.from({ length: Math.min(concurrency, files.length) }, (_, share) => runShare(files.filter((__, i) => i % concurrency === share), timeout));
  const next = new Map(shares.map((share) => [share, share.next().then((result) => ({ share, result }))]));
  while (next.size > 0) {
    const { share, result } = await Promise.race(next.values());
    if (result.done === true) { next.delete(share); continue; }
    next.set(share, share.next().then((following) => ({ share, result: following })));
    yield result.value;
  }
}

async function* runShare(files: readonly string[], timeout: number): AsyncGenerator<TestEvent, void> {
  const child = fork(SHARE, [String(timeout), ...files], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  const disconnected = new AbortController();
  child.once('disconnect', () => { disconnected.abort(); });
  try {
    for await (const [event] of on(child, 'message', { signal: disconnected.signal }) as AsyncIterable<[TestEvent]>) yield event;
  } catch (error) {
    if (!disconnected.signal.aborted) throw error;
  }
  const [code, signal] = await exited;
  // 1: a test has failed, and was told.
  if (code !== 0 && code !== 1) throw new Error(`unit tests ended with ${signal ?? `code ${code}`}`);
}
