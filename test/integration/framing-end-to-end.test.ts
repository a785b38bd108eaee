import assert from 'node:assert/strict';
import { appendFileSync, closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { childConfig, startChild } from '../support/child-agent.ts';
import { append, numbered, rotate, textOf } from '../support/log-files.ts';
import { assertQuick } from '../support/quick.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

const SUFFIX = '[Truncated...]';
const PREFIX = '[...Continued]';

/** The message that a run of marked pieces was cut from. */
function joined(pieces: readonly string[]): string {
  for (const [i, piece] of pieces.entries()) {
    assert.equal(piece.startsWith(PREFIX), i > 0, `piece ${i} of ${pieces.length} begins as a piece of its place does`);
    assert.equal(piece.endsWith(SUFFIX), i < pieces.length - 1, `piece ${i} of ${pieces.length} ends as a piece of its place does`);
  }
  return pieces.map((piece, i) => piece.slice(i > 0 ? PREFIX.length : 0, i < pieces.length - 1 ? -SUFFIX.length : undefined)).join('');
}

test('L21 a writer pauses in the middle of a line, for less than partial_line_timeout: one event', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  appendFileSync(app, 'one\nfirst half, ');
  await rig.arrived(['ready', 'one']);
  await delay(400);
  appendFileSync(app, 'second half\ntwo\n');
  await rig.arrived(['ready', 'one', 'first half, second half', 'two']);
  await rig.stop();
});

test('L21 a writer pauses in the middle of a line, for longer: a marked pair that is the line, nothing twice, and the next line is its own event', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', partialLineTimeoutMs: 300 }], files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  appendFileSync(app, 'first half, ');
  await rig.arrived(['ready', `first half, ${SUFFIX}`]);
  appendFileSync(app, 'second half\ntwo\n');
  await rig.arrived(['ready', `first half, ${SUFFIX}`, `${PREFIX}second half`, 'two']);
  await rig.stop();
});

test('L21 the agent is restarted between the halves of a line: the second half still continues the first', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', partialLineTimeoutMs: 300 }] });
  const app = rig.path('app.log');
  writeFileSync(app, 'first half, ');
  await rig.arrived([`first half, ${SUFFIX}`]);
  await rig.restart();
  appendFileSync(app, 'second half\ntwo\n');
  await rig.arrived([`first half, ${SUFFIX}`, `${PREFIX}second half`, 'two']);
  await rig.stop();
});

test('L41 code points that straddle reads, chunks and appends arrive as the identical bytes', async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  // Lines of 4-, 3- and 2-byte code points whose length is prime to the size of a chunk: every alignment comes up.
  const lines = Array.from({ length: 3_000 }, (_, i) => `${i} ${'😀€ä'.repeat(20 + (i % 7))}${'x'.repeat(i % 5)}`);
  writeFileSync(app, textOf(lines));
  await rig.start();
  await rig.arrived(lines);
  const bytes = Buffer.from('one 😀 more\ntwo €\n');
  const writer = openSync(app, 'a');
  for (const byte of bytes) {
    writeSync(writer, Buffer.of(byte));
    await delay(4);
  }
  closeSync(writer);
  await rig.arrived([...lines, 'one 😀 more', 'two €']);
  await rig.stop();
});

test('L41 a code point that straddles a rotation, its writer finishing the line in the renamed file: the identical bytes, before the new file\'s', async (t) => {
  const rig = await startRig(t, { files: { 'app.log': ['ready'] } });
  const app = rig.path('app.log');
  await rig.arrived(['ready']);
  const writer = openSync(app, 'a');
  const line = Buffer.from('half a 😀\n');
  writeSync(writer, line.subarray(0, 9));
  await until('the half to be seen', () => rig.generations.some((g) => g.pending === 9));
  rotate(app);
  writeSync(writer, line.subarray(9));
  closeSync(writer);
  append(app, ['new']);
  await rig.arrived(['ready', 'half a 😀', 'new']);
  await rig.stop();
});

for (const size of [65_536, 262_144 - 26, 262_144 - 25, 1_000_000]) {
  test(`L43 a line of ${size} bytes: whole up to the limit, above it in marked pieces that make the line again`, async (t) => {
    const rig = await rigFor(t);
    const line = Array.from({ length: Math.ceil(size / 10) }, (_, i) => String(i).padStart(9, '0')).join(';').slice(0, size);
    append(rig.path('app.log'), ['before', line, 'after']);
    await rig.start();
    await until('the line behind it', () => rig.messages().at(-1) === 'after');
    const got = rig.messages();
    assert.equal(got[0], 'before');
    const pieces = got.slice(1, -1);
    assert.equal(pieces.length, size + 26 <= 262_144 ? 1 : Math.ceil(size / (262_144 - 26 - SUFFIX.length - PREFIX.length)));
    assert.equal(joined(pieces), line);
    assert.ok(pieces.every((piece) => piece.length + 26 <= 262_144));
    await rig.stop();
  });
}

test('L43 a line of 50 MB that gets no newline for long: memory stays bounded, the pieces make the line again, the stream goes on', async (t) => {
  const rig = await rigFor(t);
  const app = rig.path('app.log');
  const block = `${'0123456789abcdef'.repeat(65_536 / 16 - 1)}0123456789abcde;`;
  const writer = openSync(app, 'a');
  for (let i = 0; i < 800; i++) writeSync(writer, block);
  const child = await startChild(t, { folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: app }]) });
  await rig.count('g', 's', 195, 20_000);
  writeSync(writer, 'end\nafter\n');
  closeSync(writer);
  await until('the line behind it', () => rig.messages().at(-1) === 'after', 20_000);
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;
  assert.equal(await child.stop(), 0);
  const line = joined(rig.messages().slice(0, -1));
  assert.equal(line.length, 800 * 65_536 + 3);
  assert.ok(line === `${block.repeat(800)}end`, 'the pieces make the line');
  t.diagnostic(`peak RSS ${peak.toFixed(0)} MiB`);
  assert.ok(peak < 180, `peak RSS ${peak.toFixed(0)} MiB`);
});

