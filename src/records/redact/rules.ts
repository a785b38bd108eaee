import type { PatternPlan, RedactKind, RedactRulePlan } from '../../plan.ts';
import type { ChunkText } from '../chunk-text.ts';
import { MATCH_BUDGET_MS, Matcher } from '../matcher.ts';
import type { Clock, CompileSearch } from '../matcher.ts';
import { cardNumbers } from './card-numbers.ts';
import { emailAddresses } from './email-addresses.ts';
import { Found, REPLACEMENTS } from './found.ts';
import type { Detector } from './found.ts';
import { ipv4Addresses, ipv6Addresses } from './ip-addresses.ts';
import { keyLines, keyedSecrets, knownTokens, privateKeys, urlPasswords } from './secrets.ts';

type BuiltIn = Exclude<RedactKind, 'pattern'>;

const DETECTORS: Readonly<Record<BuiltIn, readonly Detector[]>> = {
  secrets: [privateKeys, keyLines, knownTokens, ...keyedSecrets, urlPasswords],
  card_numbers: [cardNumbers],
  email_addresses: [emailAddresses],
  ip_addresses: [ipv4Addresses, ipv6Addresses],
};

/** A stretch of a frame that is to be replaced, and by which rule. Offsets are those of `frames.bytes`. */
export interface Hit { readonly frame: number; readonly from: number; to: number; rule: Rule }

/** One rule: what it finds, and what takes its place. */
export class Rule {
  /** Its place in the config: of rules that find the same, the first is right. */
  readonly order: number;
  readonly kind: RedactKind;
  readonly replacement: Buffer;
  /** The same as a JSON string, for a value that was a number; null where the text is taken as it is. */
  readonly quoted: Buffer | null;
  readonly #searches: readonly Search[];

  constructor(order: number, kind: RedactKind, replacement: string, searches: readonly Search[]) {
    this.order = order;
    this.kind = kind;
    this.replacement = Buffer.from(replacement);
    this.quoted = kind === 'pattern' ? null : Buffer.from(`"${replacement}"`);
    this.#searches = searches;
  }

  /** Chunks that took longer than MATCH_BUDGET_MS. */
  get overBudget(): number { return Math.max(...this.#searches.map(({ overBudget }) => overBudget)); }

  /** Appends what it finds; frames whose `keep` is 0 are not looked at. @param aligned see `isAligned`. */
  collect(text: ChunkText, keep: Uint8Array | null, aligned: boolean, hits: Hit[]): void {
    for (const search of this.#searches) search.collect(text, keep, aligned, (frame, from, to) => hits.push({ frame, from, to, rule: this }));
  }
}

/** The rules of a plan, in its order. */
export function rulesOf(plans: readonly RedactRulePlan[], clock: Clock, compile: CompileSearch): readonly Rule[] {
  return plans.map((plan, order) => plan.kind === 'pattern'
    ? new Rule(order, plan.kind, plan.replacement, [new PatternSearch(plan.pattern, clock, compile)])
    : new Rule(order, plan.kind, REPLACEMENTS[plan.kind], DETECTORS[plan.kind].map((detector) => new DetectorSearch(detector))));
}

/** The frames follow each other, each on lines of its own: then all of them can be searched as one text. */
export function isAligned(text: ChunkText): boolean {
  const { from, to, count } = text.frames;
  for (let i = 0; i < count; i++) {
    if (!text.beginsAtBreak(from[i]!) || !text.endsAtBreak(to[i]!) || (i > 0 && from[i]! < to[i - 1]!)) return false;
  }
  return true;
}

type Add = (frame: number, from: number, to: number) => void;

interface Search {
  readonly overBudget: number;
  collect(text: ChunkText, keep: Uint8Array | null, aligned: boolean, add: Add): void;
}

class DetectorSearch implements Search {
  readonly overBudget = 0;
  readonly #detector: Detector;
  readonly #found = new Found();

  constructor(detector: Detector) { this.#detector = detector; }

  collect(text: ChunkText, keep: Uint8Array | null, aligned: boolean, add: Add): void {
    if (!this.#detector.mayOccur(text.latin1)) return;
    if (aligned && !this.#detector.crossesLines) this.#inAll(text, keep, add);
    else this.#inEach(text, keep, add);
  }

  #inAll(text: ChunkText, keep: Uint8Array | null, add: Add): void {
    const { frames: { from, to, count }, base } = text;
    const found = this.#found;
    found.clear();
    this.#detector.find(text.latin1, found);
    for (let k = 0, i = 0; k < found.from.length; k++) {
      const start = base + found.from[k]!;
      while (i < count && to[i]! <= start) i++;
      if (i === count) return;
      // What stands between the frames was dropped.
      if (start >= from[i]! && keep?.[i] !== 0) add(i, start, Math.min(base + found.to[k]!, to[i]!));
    }
  }

  #inEach(text: ChunkText, keep: Uint8Array | null, add: Add): void {
    const { frames: { from, to, count }, base } = text;
    const found = this.#found;
    for (let i = 0; i < count; i++) {
      if (keep?.[i] === 0) continue;
      found.clear();
      this.#detector.find(text.latin1.slice(from[i]! - base, to[i]! - base), found);
      for (let k = 0; k < found.from.length; k++) add(i, from[i]! + found.from[k]!, from[i]! + found.to[k]!);
    }
  }
}

/** A person's pattern: the matcher tells which frames have a match, and only these are searched for its places. */
class PatternSearch implements Search {
  overBudget = 0;
  readonly #matcher: Matcher;
  readonly #exact: RegExp;
  readonly #clock: Clock;

  constructor(pattern: PatternPlan, clock: Clock, compile: CompileSearch) {
    this.#matcher = new Matcher(pattern, undefined, compile);
    this.#exact = new RegExp(pattern.js, `${pattern.flags}g`);
    this.#clock = clock;
  }

  collect(text: ChunkText, keep: Uint8Array | null, _aligned: boolean, add: Add): void {
    const { from, to, count } = text.frames;
    const before = this.#clock();
    const has = keep === null ? new Uint8Array(count).fill(1) : keep.slice(0, count);
    this.#matcher.narrow(text, has, true);
    for (let i = 0; i < count; i++) if (has[i] === 1) this.#inFrame(text, i, from[i]!, to[i]!, add);
    if (this.#clock() - before > MATCH_BUDGET_MS) this.overBudget += 1;
  }

  #inFrame(text: ChunkText, frame: number, from: number, to: number, add: Add): void {
    const message = text.decode(from, to);
    const ascii = !text.hasNonAscii(from, to);
    const exact = this.#exact;
    let [index, offset] = [0, from];
    const offsetOf = (next: number): number => {
      offset += ascii ? next - index : Buffer.byteLength(message.slice(index, next));
      index = next;
      return offset;
    };
    exact.lastIndex = 0;
    for (let match = exact.exec(message); match !== null; match = exact.exec(message)) {
      const end = match.index + match[0].length;
      // An empty match hides nothing.
      if (match[0] === '') exact.lastIndex = end + ((message.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
      else add(frame, offsetOf(match.index), offsetOf(end));
    }
  }
}
