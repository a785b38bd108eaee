import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generateKernel } from '../../scripts/kernel.ts';

test('the committed WebAssembly is what its source compiles to', () => {
  assert.equal(readFileSync(new URL('../../src/kernel/kernel.generated.ts', import.meta.url), 'utf8'), generateKernel());
});
