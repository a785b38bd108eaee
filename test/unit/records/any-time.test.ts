import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AnyTime } from '../../../src/records/any-time.ts';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { FieldTimes } from '../../../src/records/field-times.ts';
import { JsonField } from '../../../src/records/json-field.ts';
import { compileFormat } from '../../../src/records/timestamp.ts';
import { Zone } from '../../../src/records/zone.ts';
import { framesOf } from './frames.ts';

const BERLIN = Zone.open('Europe/Berlin')!;
const read = (text: string): number => { const bytes = Buffer.from(text); return new AnyTime(BERLIN).parse(bytes, 0, bytes.length, 0); };

test('RFC 3339 is read with any fraction and offset, and without an offset in the zone of the entry', () => {
  const time = Date.UTC(2026, 6, 1, 12, 0, 0);
  for (const text of ['2026-07-01T12:00:00Z', '2026-07-01t12:00:00z', '2026-07-01 14:00:00+02:00', '2026-07-01T14:00:00+0200', '2026-07-01T14:00:00+02', '2026-07-01T14:00:00', '2026-07-01T14:00', '2026-07-01 12:00:00 Z']) assert.equal(read(text), time, text);
  assert.equal(read('2026-07-01T12:00:00.123456789Z'), time + 123);
  assert.equal(read('2026-07-01T12:00:00,5Z'), time + 500);
  fc.assert(fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => read(date.toISOString()) === date.getTime()));
});

test('a number tells its unit by its size, with decimals or an exponent', () => {
  for (const text of ['1700000000', '1700000000.000', '1700000000000', '1700000000000.25', '1700000000000000', '1700000000000000000', '1.7e9', '1.7E+12']) assert.equal(read(text), 1_700_000_000_000, text);
  assert.equal(read('1700000000.1239'), 1_700_000_000_123);
});

test('what is neither is no time', () => {
  for (const text of ['', '17000', '-1700000000', '2026-07-01', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-07-01T12:00:00Zx', 'x2026-07-01T12:00:00Z', '1e3', '1e400', '0700000000', '1700000000.', '9'.repeat(50)]) assert.equal(read(text), Number.NaN, text);
});

function timesOf(messages: readonly string[], format: string | null): readonly number[] {
  const value = format === null ? new AnyTime(BERLIN) : compileFormat(format, 'UTC', 'UTC');
  assert.ok(!('problem' in value));
  const frames = framesOf(messages);
  const text = new ChunkText();
  text.reset(frames);
  new FieldTimes([new JsonField('log.ts')], value).fork().parseAll(text, 0);
  return [...frames.time];
}

test('events get the time of their field, and those without it none', () => {
  const messages = ['{"ts":"2026-07-01T00:00:00Z","log":{"ts":"2026-07-01T12:00:00Z"}}', '{"log":{"ts":1700000000}}', '2026-07-01T12:00:00Z', '{"log":{"ts":"soon"}}'];
  assert.deepEqual(timesOf(messages, null), [Date.UTC(2026, 6, 1, 12), 1_700_000_000_000, Number.NaN, Number.NaN]);
  assert.deepEqual(timesOf(messages, 'epoch_s'), [Number.NaN, 1_700_000_000_000, Number.NaN, Number.NaN]);
  assert.deepEqual(timesOf(['{"log.ts":"01\\/Jul\\/2026:12:00:00 \\u002b0200"}'], '%d/%b/%Y:%H:%M:%S %z'), [Date.UTC(2026, 6, 1, 10)]);
});
