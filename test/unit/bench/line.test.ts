import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineWriter, TOKEN_BYTES, TOKEN_START, isIntact, readToken } from '../../bench/line.ts';

const linesOf = (count: number): readonly string[] => {
  const writer = new LineWriter(1 << 16);
  for (let n = 0; n < count; n++) assert.ok(writer.add(7, n, 1_800_000_000_000 + n));
  return writer.bytes.toString().trimEnd().split('\n');
};

test('a line of the benchmark says its file, number and time, and is intact as written', () => {
  for (const [n, line] of linesOf(20).entries()) {
    const bytes = Buffer.from(line);
    const token = { file: 0, sequence: 0, epochMs: 0 };
    assert.ok(readToken(bytes, bytes.indexOf(TOKEN_START), token));
    assert.deepEqual(token, { file: 7, sequence: n, epochMs: 1_800_000_000_000 + n });
    assert.ok(isIntact(line));
    assert.equal(bytes.length - bytes.indexOf(TOKEN_START), TOKEN_BYTES);
  }
});

test('a line that was cut, glued, decoded wrongly or changed by one character is damaged', () => {
  const [line, other] = linesOf(5).slice(3) as [string, string];
  for (const wrong of [line.slice(1), line + other, `${line[0]}${line}`, line.replace(' ', '_'), Buffer.from(line).toString('latin1')]) assert.equal(isIntact(wrong), false, wrong);
  assert.equal(readToken(Buffer.from(line), line.length - TOKEN_BYTES + 1, { file: 0, sequence: 0, epochMs: 0 }), false);
});

test('a line that does not fit is refused whole', () => {
  const writer = new LineWriter(100);
  assert.equal(writer.add(0, 0, 1), false);
  assert.equal(writer.length, 0);
});
