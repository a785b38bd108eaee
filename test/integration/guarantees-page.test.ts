import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guaranteesPage } from '../../scripts/guarantee-rows.ts';

test('docs/guarantees.md lists the tests of each row by their present titles, and every tested row is on it', () => {
  const { present, wanted, unknown } = guaranteesPage();
  assert.deepEqual(unknown, [], 'rows that a test names and docs/guarantees.md does not mention: add them to its tables');
  assert.equal(present, wanted, 'run node scripts/guarantee-rows.ts');
});
