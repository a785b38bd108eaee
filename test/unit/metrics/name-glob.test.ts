import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileNameGlobs, isNameGlob } from '../../../src/metrics/name-glob.ts';

const matches = (glob: string, ...names: readonly string[]): readonly string[] => names.filter(compileNameGlobs([glob]));

const matchesGlob = (glob: string, name: string): boolean => compileNameGlobs([glob])(name);

test('stars, question marks, classes and braces stand for names; a star takes a slash too', () => {
  assert.deepEqual(matches('eth*', 'eth', 'eth0', 'eth0.1', 'veth0'), ['eth', 'eth0', 'eth0.1']);
  assert.deepEqual(matches('sd?', 'sd', 'sda', 'sdab'), ['sda']);
  assert.deepEqual(matches('sd[a-c]', 'sda', 'sdc', 'sdd', 'sd-'), ['sda', 'sdc']);
  assert.deepEqual(matches('sd[!a-c]', 'sda', 'sdd'), ['sdd']);
  assert.deepEqual(matches('sd[^a]', 'sda', 'sdd'), ['sdd']);
  assert.deepEqual(matches('sd[]a]', 'sd]', 'sda', 'sdb'), ['sd]', 'sda']);
  assert.deepEqual(matches('{eth,ens}[0-9]', 'eth0', 'ens5', 'lo'), ['eth0', 'ens5']);
  assert.deepEqual(matches('disk*', 'disk/by-id/x'), ['disk/by-id/x']);
  assert.deepEqual(matches('{a{b,c},d*}e', 'abe', 'ace', 'dxe', 'ae'), ['abe', 'ace', 'dxe']);
  assert.deepEqual(matches('a\\*', 'a*', 'ab'), ['a*']);
});

test('what is never closed stands for itself', () => {
  assert.deepEqual(matches('sd[a', 'sd[a', 'sda'), ['sd[a']);
  assert.deepEqual(matches('{eth', '{eth', 'eth'), ['{eth']);
  assert.deepEqual(matches('a\\', 'a\\', 'a'), ['a\\']);
  assert.deepEqual(matches('{a{b,c}', '{ab', '{ac', 'ab'), ['{ab', '{ac']);
  const nested = '{'.repeat(9) + 'a' + '}'.repeat(9);
  assert.deepEqual(matches(nested, nested, 'a'), [nested]);
  assert.deepEqual(matches(nested.slice(1, -1), nested.slice(1, -1), 'a'), ['a']);
  assert.deepEqual(matches('{'.repeat(50_000), 'a', '{'.repeat(50_000)), ['{'.repeat(50_000)]);
});

test('a plain name matches itself alone, and any globs are compiled and used without an error', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (glob, name) => {
    const matched = matchesGlob(glob, name);
    if (!isNameGlob(glob)) assert.equal(matched, glob === name);
    assert.equal(matchesGlob('*', name), true);
    assert.equal(matchesGlob(name.replaceAll(/[\\*?[{},\]]/g, '\\$&'), name), true);
  }));
});

test('a glob of many stars against a long name that nearly fits, and one of many brackets, are judged at once', () => {
  assert.equal(matchesGlob('[{'.repeat(2000), 'a'), false);
  assert.equal(matchesGlob('*a'.repeat(100) + 'b', 'a'.repeat(500)), false);
});
