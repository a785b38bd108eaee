import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Arena } from '../../../../src/kernel/arena.ts';
import type { RedactRulePlan } from '../../../../src/plan.ts';
import { ChunkText } from '../../../../src/records/chunk-text.ts';
import { redactText } from '../../../../src/records/redact/redact-text.ts';
import { Redaction } from '../../../../src/records/redact/redaction.ts';
import { eventsOf, layOut } from '../../../support/arena-frames.ts';
import { assertQuick } from '../../../support/quick.ts';
import { BUILT_IN, MOST, own, redacted } from './redacted.ts';

const ALL: readonly RedactRulePlan[] = BUILT_IN.map((kind) => ({ kind }));
const PIECES = [
  '4111 1111 1111 1111', '4111111111111111', '10.0.0.1', '::1', '2001:db8::1', 'a@b.com', 'é@ü.de', '%40', '@', '.', ':', '-', ' ', '"', "'", '\\', '\\n', '=', ',', '}', '&', '/', '://', '\n', '[', ']',
  'password', 'token', 'Authorization: Bearer ', 'Bearer ', 'abc1', 'AbC', '12', '1', 'null', '[secret]', '[ip address]', '漢字', 'é', '😀', '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----', 'eyJhbGciOiJ9', ['AK', 'IAIOSFODNN7EXAMPLE'].join(''),
] as const;
const message = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 5 }) }), { maxLength: 25 }).map((parts) => parts.join(''));

function inChunk(rules: readonly RedactRulePlan[], messages: readonly string[], keep: Uint8Array | null = null, most = MOST, arena = new Arena(20_000)): { readonly texts: readonly string[]; readonly arena: Arena } {
  assert.equal(layOut(arena, messages.map((one) => ({ message: one, time: 7 }))), messages.length);
  const text = new ChunkText();
  text.reset(arena);
  new Redaction(rules, most).redact(text, keep, arena);
  return { texts: eventsOf(arena).map((event) => event.message), arena };
}

test('L80 what was redacted holds nothing more to redact, whatever stood beside it', () => {
  fc.assert(fc.property(message, fc.shuffledSubarray([...ALL], { minLength: 1 }), (text, rules) => {
    const redaction = new Redaction(rules, MOST);
    const { text: once } = redactText(redaction, text);
    const again = redactText(redaction, once);
    assert.equal(again.text, once);
    assert.deepEqual(again.hits, []);
  }), { numRuns: 2_000 });
});

