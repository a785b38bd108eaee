import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedForm, type FormChoice, type Target, type Write } from '../../../src/cli/config/stored-form.ts';

const NAME: Target = { kind: 'parameter', reference: '/web/agent' };
const PATH: Target = { kind: 'parameters', path: '/web' };
const entries = (count: number, length = 100): object =>
  ({ logs: { logs_collected: { files: { collect_list: Array.from({ length: count }, (_, n) => ({ file_path: `/var/log/${n}/${'x'.repeat(length)}` })) } } } });
const form = (document: object, target: Target, choice: Partial<FormChoice> = {}): readonly Write[] => {
  const writes = storedForm(document, target, { gzip: false, tier: 'auto', ...choice });
  assert.ok(!('fault' in writes), JSON.stringify(writes));
  return writes;
};
const fault = (document: object, target: Target, choice: Partial<FormChoice> = {}): string => {
  const writes = storedForm(document, target, { gzip: false, tier: 'auto', ...choice });
  assert.ok('fault' in writes);
  return writes.fault;
};

test('a config is minified into one parameter of its name', () => {
  assert.deepEqual(form({ agent: { region: 'é' } }, NAME), [{ name: '/web/agent', value: '{"agent":{"region":"é"}}', bytes: 25 }]);
});

test('parts below a path fill the standard tier, or the advanced one when that is chosen', () => {
  const standard = form(entries(100), PATH);
  const advanced = form(entries(100), PATH, { tier: 'advanced' });
  assert.deepEqual([standard.length, advanced.length], [4, 2]);
  assert.ok(standard.every(({ bytes }) => bytes <= 4096));
  assert.ok(advanced.every(({ bytes }) => bytes <= 8192) && advanced[0]!.bytes > 4096);
});

test('one entry that is larger than the standard tier has an advanced part, unless that is excluded', () => {
  const writes = form(entries(1, 5000), PATH);
  assert.deepEqual([writes.length, writes[0]!.bytes > 4096], [1, true]);
  assert.match(fault(entries(1, 5000), PATH, { tier: 'standard' }), /^\/logs\/logs_collected\/files\/collect_list has 5,\d{3} bytes, cannot be divided, and a parameter of the standard tier holds 4,096 bytes: push the config with --gzip to a name$/);
  assert.match(fault(entries(1, 9000), PATH), /holds 8,192 bytes/);
});

test('a config of more than a hundred parts is refused', () => {
  assert.match(fault(entries(101, 4000), PATH), /^the config makes 101 parameters, and 100 are the most: use --tier advanced, or keep it in files$/);
  assert.match(fault(entries(101, 8000), PATH, { tier: 'advanced' }), /100 are the most: keep it in files$/);
});

test('what is said to help does help', () => {
  assert.match(fault(entries(60), NAME, { tier: 'standard' }), /use --tier advanced, which AWS charges for, or --gzip, which makes it [\d,]+ bytes, or a path/);
  assert.equal(form(entries(60), NAME, { tier: 'advanced' }).length, 1);
  assert.ok(form(entries(60), NAME, { tier: 'standard', gzip: true })[0]!.bytes < 4096);
  assert.doesNotMatch(fault(entries(120), NAME), /--tier/);
});