test('L45 CRLF, lone CR, mixed ends, blank lines, a byte order mark, tabs and controls: nothing is mangled', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'app.log', start: { kind: 'line' } }] });
  const app = rig.path('app.log');
  writeFileSync(app, '\uFEFFcrlf\r\nlf\nlone\rcr\nmixed\r\r\n\r\n\n\ttab \x1b[31mred\x1b[0m\n "quotes" \\ back/slash \u2028 \u0001\n');
  await rig.start();
  await rig.arrived(['crlf', 'lf', 'lone\rcr', 'mixed\r', '\ttab \x1b[31mred\x1b[0m', ' "quotes" \\ back/slash \u2028 \u0001']);
  await rig.stop();
});

for (const [encoding, bigEndian] of [['utf-16le', false], ['utf-16be', true]] as const) {
  test(`L45 ${encoding} with a byte order mark, appended byte by byte: decoded exactly, restart included`, async (t) => {
    const rig = await rigFor(t, { entries: [{ path: 'app.log', encoding }] });
    const app = rig.path('app.log');
    const bytes = Buffer.from('\uFEFFone ä\r\ntwo 😀 \u010a\u0a0d\r\nthree\r\n', 'utf16le');
    const more = Buffer.from('four\r\n', 'utf16le');
    if (bigEndian) { bytes.swap16(); more.swap16(); }
    writeFileSync(app, bytes.subarray(0, 21));
    await rig.start();
    for (let at = 21; at < bytes.length; at++) {
      appendFileSync(app, bytes.subarray(at, at + 1));
      await delay(4);
    }
    await rig.arrived(['one ä', 'two 😀 \u010a\u0a0d', 'three']);
    await rig.restart();
    appendFileSync(app, more);
    await rig.arrived(['one ä', 'two 😀 \u010a\u0a0d', 'three', 'four']);
    await rig.stop();
  });
}

test('L45 Shift_JIS and GBK: decoded exactly, a trailing byte that looks like a backslash included', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'sjis.log', encoding: 'shift_jis' }, { path: 'gbk.log', encoding: 'gbk', stream: 'gbk' }] });
  writeFileSync(rig.path('sjis.log'), Buffer.from([0x95, 0x5c, 0x8e, 0xa6, 0x0a, 0x83, 0x65, 0x83, 0x58, 0x83, 0x67, 0x0a]));
  writeFileSync(rig.path('gbk.log'), Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0x0a]));
  await rig.start();
  await rig.arrived(['表示', 'テスト']);
  await rig.delivered('g', 'gbk', ['你好']);
  await rig.stop();
});

test('L45 invalid UTF-8: each bad sequence becomes one U+FFFD, all around it stays', async (t) => {
  const rig = await rigFor(t);
  writeFileSync(rig.path('app.log'), Buffer.concat([Buffer.from('bad '), Buffer.of(0xff), Buffer.from(' cut '), Buffer.of(0xe2, 0x82), Buffer.from(' end ä\nnext\n')]));
  await rig.start();
  await rig.arrived(['bad \uFFFD cut \uFFFD end ä', 'next']);
  await rig.stop();
});

test('L47 a multi-line event above the limit is split and marked, nothing of it ignored, and the event behind it is whole', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'app.log', maxEventBytes: 5_000 }] });
  const event = ['Exception', ...numbered('\tat frame', 1_000)];
  append(rig.path('app.log'), ['before', ...event, 'after']);
  await rig.start();
  await until('the event behind it', () => rig.messages().at(-1) === 'after');
  const got = rig.messages();
  assert.equal(got[0], 'before');
  assert.equal(joined(got.slice(1, -1)), event.join('\n'));
  assert.ok(got.every((message) => Buffer.byteLength(message) + 26 <= 5_000));
  await rig.stop();
});

test('L47 the same written slowly, with a restart in the middle: the pieces still make the event, once', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'app.log', maxEventBytes: 5_000, multilineTimeoutMs: 2_000 }] });
  const app = rig.path('app.log');
  const event = ['Exception', ...numbered('\tat frame', 1_000)];
  append(app, ['before', ...event.slice(0, 500)]);
  await rig.start();
  await rig.count('g', 's', 2);
  await rig.stop();
  append(app, event.slice(500, 700));
  await rig.start();
  append(app, event.slice(700));
  append(app, ['after', 'last']);
  await until('the last line', () => rig.messages().at(-1) === 'last', 5_000);
  const got = rig.messages();
  assertSame([got[0]!, ...got.slice(-2)], ['before', 'after', 'last'], 'around it');
  assert.equal(joined(got.slice(1, -2)), event.join('\n'));
  await rig.stop();
});

test('L48 the last multi-line event of a writer that falls silent is sent whole when its timeout has passed since its last byte, and not before', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', multilineTimeoutMs: 700 }], files: { 'app.log': ['ready', 'set'] } });
  const app = rig.path('app.log');
  await rig.count('g', 's', 2);
  append(app, ['Exception', '\tat one']);
  await delay(400);
  append(app, ['\tat two']);
  const quietSince = Date.now();
  await rig.arrived(['ready', 'set', 'Exception\n\tat one\n\tat two']);
  const waited = Date.now() - quietSince;
  // The timer may run on a clock of milliseconds: a few less are none the earlier.
  assert.ok(waited >= 690, `sent after ${waited} ms`);
  assertQuick(waited, 700 + 600, 'sent (timeout 700, flush and look together well below 600)');
  await rig.stop();
});
