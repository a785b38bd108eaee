import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { decodeCbor, encodeCbor } from '../../../../src/local-endpoint/wire/cbor.ts';
import type { Json } from '../../../../src/local-endpoint/wire/json.ts';

const decode = (hex: string): Json => decodeCbor(Buffer.from(hex, 'hex'));
const noTimes = (): boolean => false;

suite('CBOR', () => {
  test('any value that JSON can say is read as it was written', () => {
    fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => { assert.deepEqual(decodeCbor(encodeCbor(value as Json, noTimes)), value); }), { numRuns: 300 });
  });

  // Examples of RFC 8949, appendix A.
  const examples: readonly (readonly [hex: string, value: Json])[] = [
    ['00', 0], ['17', 23], ['1818', 24], ['1903e8', 1000], ['1a000f4240', 1_000_000], ['1b000000e8d4a51000', 1_000_000_000_000], ['20', -1], ['3903e7', -1000],
    ['f90000', 0], ['f93c00', 1], ['f93e00', 1.5], ['f97bff', 65_504], ['f90001', 5.960464477539063e-8], ['f9c400', -4], ['fa47c35000', 100_000], ['fb3ff199999999999a', 1.1],
    ['f97c00', 'Infinity'], ['f97e00', 'NaN'], ['f4', false], ['f5', true], ['f6', null], ['f7', null],
    ['c11a514b67b0', 1_363_896_240], ['c1fb41d452d9ec200000', 1_363_896_240.5], ['44 01020304'.replace(' ', ''), 'AQIDBA=='], ['62c3bc', 'ü'],
    ['83010203', [1, 2, 3]], ['a26161016162820203', { a: 1, b: [2, 3] }], ['7f657374726561646d696e67ff', 'streaming'],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]], ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ];
  for (const [hex, value] of examples) test(`${hex} is ${JSON.stringify(value)}`, () => { assert.deepEqual(decode(hex), value); });

  test('a time is marked as one, in lists too', () => {
    const bytes = encodeCbor({ Timestamps: [1.5], Value: 1.5 }, (name) => name === 'Timestamps');
    assert.ok(bytes.toString('hex').includes('81c1fb3ff8000000000000'));
    assert.ok(bytes.toString('hex').endsWith('fb3ff8000000000000'));
    assert.deepEqual(decodeCbor(bytes), { Timestamps: [1.5], Value: 1.5 });
  });

  test('whatever bytes come, the answer is a value or a refusal', () => {
    const harmless = (bytes: Uint8Array): void => {
      try {
        decodeCbor(Buffer.from(bytes));
      } catch (error) {
        assert.match(String(error), /CBOR that is expected/);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), harmless), { numRuns: 2_000 });
    for (const hex of ['', '5b7fffffffffffffff', '9b7fffffffffffffff', 'bb7fffffffffffffff', '9f', 'ff', '81'.repeat(100_000), 'c1'.repeat(100_000), 'a10102', '0000']) harmless(Buffer.from(hex, 'hex'));
  });

  test('a member of any name is a member, and changes nothing else', () => {
    const value = decodeCbor(encodeCbor(JSON.parse('{"__proto__":{"a":1}}') as Json, noTimes)) as Record<string, unknown>;
    assert.deepEqual([Object.keys(value), value['a']], [['__proto__'], undefined]);
  });
});
