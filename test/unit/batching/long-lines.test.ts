import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool, LogBatch, bodyHeader } from '../../../src/batching/log-batch.ts';
import { resolveEncoding } from '../../../src/framing/encodings.ts';
import { Framer } from '../../../src/framing/framer.ts';
import { DecodedLines } from '../../../src/framing/transcode.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { createKernel } from '../../../src/kernel/kernel.ts';
import { destinationFor } from '../../support/destination.ts';

const MARKS = /\[\.\.\.Continued\]|\[Truncated\.\.\.\]/g;

/** Messages of the events that one line becomes, in order, marks and all. */
function messagesOf(bytes: Buffer, encoding: string, maxEventBytes: number): readonly string[] {
  const arena = new Arena(Math.max(262_144, maxEventBytes) + 65_536);
  const kernel = createKernel(arena);
  const resolved = resolveEncoding(encoding);
  assert.ok(!('problem' in resolved));
  const source = encoding === 'utf-8' ? null : new DecodedLines(resolved);
  const framer = new Framer({ arena, kernel, start: 'nonspace', maxEventBytes, source });
  bytes.copy(arena.bytes, arena.input);
  framer.cut(arena.input, arena.input + bytes.length, false, 'lines', 0);
  arena.time.fill(1_700_000_000_000, 0, arena.count);
  const header = bodyHeader(destinationFor());
  const messages: string[] = [];
  for (let next = 0; next < arena.count;) {
    const batch = new LogBatch(header, 1_048_576, new BufferPool(0));
    next = batch.append(arena, kernel, next, arena.count, {}, 0);
    const body = JSON.parse(batch.body().toString()) as { readonly logEvents: readonly { readonly message: string }[] };
    messages.push(...body.logEvents.map(({ message }) => message));
  }
  return messages;
}

for (const [encoding, byte, character] of [['windows-1251', 0xd6, 'Ц'], ['ibm437', 0xcd, '═'], ['utf-8', 0xff, '\ufffd']] as const) {
  for (const limit of [262_144, 1_048_576]) {
    test(`a line as long as the limit of ${limit} bytes, of ${encoding} that grows in UTF-8, arrives with every character`, () => {
      const length = limit - 26;
      const text = messagesOf(Buffer.concat([Buffer.alloc(length, byte), Buffer.from('\n')]), encoding, limit).join('').replaceAll(MARKS, '');
      assert.equal(text.length, length);
      assert.equal([...new Set(text)].join(''), character);
    });
  }
}
