import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { releaseProgramPages } from '../../src/cli/program-pages.ts';

const fileKib = (): number => Number(/^RssFile:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);

test('giving back the memory of the program files halves what is resident of them, and the program runs on', () => {
  const before = fileKib();
  releaseProgramPages();
  const after = fileKib();
  assert.ok(after < before / 2, `${after} KiB after ${before} KiB`);
  assert.equal(JSON.parse(JSON.stringify({ still: ['works', 1] })).still[0], 'works');
});
