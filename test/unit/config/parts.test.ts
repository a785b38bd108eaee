import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isPart, partNames, wholeConfig, type StoredPart } from '../../../src/config/parts.ts';

const stored = (values: readonly string[], modifiedAt: number, path = '/web'): readonly StoredPart[] =>
  partNames(path, values).map((name, index) => ({ name, value: values[index]!, modifiedAt }));
const chosen = (parameters: readonly StoredPart[]): readonly string[] => {
  const config = wholeConfig(parameters);
  assert.ok('chosen' in config, JSON.stringify(config));
  return config.chosen.map(({ value }) => value);
};
const fault = (parameters: readonly StoredPart[]): string => {
  const config = wholeConfig(parameters);
  assert.ok('fault' in config);
  return config.fault;
};

test('parameters that are no parts are all of the config, in the order of their names', () => {
  assert.deepEqual(chosen([{ name: '/web/b', value: '2', modifiedAt: 9 }, { name: '/web/a/z', value: '1', modifiedAt: 0 }, { name: '/web/c', value: '3', modifiedAt: 1 }]), ['1', '2', '3']);
});

test('a complete set of parts is the config, in their order', () => {
  const values = Array.from({ length: 12 }, (_, index) => `{"n":${index}}`);
  assert.deepEqual(chosen(stored(values, 1).toReversed()), values);
  assert.ok(stored(values, 1).every(({ name }) => isPart(name)));
});

test('whatever part of a push has happened, the config is wholly the old one or wholly the new one', () => {
  const texts = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(texts, texts, fc.nat(12), (before, after, step) => {
    const old = stored(before, 1);
    const now = stored(after, 2);
    const kept = old.filter(({ name }) => !now.some((part) => part.name === name));
    const left = step <= now.length ? old : kept.slice(step - now.length);
    const seen = new Map([...left, ...now.slice(0, step)].map((part) => [part.name, part]));
    const expected = step >= now.length ? after : before;
    assert.deepEqual(chosen([...seen.values()]), expected);
  }));
});

test('parts that are missing, changed or of different sets are refused', () => {
  const [first, second] = stored(['a', 'b'], 1) as [StoredPart, StoredPart];
  assert.match(fault([first]), /^\/web\/ holds 1 of 2 parts of a config/);
  assert.match(fault([first, { ...second, value: 'c' }]), /do not belong together/);
  assert.match(fault([first, stored(['c', 'd'], 1)[1]!]), /holds 1 of 2 parts/);
});

test('parts beside something else are refused, with its name', () => {
  assert.match(fault([...stored(['a'], 1), { name: '/web/other', value: '{}', modifiedAt: 1 }]), /^\/web\/ holds parts of a config and "other", which is none$/);
});

test('sets below different folders are joined', () => {
  assert.deepEqual(chosen([...stored(['1', '2'], 1, '/web/b'), ...stored(['0'], 1, '/web/a'), { name: '/web/c', value: '3', modifiedAt: 1 }]), ['0', '1', '2', '3']);
});
