// Runs test files one after the other in this process, and sends what becomes of them to the one that forked it: see unit-shares.ts.
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';

const [timeout = '', ...files] = process.argv.slice(2);
for await (const event of run({ files, isolation: 'none', timeout: Number(timeout) }) as AsyncIterable<TestEvent>) {
  if (['test:pass', 'test:fail', 'test:stdout', 'test:stderr'].includes(event.type)) process.send?.(event);
}
process.disconnect?.();
