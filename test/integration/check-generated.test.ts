import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validatorModule } from '../../scripts/config-validator.ts';
import { staleFiles } from '../../scripts/generate-config.ts';

test('the generated validator, types and docs/configuration.md are what config-schema/ gives', async () => {
  assert.deepEqual(await staleFiles(), [], 'run node scripts/generate-config.ts');
});

test('a schema of which no validator with words for each failure can be made is refused, with the reason', async () => {
  const refused = async (part: object, reason: RegExp): Promise<void> => assert.rejects(validatorModule({ type: 'object', properties: { a: part } }), reason);
  await refused({ type: 'string', minimumLength: 1 }, /unknown keyword: "minimumLength"/);
  await refused({ anyOf: [{ type: 'string' }, { type: 'object' }] }, /"x-expected"/);
  await refused({ anyOf: [{ type: 'string' }, { enum: ['a'] }], 'x-expected': 'a text' }, /cannot be told apart by their type/);
  await refused({ type: 'object', anyOf: [{ required: ['b'] }, { minProperties: 2 }] }, /a choice of keys/);
});
