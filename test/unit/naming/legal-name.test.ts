import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fitted, groupFault, legalPart, streamFault } from '../../../src/naming/legal-name.ts';

test('names the service refuses are refused with the character, and no others', () => {
  assert.match(groupFault('a b')!, /" "/);
  assert.match(groupFault('aws/x')!, /reserved/);
  assert.match(groupFault('x'.repeat(513))!, /513/);
  assert.match(streamFault('a:b')!, /":"/);
  assert.equal(streamFault('/a b/ü{}'), null);
  fc.assert(fc.property(fc.stringMatching(/^[.\-_/#A-Za-z0-9]{1,512}$/), (name) => name.startsWith('aws/') || groupFault(name) === null), { numRuns: 100 });
});

test('a name that is too long is cut to 512 characters, and two that differ anywhere stay two', () => {
  const long = fc.string({ unit: 'binary', minLength: 513, maxLength: 600 });
  fc.assert(fc.property(long, fc.nat(), fc.constantFrom('a', '\u{1F600}'), (name, place, other) => {
    const points = [...name];
    const at = place % points.length;
    const changed = [...points.slice(0, at), points[at] === other ? 'b' : other, ...points.slice(at + 1)].join('');
    assert.equal([...fitted(name)].length, Math.min(points.length, 512));
    assert.notEqual(fitted(name), fitted(changed));
  }), { numRuns: 100 });
  assert.equal(fitted('x'.repeat(512)), 'x'.repeat(512));
});

test('a value becomes a part that every name may have', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), (value) => {
    assert.equal(streamFault(`x${legalPart(value, 'stream')}`), null);
    assert.equal(groupFault(`x${legalPart(value, 'group')}`), null);
  }), { numRuns: 200 });
  assert.equal(legalPart('a:b*c d', 'stream'), 'a_b_c d');
  assert.equal(legalPart('a b/\u{1F600}', 'group'), 'a_b/_');
});
