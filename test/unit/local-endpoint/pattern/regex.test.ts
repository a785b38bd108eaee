import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Regex } from '../../../../src/local-endpoint/pattern/regex.ts';
import { assertQuick } from '../../../support/quick.ts';

const atom = fc.constantFrom('a', 'b', '1', '.', '\\d', '\\W', '\\s', '[ab]', '[^a]', '[0-9-]', '\\.', '\\x61', '[\\d_]', '@');
const repetition = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{1,2}', '*?');
const sequence = fc.array(fc.oneof({ weight: 8, arbitrary: fc.tuple(atom, repetition).map((parts) => parts.join('')) }, { weight: 1, arbitrary: fc.constantFrom('^', '$') }), { maxLength: 6 });
const source = fc.array(sequence.map((parts) => parts.join('')), { minLength: 1, maxLength: 3 }).map((choices) => choices.join('|')).filter((text) => text !== '');
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '@', ' ', '_', 'é', '\n'), maxLength: 12 });

test('an expression matches exactly what the same JavaScript expression matches', () => {
  fc.assert(fc.property(source, text, (pattern, subject) => {
    assert.equal(new Regex(pattern).test(subject), new RegExp(pattern, 'u').test(subject), `${pattern} on ${JSON.stringify(subject)}`);
  }), { numRuns: 1500 });
});

test('a character beyond the basic plane is one: the runtime\'s own engine finds no [^a]$ in it, and is no oracle here', () => {
  assert.equal(new Regex('[^a]$').test('😀'), true);
  assert.equal(new Regex('^.$').test('😀'), true);
});

test('an open lower bound means none', () => {
  assert.equal(new Regex('^a{,2}$').test(''), true);
  assert.equal(new Regex('^a{,2}$').test('aaa'), false);
});

test('an expression that makes a backtracking engine explode runs in time proportional to the text', () => {
  const started = performance.now();
  assert.equal(new Regex('a*a*a*a*a*a*a*a*a*a*a*a*b$').test('a'.repeat(5000)), false);
  assertQuick(performance.now() - started, 1_000, 'the search');
});

for (const bad of ['(a)', 'a)', '!', 'é', '*a', '[a', 'a{', 'a{2,1}', '\\q', '\\x1', '', '[z-a]', ' ', 'a{9999}']) {
  test(`%${bad}% is refused`, () => {
    assert.throws(() => new Regex(bad), { type: 'InvalidParameterException' });
  });
}
