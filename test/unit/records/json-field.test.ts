import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { JsonField } from '../../../src/records/json-field.ts';

function read(path: string, text: string): string | null {
  const bytes = Buffer.from(`"x":1}${text}","t":2}`);
  const field = new JsonField(path);
  return field.find(bytes, 6, 6 + Buffer.byteLength(text)) ? field.value.toString('utf8', field.valueFrom, field.valueTo) : null;
}

test('a field is found at any depth, behind anything, with white space anywhere', () => {
  assert.equal(read('t', '{"t":"now"}'), 'now');
  assert.equal(read('t', ' \t{ "a" : [ {"t":"no"}, "}" ] , "b":{"t":1}, "t" : 12.5e3 }'), '12.5e3');
  assert.equal(read('a.b.c', '{"a":{"x":{"c":0},"b":{"c":"in","d":1}}}'), 'in');
  assert.equal(read('log.ts', '{"log.ts":"flat"}'), 'flat');
  assert.equal(read('a.b.c', '{"a.b":{"c":"mixed"}}'), 'mixed');
  assert.equal(read('a.b', '{"a":{"c":1},"a":{"b":2}}'), '2');
  assert.equal(read('zeit é', '{"zeit \\u00e9":"\\u002b1\\n"}'), '+1\n');
  assert.equal(read('t', '{"t":"first","t":"second"}'), 'first');
});

test('what is no object, has no such field, or one that is no text and no number, has none', () => {
  for (const text of ['', 'plain "t":1', '[{"t":1}]', '{}', '{ }', '{"T":1}', '{"t":null}', '{"t":true}', '{"t":{"t":1}}', '{"t":[1]}', '{"tt":1}', '{"a":{"t":1}}', '{"t.x":1}', '{"t"', '{"t":', '{"t":"open', '{"a" 1,"t":2}', '{"a":1 "t":2}', '{"a":"\n","t":1}', '{"a":,"t":1}', '{"\\x":1,"t":']) assert.equal(read('t', text), null, text);
  assert.equal(read('a.b', '{"a":1,"b":2}'), null);
});

test('an event whose end was cut off has its field', () => {
  assert.equal(read('t', '{"t":"now","msg":"aaaaaa'), 'now');
  assert.equal(read('t', '{"t":"now" garbage'), 'now');
});

const key = fc.constantFrom('a', 'b', 'a.b', 'b.a', '"', '\\', 'é', 'a\n');
const leaf = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(null, true, '{"a":1}', ']}', '\\"'));
const { object } = fc.letrec<{ object: Record<string, unknown>; value: unknown }>((tie) => ({
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('object'), fc.array(leaf, { maxLength: 3 })),
}));

/** The same by JSON.parse: undefined where there is none. */
function lookUp(value: Record<string, unknown>, path: string): unknown {
  for (const [name, member] of Object.entries(value)) {
    if (name === path) return member;
    if (path.startsWith(`${name}.`) && typeof member === 'object' && member !== null && !Array.isArray(member)) {
      const found = lookUp(member as Record<string, unknown>, path.slice(name.length + 1));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

test('of any JSON object what is found is what JSON.parse finds', () => {
  fc.assert(fc.property(object, fc.constantFrom('a', 'b', 'a.b', 'a.b.a', 'b.a', 'é', 'a\n'), fc.constantFrom(undefined, 1), (value, path, indent) => {
    const text = JSON.stringify(value, null, indent);
    const expected = lookUp(JSON.parse(text) as Record<string, unknown>, path);
    assert.equal(read(path, text), typeof expected === 'string' ? expected : typeof expected === 'number' ? JSON.stringify(expected) : null);
  }), { numRuns: 3_000 });
});

test('no bytes make it fail or read beyond their end', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', 't', '\\', ' ', '1', '\n'), { maxLength: 20 }), (parts) => {
    const text = `{${parts.join('')}`;
    const found = read('t', text);
    assert.ok(found === null || text.includes(found) || text.includes('\\'));
  }), { numRuns: 3_000 });
});
