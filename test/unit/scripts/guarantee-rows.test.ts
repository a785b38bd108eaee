import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRows, promisedRows, rowList, rowTests } from '../../../scripts/guarantee-rows.ts';

test('rows are read from the titles of tests, several of one title too, with what a template fills in left open', () => {
  const source = [
    'test(\'L01 one: it\\\'s kept\', () => {});',
    'test("L03b: two", async (t) => {});',
    '  test(`L11, L12 ${size.toFixed({ a: 1 })} bytes of ${name}`, () => {});',
    'test(\'no row L99 here\', () => {});',
  ].join('\n');
  assert.deepEqual(rowTests('a.test.ts', source).map(({ row, title }) => [row, title]), [['L01', 'one: it\'s kept'], ['L03b', 'two'], ['L11', '… bytes of …'], ['L12', '… bytes of …']]);
});

test('a promised row is listed with its tests, or with the word that it has none', () => {
  const promised = promisedRows('| row | x |\n| L11 | a |\n| L03b | b |\n| L03 | c |\n<!-- tests: written by scripts/guarantee-rows.ts -->\n| L99 | d |');
  assert.deepEqual(promised, ['L03', 'L03b', 'L11']);
  assert.equal(rowList(promised, [{ row: 'L03', title: 'kept', file: 'test/a.test.ts' }]), '- **L03**\n  - kept (`test/a.test.ts`)\n- **L03b**: no test yet\n- **L11**: no test yet\n');
  assert.ok(compareRows('L03', 'L03b') < 0 && compareRows('L9', 'L11') < 0);
});
