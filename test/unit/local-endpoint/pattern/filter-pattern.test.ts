import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseFilterPattern } from '../../../../src/local-endpoint/pattern/filter-pattern.ts';
import { Glob } from '../../../../src/local-endpoint/pattern/glob.ts';

const json = '{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"ThisFlag":true,"errorCode":400,"a.b":1,"latency":12.5,"user":{"id":7,"name":"Bo b"},"text":"400"}';
const access = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

const cases: readonly (readonly [pattern: string, message: string, matches: boolean])[] = [
  ['', 'anything', true], ['""', 'anything', true], ['" "', 'anything', true],
  ['ERROR', '[ERROR] 400', true], ['ERROR', '[error] 400', false], ['ERROR', 'ERRORS', true],
  ['ERROR ARGUMENTS', 'ERROR: MISSING ARGUMENTS', true], ['ERROR ARGUMENTS', 'ERROR', false],
  ['"INTERNAL SERVER ERROR"', 'x INTERNAL SERVER ERROR y', true], ['"INTERNAL SERVER ERROR"', 'INTERNAL  SERVER ERROR', false],
  ['"say \\"hi\\""', 'say "hi"', true],
  ['?ERROR ?ARGUMENTS', 'ARGUMENTS', true], ['?ERROR ?ARGUMENTS', 'x', false], ['?ERROR ?ARGUMENTS REQUEST', 'ERROR', false], ['?ERROR ?ARGUMENTS REQUEST', 'REQUEST', true],
  ['ERROR -ARGUMENTS', 'ERROR x', true], ['ERROR -ARGUMENTS', 'ERROR ARGUMENTS', false], ['-"a b"', 'c', true],
  ['%ERR\\d+%', 'x ERR12', true], ['%^ERR%', 'x ERR', false], ['-%ERR%', 'x', true],
  ['{ $.eventType = "UpdateTrail" }', json, true], ['{ $.eventType = UpdateTrail }', json, true], ['{ $.eventType != "UpdateTrail" }', json, false],
  ['{ $.sourceIPAddress != 123.123.* }', json, true], ['{ $.sourceIPAddress = 111.111.* }', json, true],
  ['{ $.arrayKey[0] = "value" }', json, true], ['{ $.arrayKey[1] = "value" }', json, false], ['{ $.arrayKey[9] = "value" }', json, false],
  ['{ $.objectList[*].id = 2 }', json, true], ['{ $.objectList[*].id = 3 }', json, false], ['{ $.user.* = 7 }', json, true],
  ['{ $.SomeObject IS NULL }', json, true], ['{ $.missing IS NULL }', json, false], ['{ $.SomeOtherObject NOT EXISTS }', json, true], ['{ $.SomeObject NOT EXISTS }', json, false],
  ['{ $.ThisFlag IS TRUE }', json, true], ['{ $.ThisFlag IS FALSE }', json, false],
  ['{ $.errorCode = 4e+2 }', json, true], ['{ $.errorCode >= 400 }', json, true], ['{ $.errorCode > 400 }', json, false], ['{ $.latency < 13 && $.latency > 12 }', json, true],
  ['{ $.errorCode = 4* }', json, true], ['{ $.errorCode = "*" }', json, true], ['{ $.missing = "*" }', json, false],
  ['{ $.missing != "x" }', json, false], ['{ $.user = "x" }', json, false], ['{ $.user != "x" }', json, false], ['{ $.text = 400 }', json, false],
  ["{ $.['a.b'] = 1 }", json, true], ['{ $.eventType = %^Up.*Trail$% }', json, true], ['{ $.user.name = "Bo*" }', json, true],
  ['{ ($.user.id = 1 || $.errorCode = 400) && $.eventType = "X" }', json, false], ['{ $.user.id = 7 || $.errorCode = 1 && $.eventType = "X" }', json, true],
  ['{ $.a = 1 }', 'not json', false], ['{ $.a = 1 }', '[1]', false], ['{ $.a = 1 }', '{"a":1', false],
  ['{ $.__proto__ NOT EXISTS }', '{}', true], ['{ $.constructor = "*" }', '{}', false],
  ['[ip, user, username, timestamp, request, status_code, bytes]', access, true],
  ['[ip, user, username, timestamp, request, status_code = 4*, bytes > 1000]', access, true],
  ['[ip, user, username, timestamp, request, status_code = 404, bytes > 2000]', access, false],
  ['[..., status_code = 404 || status_code = 410, bytes]', access, true], ['[..., request =*html*, status_code=4*, bytes]', access, true],
  ['[ip = %127\\.0\\.0\\.[1-9]%, ..., bytes]', access, true], ['[ip, ..., bytes != 1534]', access, false],
  ['[ip, user, username, timestamp = "10/Oct/2000:13:25:15 -0700", ...]', access, true],
  ['[w1=ERROR, w2]', 'ERROR 419 MISSING ARGUMENTS', true], ['[w1!=ERROR && w1!=WARN, w2]', 'ERROR 419', false], ['[w1=ERROR || w1=%WARN%, w2]', 'xWARNx 1 2', true],
];

for (const [pattern, message, expected] of cases) {
  test(`${pattern === '' ? 'the empty pattern' : pattern} ${expected ? 'matches' : 'does not match'} ${message.slice(0, 30)}`, () => {
    assert.equal(parseFilterPattern(pattern).matches(message), expected);
  });
}

for (const bad of ['a.b', '"open', '%open', 'a"b"', '-', '{ $.a }', '{ $.a = 1', '{ a = 1 }', '{ $.a IS NOT NULL }', '{ $.a EXISTS }', '{ $.a < "x" }', '{ $.a[*].b[*] = 1 }',
  '{ $.a.* = 1 && $.b.* = 1 && $.c.* = 1 && $.d.* = 1 }', '{ $.a = %x% && $.b = %x% && $.c = %x% }', '{ ($.a = 1 }', '{ $.a = 1 } x', '[a, ..., b, ...]', '[a = 1 && b = 2]', '[a', '[a=[]', '[a < b]']) {
  test(`${bad} is refused as an invalid filter pattern`, () => {
    assert.throws(() => parseFilterPattern(bad), { type: 'InvalidParameterException', message: /^Invalid filter pattern: / });
  });
}

test('fields and selectors are extracted by name', () => {
  assert.deepEqual(parseFilterPattern('[ip, ..., status_code, bytes]').extract(access), { $ip: '127.0.0.1', $status_code: '404', $bytes: '1534' });
  assert.deepEqual(parseFilterPattern('{ $.user.id = 7 && $.ThisFlag IS TRUE }').extract(json), { '$.user.id': '7', '$.ThisFlag': 'true' });
});

test('any text is either a pattern or refused as one', () => {
  const piece = fc.constantFrom('{', '}', '[', ']', '$.a', '=', '"', '%', '*', '&&', '||', '(', ')', ' ', ',', '...', '-', '?', 'a', '1', 'IS NULL', 'NOT EXISTS', '<', '!=', '\\', "'", 'é');
  fc.assert(fc.property(fc.array(piece, { maxLength: 14 }), fc.string({ maxLength: 20 }), (pieces, message) => {
    try {
      assert.equal(typeof parseFilterPattern(pieces.join('')).matches(message), 'boolean');
    } catch (error) {
      assert.equal((error as { type?: string }).type, 'InvalidParameterException', String(error));
    }
  }), { numRuns: 1500 });
});

test('a star stands for any run of characters', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  fc.assert(fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (glob, subject) => {
    assert.equal(new Glob(glob).test(subject), new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(subject));
  }), { numRuns: 500 });
});
