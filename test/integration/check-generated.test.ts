import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleFiles } from '../../scripts/generate-config.ts';

test('the generated validator, types and docs/configuration.md are what config-schema/ gives', async () => {
  assert.deepEqual(await staleFiles(), [], 'run node scripts/generate-config.ts');
});
