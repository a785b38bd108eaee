import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { MATCH_BUDGET_MS, Matcher } from '../../../src/records/matcher.ts';
import { compilePattern, isProblem } from '../../../src/records/pattern.ts';
import { emitExact } from '../../../src/records/re2-emit.ts';
import { parseRe2 } from '../../../src/records/re2-parse.ts';
import type { PatternPlan } from '../../../src/plan.ts';
import { settleEngine, unsettleEngine } from '../../../src/cli/engine-settings.ts';
import { assertQuick } from '../../support/quick.ts';
import { framesOf } from './frames.ts';

function pattern(source: string): PatternPlan {
  const compiled = compilePattern(source);
  if (isProblem(compiled)) throw new Error(compiled.problem);
  return compiled;
}

const alphabet = ['a', 'b', 'k', 'K', '1', '_', ' ', '\t', '\n', '\r', '"', 'é', '\u017f', '€', '😀', '-'];
const atom = fc.constantFrom('a', 'b', 'k', '1', ' ', '\\n', 'é', '.', '\\s', '\\S', '\\w', '\\W', '\\d', '[^a]', '[^"]', '[ab]', '[^\\S\\n]', '\\b', '\\B', '^', '$', '(?m:^)', '(?m:$)', '(?s:.)', '(?i:k)', '(?i:[^s])', '\\pL', '😀', '[😀-😂]', '[^😀]', '[ß-😀]', 'a|b', '\\z');
const suffix = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '*?');
const piece = fc.tuple(atom, suffix, fc.boolean()).map(([text, repeat, capture]) => `${capture ? '(' : '(?:'}${text})${repeat}`);
const bare = fc.tuple(fc.constantFrom('a', 'b', 'k', '.', '\\S', '\\s', '[^"]', '"', ' ', '\\w'), fc.constantFrom('', '', '*', '+')).map((pair) => pair.join(''));
const source = fc.tuple(fc.constantFrom('', '', '^', '(?i)'), fc.array(fc.oneof(bare, piece), { minLength: 1, maxLength: 4 }), fc.constantFrom('', '', '$', '\\b', '|b'))
  .map(([head, parts, tail]) => head + parts.join('') + tail);
const frame = fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((chars) => chars.join(''));

test('a frame inside a chunk matches exactly when it matches alone', () => {
  fc.assert(fc.property(source, fc.array(frame, { minLength: 1, maxLength: 8 }), fc.constantFrom('\n', '\n', '\r\n', '', 'a', ' '), (re2, parts, between) => {
    const compiled = compilePattern(re2);
    fc.pre(!isProblem(compiled));
    const text = new ChunkText();
    text.reset(framesOf(parts, between, 'b'));
    const matcher = new Matcher(compiled);
    const { js, flags } = emitExact(parseRe2(re2));
    const alone = parts.map((part) => (new RegExp(js, flags).test(part) ? 1 : 0));
    assert.deepEqual(parts.map((part) => (new RegExp(compiled.js, compiled.flags).test(part) ? 1 : 0)), alone, `${re2}: ${compiled.js} is not ${js}`);
    const out = new Uint8Array(parts.length);
    matcher.matchAll(text, out);
    assert.deepEqual([...out], alone, `${re2} → ${compiled.js}`);
    for (let i = parts.length - 1; i >= 0; i--) assert.equal(matcher.matches(text, i) ? 1 : 0, alone[i], `${re2}, frame ${i}`);
  }), { numRuns: 1500 });
});

test('frames after a run of matches are judged as carefully: each way through a pattern of one or several first characters', () => {
  const most = fc.array(fc.constantFrom('ab1', 'b ab', 'xaab', 'ab', 'é ab', 'a', 'b', 'xb1', ''), { minLength: 6, maxLength: 40 });
  const matches = fc.constantFrom('ab', 'a+b', '(ab)1?', 'ab|aab', 'ab|b', '(?:a|)b', 'a*b', 'x?ab', '(?i)ab', '[a]b', '\\bab');
  fc.assert(fc.property(matches, most, (re2, parts) => {
    const text = new ChunkText();
    text.reset(framesOf([...Array<string>(5).fill('ab'), ...parts]));
    const out = new Uint8Array(parts.length + 5);
    new Matcher(pattern(re2)).matchAll(text, out);
    assert.deepEqual([...out.subarray(5)], parts.map((part) => (new RegExp(pattern(re2).js, pattern(re2).flags).test(part) ? 1 : 0)), re2);
  }));
});

