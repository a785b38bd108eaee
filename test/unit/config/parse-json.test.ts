import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { placeOf, plainValue, pointerToken } from '../../../src/config/json-tree.ts';
import { parseJson } from '../../../src/config/parse-json.ts';

const faultOf = (text: string): string => {
  const { root, problems } = parseJson('a.json', text);
  assert.equal(root, null);
  const { line, column, message, expected } = problems.at(-1)!;
  return `${line}:${column} ${message}; expected ${expected}`;
};

test('every JSON value is read as JSON.parse reads it', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, space) => {
    const text = JSON.stringify(value, null, space);
    const { root } = parseJson('a.json', text);
    assert.deepEqual(plainValue(root!), JSON.parse(text));
  }), { numRuns: 150 });
});

test('a text is refused exactly when JSON.parse refuses it', () => {
  const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '\\u00e9', '1', '-', '01', '1e5', '.', 'true', 'nul', ' ', '\n', '\t', '\u2028', 'é', '\u0001', '//');
  fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
    const text = pieces.join('');
    let wanted: unknown;
    let refused = false;
    try {
      wanted = JSON.parse(text);
    } catch {
      refused = true;
    }
    const { root, problems } = parseJson('a.json', text);
    assert.equal(root === null, refused, text);
    if (root === null) assert.equal(problems.at(-1)!.severity, 'error');
    else assert.deepEqual(plainValue(root), wanted);
  }), { numRuns: 600 });
});

test('every key and every value is found at its place', () => {
  const text = '{\n  "é": {\n    "b/c": [10,\n      20]\n  }\n}';
  const { root } = parseJson('a.json', text);
  assert.deepEqual(placeOf(root!, '/é', 'key'), { file: 'a.json', line: 2, column: 3 });
  assert.deepEqual(placeOf(root!, '/é', 'value'), { file: 'a.json', line: 2, column: 8 });
  assert.deepEqual(placeOf(root!, `/é/${pointerToken('b/c')}/1`, 'value'), { file: 'a.json', line: 4, column: 7 });
  assert.deepEqual(placeOf(root!, '/é/missing', 'value'), { file: 'a.json', line: 2, column: 8 });
});

test('a syntax error says where, what was found and what was expected', () => {
  assert.equal(faultOf('{"a": 1,\n}'), '2:1 a comma stands before this }; expected another key, or no comma');
  assert.equal(faultOf('{"a": [1 2]}'), '1:10 unexpected "2" (in /a); expected a comma or ]');
  assert.equal(faultOf('{"a" 1}'), '1:6 unexpected "1" (in /a); expected a colon after the key');
  assert.equal(faultOf('{"a": {"b": 1}'), '1:15 the file ends too early; expected a comma or }');
  assert.match(faultOf("{'a': 1}"), /^1:2 a single quote stands here/);
  assert.match(faultOf('{"a": 1} // b'), /^1:10 JSON has no comments/);
  assert.match(faultOf(String.raw`{"a": "\d"}`), /^1:8 \\d is no escape of JSON/);
  assert.match(faultOf(''), /^1:1 the file is empty/);
  assert.equal(faultOf('{"a": 1\n"b": 2}'), '2:1 a string stands here; expected a comma or } before it');
  assert.match(faultOf('agent:\n  region: x'), /^1:1 this is no JSON: it begins with "agent"; expected an object \{ … \}; YAML, TOML and INI are not read/);
});

test('nesting without end is refused instead of overflowing the stack', () => {
  assert.match(faultOf('['.repeat(100_000)), /nested deeper than 100 levels/);
});

test('a byte order mark is passed over and moves no column', () => {
  const { root } = parseJson('a.json', '\uFEFF{"a":1}');
  assert.deepEqual(placeOf(root!, '/a', 'key'), { file: 'a.json', line: 1, column: 2 });
});

test('a key written twice is a warning at its second place, and the last value counts', () => {
  const { root, problems } = parseJson('a.json', '{"a": {"b": 1,\n "b": 2}}');
  assert.deepEqual(plainValue(root!), { a: { b: 2 } });
  assert.deepEqual(problems.map(({ severity, line, column, pointer }) => [severity, line, column, pointer]), [['warning', 2, 2, '/a/b']]);
});

test('a key named __proto__ stays an ordinary key', () => {
  const value = plainValue(parseJson('a.json', '{"__proto__": {"polluted": 1}}').root!) as object;
  assert.deepEqual(Object.keys(value), ['__proto__']);
  assert.equal('polluted' in value, false);
});
