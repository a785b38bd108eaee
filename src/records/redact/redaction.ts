import type { Arena } from '../../kernel/arena.ts';
import type { RedactKind, RedactRulePlan } from '../../plan.ts';
import { ChunkText } from '../chunk-text.ts';
import { compileSearch } from '../matcher.ts';
import type { Clock, CompileSearch } from '../matcher.ts';
import { byteSet } from './found.ts';
import { isAligned, rulesOf } from './rules.ts';
import type { Hit, Rule } from './rules.ts';

const [TAB, SPACE, QUOTE, COMMA, COLON, CLOSE_LIST, CLOSE_OBJECT] = [0x09, 0x20, 0x22, 0x2c, 0x3a, 0x5d, 0x7d];
/** What stands beside a stretch and is no part of anything that is searched for. */
const APART = byteSet(String.raw` \t\n"',;<>(){}\[\]=&|`);
/** Searches of one frame at most. */
const MAX_ROUNDS = 8;

/** A frame as it is sent, and what was replaced in it. */
export interface RedactedFrame { readonly bytes: Buffer; readonly hits: readonly Hit[] }

/**
 * Makes unreadable what the rules of an entry find. All rules look at the text as it was; stretches that overlap become one,
 * with the text of the rule that was written first. No replacement makes an event longer than the limit: where one would,
 * each in that event is cut to the length of what it replaces.
 *
 * One object serves all chunks of a pipeline.
 */
export class Redaction {
  readonly #rules: readonly Rule[];
  readonly #builtIn: readonly Rule[];
  readonly #maxBytes: number;
  readonly #counts = new Map<RedactKind, number>();
  readonly #masked = new ChunkText();

  /** @param maxBytes largest message. @param clock monotonic milliseconds, for the time budget of own patterns. */
  constructor(plans: readonly RedactRulePlan[], maxBytes: number, clock: Clock = () => 0, compile: CompileSearch = compileSearch) {
    this.#rules = rulesOf(plans, clock, compile);
    this.#builtIn = this.#rules.filter(({ kind }) => kind !== 'pattern');
    this.#maxBytes = maxBytes;
  }

