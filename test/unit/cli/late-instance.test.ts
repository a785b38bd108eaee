import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitInstance } from '../../../src/cli/late-instance.ts';

test('silent metadata are asked again after 1, 2, 4 ... 60 s until they answer, and again when a later config finds them silent', async () => {
  const end = new AbortController();
  const waits: number[] = [];
  const said: string[] = [];
  let missing = true;
  let asked = 0;
  await awaitInstance({
    isMissing: () => missing,
    ask: async () => (++asked === 8 || asked === 10 ? 'i-1' : null),
    known: async (id) => { missing = false; said.push(id); },
    report: { trouble: () => { if (said.at(-1) !== 'silent') said.push('silent'); }, recovered: () => { if (said.at(-1) === 'i-1') said.push('answer'); } },
    pause: async (ms) => {
      waits.push(ms / 1_000);
      // A reload finds them silent again.
      if (waits.length === 10) missing = true;
      if (waits.length === 13) end.abort();
    },
  }, end.signal);
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 1, 60, 60]);
  assert.deepEqual([asked, said], [10, ['silent', 'i-1', 'answer', 'silent', 'i-1', 'answer']]);
});
