import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { compileTimestamp } from '../../../src/records/timestamp.ts';
import { trimTimestamps } from '../../../src/records/trim.ts';
import { framesOf, textsOf } from './frames.ts';

function trimmed(format: string, parts: readonly string[]): string[] {
  const parser = compileTimestamp(format, 'UTC', 'UTC');
  if ('problem' in parser) throw new Error(parser.problem);
  const frames = framesOf(parts);
  const text = new ChunkText();
  text.reset(frames);
  const spans = { from: new Int32Array(parts.length), to: new Int32Array(parts.length) };
  parser.parseAll(text, Date.UTC(2026, 5, 1), spans);
  const before = Buffer.from(frames.bytes);
  assert.equal(trimTimestamps(frames, spans), spans.from.some((from) => from >= 0));
  // Nothing outside the frames may change: their neighbours are other frames.
  parts.forEach((part, i) => before.fill(0, frames.to[i]! - Buffer.byteLength(part), frames.to[i]));
  for (let at = 0; at < before.length; at++) if (before[at] !== 0) assert.equal(frames.bytes[at], before[at]);
  return textsOf(frames);
}

test('trim_timestamp takes out the first timestamp with its literal text, and white space off the front', () => {
  assert.deepEqual(trimmed('[%Y-%m-%d]', ['lead [2026-01-02] tail', '[2026-01-02]  \t\r\ntail', 'x [2026-01-02] y [2026-01-03]', '  [2026-01-02]a', '[2026-01-02]']), ['lead  tail', 'tail', 'x  y [2026-01-03]', 'a', '']);
  assert.deepEqual(trimmed('%m %d %H:%M:%S', [' id 2 1 07:10:06']), ['id ']);
});

test('what has no valid timestamp stays as it is, the second of two valid ones too', () => {
  assert.deepEqual(trimmed('%Y-%m-%d', [' none', '', 'at 2026-13-01 x', 'é 2026-01-01 é']), [' none', '', 'at 2026-13-01 x', 'é  é']);
});
