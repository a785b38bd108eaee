import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal } from '../../../../src/metrics/statsd/decimal.ts';

const read = (text: string): number => decimal(Buffer.from(`x${text}y`), 1, 1 + Buffer.byteLength(text));

test('a decimal number is the double nearest to it, however it is written', () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0), (n) => Object.is(read(String(n)), n)));
  fc.assert(fc.property(fc.stringMatching(/^[+-]?[0-9]{0,25}\.?[0-9]{1,25}$/), (text) => Object.is(read(text), Number(text) + 0)), { numRuns: 1_000 });
  for (const text of ['0', '-0', '1.', '.5', '-.5', '+7', '1e3', '1E-3', '9007199254740993', '0.1', '123456789012345.6789', '000000000000000000000001']) assert.equal(read(text), Number(text) + 0, text);
});

test('what is no decimal number is none', () => {
  for (const text of ['', '+', '-', '.', '-.', '1-', '1 ', ' 1', '1..2', '1.2.3', '0x10', 'NaN', 'inf', 'Infinity', '1e', 'e3', '1_000', '--1', '١', '1'.repeat(401), `${'1'.repeat(300)}x`]) assert.ok(Number.isNaN(read(text)), text);
});