test('every byte outside of what was found stays, in order, and the text stays UTF-8', () => {
  fc.assert(fc.property(message, (text) => {
    const { text: after, hits } = redactText(new Redaction([...ALL, own('[1é]+', '#')], MOST), text);
    let rest = after;
    let done = 0;
    for (const { from, to } of hits) {
      assert.ok(from >= done && to > from);
      const kept = text.slice(done, from);
      assert.ok(rest.startsWith(kept));
      rest = rest.slice(kept.length).replace(/^(?:("?)\[(?:secret|card number|email address|ip address)\]\1|#)/, '');
      done = to;
    }
    assert.equal(rest, text.slice(done));
    assert.ok(!after.includes('\ufffd') || text.includes('\ufffd'));
  }), { numRuns: 1_500 });
});

test('L80 events of a chunk are redacted as each would be alone, and its offsets and times stay', () => {
  const rules = [...ALL, own('b.c|^1'), own('漢', '')];
  // Each has megabytes of its own.
  const [plain, redacted] = [new Arena(20_000), new Arena(20_000)];
  fc.assert(fc.property(fc.array(message.filter((one) => one !== ''), { maxLength: 12 }), fc.boolean(), (messages, some) => {
    const keep = some ? Uint8Array.from(messages, (_, i) => i % 2) : null;
    const before = inChunk([], messages, null, MOST, plain).arena;
    const { texts, arena } = inChunk(rules, messages, keep, MOST, redacted);
    const expected = messages.map((one, i) => (keep?.[i] === 0 ? Buffer.from(one).toString() : redactText(new Redaction(rules, MOST), one).text));
    assert.deepEqual(texts, expected);
    assert.deepEqual([...arena.end.subarray(0, arena.count), ...arena.time.subarray(0, arena.count)], [...before.end.subarray(0, arena.count), ...before.time.subarray(0, arena.count)]);
    assert.ok(Buffer.from(arena.bytes.subarray(arena.input, arena.input + arena.inputSize)).equals(before.bytes.subarray(before.input, before.input + before.inputSize)));
  }), { numRuns: 400 });
});

test('frames without line breaks around them are searched each for itself', () => {
  const arena = new Arena(1000);
  arena.bytes.write('10.0.0.1110.0.0.2', arena.input);
  [arena.count, arena.from[0], arena.to[0], arena.from[1], arena.to[1]] = [2, arena.input, arena.input + 8, arena.input + 9, arena.input + 17];
  const text = new ChunkText();
  text.reset(arena);
  const counts = new Redaction(ALL, MOST).redact(text, null, arena);
  assert.deepEqual(eventsOf(arena).map((event) => event.message), ['[ip address]', '[ip address]']);
  assert.deepEqual([...counts], [['ip_addresses', 2]]);
  // As a cut-out timestamp leaves it.
  arena.bytes.write('a\n1.10.0.0.1\n', arena.input);
  [arena.count, arena.from[0], arena.to[0], arena.from[1], arena.to[1]] = [2, arena.input, arena.input + 1, arena.input + 4, arena.input + 12];
  text.reset(arena);
  new Redaction(ALL, MOST).redact(text, null, arena);
  assert.deepEqual(eventsOf(arena).map((event) => event.message), ['a', '[ip address]']);
});

test('stretches that overlap become one, with the text of the rule written first', () => {
  assert.equal(redacted(['secrets', 'email_addresses'], 'x://u:pw@h.com/'), 'x://u:[secret]/');
  assert.equal(redacted(['email_addresses', 'secrets'], 'x://u:pw@h.com/'), 'x://u:[email address]/');
  assert.equal(redacted([own('abcd', '1'), own('cdef', '2'), own('efgh', '3')], 'abcdefghi'), '1i');
});

test('a pattern of one\'s own is searched in the whole event, its text taken as it is, and an empty match left alone', () => {
  assert.equal(redacted([own('sid=[0-9a-f]+', '$&')], 'a sid=1f b\nsid=2'), 'a $& b\n$&');
  assert.equal(redacted([own('(?s)<.*>')], 'a<b\nc>d'), 'a***d');
  assert.equal(redacted([own('x*', '#')], 'axx😀xb'), 'a#😀#b');
  assert.equal(redacted([own('b', '')], 'abc'), 'ac');
});

test('no replacement makes an event longer than the limit: each is then cut to what it replaces, between code points', () => {
  assert.equal(redacted([own('b', '[...]')], 'abcb', 12), 'a[...]c[...]');
  assert.equal(redacted([own('b', '[...]')], 'abcb', 11), 'a[c[');
  assert.equal(redacted([own('bb', 'xé')], 'abbbbbb', 8), 'axxx');
  fc.assert(fc.property(message, fc.string({ unit: 'grapheme', maxLength: 9 }), fc.nat(40), (text, replacement, slack) => {
    const most = Buffer.byteLength(text) + slack;
    const after = Buffer.from(redacted([...ALL, own('.', replacement)], text, most));
    assert.ok(after.length <= most && isUtf8(after));
  }));
});

test('a chunk in which everything grows finds room: what does not is cut, and no event is lost', () => {
  const messages = Array.from({ length: 600 }, (_, i) => `xxxxxxxxxx${i}`);
  const { texts, arena } = inChunk([own('x', 'y'.repeat(256))], messages);
  assert.equal(texts.length, 600);
  assert.ok(arena.spillAt <= arena.spill + arena.spillSize);
  texts.forEach((text, i) => { assert.match(text, new RegExp(`^y{10,}${i}$`)); });
  assert.ok(texts[0]!.length > 2_560 && texts[599]!.length < 20);
});

test('a pattern that is slow again and again is told', () => {
  let now = 0;
  const redaction = new Redaction([own('x')], MOST, () => (now += 100));
  const arena = new Arena(1000);
  layOut(arena, [{ message: 'x', time: 0 }]);
  const text = new ChunkText();
  text.reset(arena);
  redaction.redact(text, null, arena);
  assert.equal(redaction.slow, false);
  text.reset(arena);
  redaction.redact(text, null, arena);
  assert.equal(redaction.slow, true);
});

test('what is made to be slow is not: no text of 256 KiB keeps the built-in kinds busy for long', () => {
  const tails = ['eyJ', 'password=', 'password=)', '"password":"', 'token\\\\', 'Bearer ', '://a:', 'a@', '@', '1.1.1.1:', 'aa:bb:', '::1', '4111 ', '41111', '-----BEGIN PRIVATE KEY-----', 'SG.', '%40', 'Authorization:', ',a', '"token":1,', '--', '--password ', '--password --', 'Ab1\n'];
  for (const tail of tails) {
    for (const head of ['', 'password=']) {
      const before = performance.now();
      redacted(BUILT_IN, head + tail.repeat(Math.ceil(262_144 / tail.length)));
      assertQuick(performance.now() - before, 1_000, `256 KiB of ${head}${tail}`);
    }
  }
});