test('a matcher forgets what it knew of a chunk when the text is reset', () => {
  const text = new ChunkText();
  const matcher = new Matcher(pattern('needle'));
  text.reset(framesOf(['hay', 'needle']));
  assert.equal(matcher.matches(text, 0), false);
  text.reset(framesOf(['needle', 'hay']));
  assert.equal(matcher.matches(text, 0), true);
});

test('frames of one chunk can be regrouped without being read again', () => {
  const lines = framesOf(['one', '  two', 'three']);
  const text = new ChunkText();
  text.reset(lines);
  const { version, latin1 } = text;
  const events = { ...lines, from: Int32Array.of(lines.from[0]!, lines.from[2]!), to: Int32Array.of(lines.to[1]!, lines.to[2]!), count: 2 };
  text.reframe(events);
  assert.equal(text.version, version);
  assert.equal(text.latin1, latin1);
  assert.equal(new Matcher(pattern('one\\s+two')).matches(text, 0), true);
  assert.equal(new Matcher(pattern('two$')).matches(text, 0), true);
  text.reframe(framesOf(['other']));
  assert.notEqual(text.version, version);
});

test('bytes that are not UTF-8 do not make a matcher throw', () => {
  const text = new ChunkText();
  text.reset(framesOf([Buffer.from([0xff, 0x61, 0xc3]), Buffer.from([0xed, 0xa0, 0x80])]));
  assert.equal(new Matcher(pattern('.a')).matches(text, 0), true);
  assert.equal(new Matcher(pattern('^\\x{FFFD}')).matches(text, 1), true);
});

test('a search that goes back too often is ended by the linear engine, with `$`, letter case aside, and beyond ASCII too', () => {
  settleEngine({ daemon: false });
  try {
    const long = `${'a'.repeat(400)}${'b'.repeat(400)}${'c'.repeat(400)}`;
    for (const re2 of ['a.*b.*c.*x$', '(?i)a.*b.*c.*x$', '(?s)a.*b.*c.*x$', 'a.*b.*c.*é$', 'a[^é]*b.*c.*x$']) {
      for (const line of [long, `é${long}`, `${long}\nd`, `${long}x\r!`]) {
        const text = new ChunkText();
        text.reset(framesOf([line]));
        const matcher = new Matcher(pattern(re2));
        const before = process.cpuUsage();
        assert.equal(matcher.matches(text, 0), false);
        assert.ok(!new RegExp(pattern(re2).js, pattern(re2).flags).test(line));
        assertQuick(process.cpuUsage(before).user / 1000, 1000, `${re2} (time of the processor)`);
      }
    }
  } finally {
    unsettleEngine();
  }
});

test('a test that runs past the budget is counted, and only such a test', () => {
  let now = 0;
  let cost = 0;
  const clock = (): number => (now += cost);
  const matcher = new Matcher(pattern('a'), clock);
  const text = new ChunkText();
  text.reset(framesOf(['a', 'b', 'a']));
  const out = new Uint8Array(3);
  cost = MATCH_BUDGET_MS;
  matcher.matchAll(text, out);
  assert.equal(matcher.overBudget, 0);
  cost = MATCH_BUDGET_MS + 1;
  matcher.matchAll(text, out);
  assert.equal(matcher.overBudget, 1);
  matcher.matchAll(text, out);
  assert.equal(matcher.overBudget, 4);
});

test('a search that keeps running past its frames stays linear in the chunk', () => {
  // Frames without a line break between them, and a pattern whose match always runs to the end of the memory.
  const parts = Array.from({ length: 20_000 }, () => 'ab  ');
  const text = new ChunkText();
  text.reset(framesOf(parts, ''));
  const out = new Uint8Array(parts.length);
  new Matcher(pattern('a.*b')).matchAll(text, out);
  assert.ok(out.every((verdict) => verdict === 1));
});