  /** An own pattern took longer than 50 ms for a chunk more than once. */
  get slow(): boolean { return this.#rules.some(({ overBudget }) => overBudget > 1); }

  /**
   * Redacts the frames of a chunk, but those whose `keep` is 0. A frame with something in it is written anew to the arena's
   * spill; `end` and the time stay. @param text of the arena's frames as they are now.
   * @returns how much was replaced by kind, until the next call; empty when nothing was.
   */
  redact(text: ChunkText, keep: Uint8Array | null, arena: Arena): ReadonlyMap<RedactKind, number> {
    this.#counts.clear();
    const hits = this.#collect(text, keep);
    if (hits.length === 0) return this.#counts;
    const { bytes, from, to } = arena;
    // What the frames need if nothing in them grows; only what is left of the room is for growth.
    let needed = 0;
    for (let i = 0; i < arena.count; i++) needed += to[i]! - from[i]!;
    for (let k = 0; k < hits.length;) {
      const { frame } = hits[k]!;
      const first = k;
      while (k < hits.length && hits[k]!.frame === frame) k++;
      const [start, end] = [from[frame]!, to[frame]!];
      const stretches = this.#settled(hits.slice(first, k), bytes, start, end);
      needed -= end - start;
      const texts = chosen(stretches, bytes, start, end, Math.min(this.#maxBytes, arena.spill + arena.spillSize - arena.spillAt - needed));
      from[frame] = arena.spillAt;
      arena.spillAt = to[frame] = write(stretches, texts, bytes, start, end, bytes, arena.spillAt);
      for (const { rule } of stretches) this.#counts.set(rule.kind, (this.#counts.get(rule.kind) ?? 0) + 1);
    }
    return this.#counts;
  }

  /** The first frame of a text redacted, into bytes of its own. */
  redactFrame(text: ChunkText): RedactedFrame {
    const { bytes, from, to } = text.frames;
    const [start, end] = [from[0]!, to[0]!];
    const hits = this.#settled(this.#collect(text, null), bytes, start, end);
    const texts = chosen(hits, bytes, start, end, this.#maxBytes);
    const out = Buffer.alloc(end - start + texts.reduce((sum, one) => sum + one.length, 0));
    return { bytes: out.subarray(0, write(hits, texts, bytes, start, end, out, 0)), hits };
  }

  /** What all rules find, in the order of the bytes. */
  #collect(text: ChunkText, keep: Uint8Array | null): Hit[] {
    const hits: Hit[] = [];
    const aligned = isAligned(text);
    for (const rule of this.#rules) rule.collect(text, keep, aligned, hits);
    return hits.sort((a, b) => a.frame - b.frame || a.from - b.from);
  }

  /**
   * The stretches of a frame, apart from each other. What touched one of them was perhaps not found for that reason, and
   * would be found in what is sent: so it is searched again with the stretches blotted out.
   */
  #settled(hits: readonly Hit[], bytes: Buffer, from: number, to: number): readonly Hit[] {
    let stretches = united(hits);
    for (let round = 1; round < MAX_ROUNDS && stretches.some((hit) => isTouched(bytes, from, to, hit)); round++) {
      const masked = Buffer.from(bytes.subarray(from, to));
      for (const hit of stretches) masked.fill(CLOSE_LIST, hit.from - from, hit.to - from);
      this.#masked.reset({ bytes: masked, from: Int32Array.of(0), to: Int32Array.of(to - from), end: Int32Array.of(0), time: Float64Array.of(0), count: 1 });
      const more: Hit[] = [];
      for (const rule of this.#builtIn) rule.collect(this.#masked, null, false, more);
      const before = covered(stretches);
      stretches = united([...stretches, ...more.map((hit) => ({ ...hit, from: hit.from + from, to: hit.to + from }))].sort((a, b) => a.from - b.from));
      if (covered(stretches) === before) break;
    }
    return stretches;
  }
}

/** Hits in order, with those that overlap as one. */
function united(hits: readonly Hit[]): readonly Hit[] {
  const apart: Hit[] = [];
  for (const hit of hits) {
    const last = apart.at(-1);
    if (last === undefined || hit.from >= last.to) { apart.push(hit); continue; }
    last.to = Math.max(last.to, hit.to);
    if (hit.rule.order < last.rule.order) last.rule = hit.rule;
  }
  return apart;
}

function covered(stretches: readonly Hit[]): number {
  return stretches.reduce((sum, hit) => sum + hit.to - hit.from, 0);
}

function isTouched(bytes: Buffer, from: number, to: number, hit: Hit): boolean {
  return (hit.from > from && APART[bytes[hit.from - 1]!] === 0) || (hit.to < to && APART[bytes[hit.to]!] === 0);
}

/** The text for each stretch, so that the frame has `most` bytes at most. */
function chosen(stretches: readonly Hit[], bytes: Buffer, from: number, to: number, most: number): readonly Buffer[] {
  const texts = stretches.map(({ rule, from: start, to: end }) => (rule.quoted !== null && isBareValue(bytes, from, to, start, end) ? rule.quoted : rule.replacement));
  const length = stretches.reduce((sum, hit, k) => sum + texts[k]!.length - (hit.to - hit.from), to - from);
  return length <= most ? texts : stretches.map(({ rule, from: start, to: end }) => firstOf(rule.replacement, end - start));
}

/** Writes bytes [from, to) with the texts in place of the stretches to `out`; gives where it ends. */
function write(stretches: readonly Hit[], texts: readonly Buffer[], bytes: Buffer, from: number, to: number, out: Buffer, start: number): number {
  let at = start;
  let done = from;
  for (const [k, hit] of stretches.entries()) {
    at += bytes.copy(out, at, done, hit.from);
    at += texts[k]!.copy(out, at);
    done = hit.to;
  }
  return at + bytes.copy(out, at, done, to);
}

/** Bytes [start, end) are all of a JSON member's value, and no string: text without quotes in its place would be no JSON. */
function isBareValue(bytes: Buffer, from: number, to: number, start: number, end: number): boolean {
  let before = start - 1;
  while (before >= from && isBlank(bytes[before]!)) before--;
  if (before - 1 < from || bytes[before] !== COLON || bytes[before - 1] !== QUOTE) return false;
  let behind = end;
  while (behind < to && isBlank(bytes[behind]!)) behind++;
  return behind < to && (bytes[behind] === COMMA || bytes[behind] === CLOSE_OBJECT || bytes[behind] === CLOSE_LIST);
}

function isBlank(byte: number): boolean { return byte === SPACE || byte === TAB; }

/** As much of a text as has `most` bytes at most, in whole code points. */
function firstOf(text: Buffer, most: number): Buffer {
  let end = Math.min(most, text.length);
  while (end > 0 && end < text.length && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
