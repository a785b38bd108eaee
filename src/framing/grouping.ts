import type { Arena } from '../kernel/arena.ts';

/** What begins an event: the implied rule, every line, or a test of line `i` of the arena's columns. */
export type StartRule = 'nonspace' | 'line' | { starts(i: number): boolean; begin(): void };

const isSpace = (b: number): boolean => b === 0x20 || b === 0x0a || b === 0x0d || b === 0x09 || b === 0x0c;

/** Joins the lines of the columns into the frames of whole events. */
export class Grouping {
  readonly #arena: Arena;
  readonly #rule: StartRule;
  /** Source bytes of the chunk up to the end of the last complete event. */
  consumed = 0;
  /** Address of the first byte of the event that is not complete yet, blank lines before it left out; 0: there is none. */
  openFrom = 0;

  constructor(arena: Arena, rule: StartRule) {
    this.#arena = arena;
    this.#rule = rule;
  }

  /**
   * @param start address of the chunk. @param consumed source bytes that the lines take.
   * @param flush the last event is complete, whatever may follow. @param continuing the first line goes on with a message.
   * @param tailed the last line is there to be judged only: it is incomplete.
   */
  group(start: number, consumed: number, flush: boolean, continuing: boolean, tailed: boolean): void {
    const a = this.#arena;
    const rule = this.#rule;
    if (typeof rule === 'object') rule.begin();
    let frames = 0;
    let endBefore = 0;
    const isEmpty = (frame: number): boolean => a.to[frame]! <= a.from[frame]! && !(continuing && frame === 0);
    const lines = tailed ? a.count - 1 : a.count;
    let closed = false;
    this.consumed = consumed;
    this.openFrom = 0;
    for (let i = 0; i < a.count; i++) {
      const from = a.from[i]!;
      const to = a.to[i]!;
      const begins = rule === 'line' || (rule === 'nonspace' ? from < to && !isSpace(a.bytes[from]!) : rule.starts(i));
      // Until an event has text nothing is joined to it: one without text is never sent, and what follows takes its place.
      const empty = i > 0 && isEmpty(frames);
      if (i > 0 && begins && !empty) endBefore = a.end[frames++]!;
      if (i === lines) {
        closed = begins && !empty && i > 0;
        if (empty) this.openFrom = from;
        break;
      }
      if (i === 0 || begins || empty) a.from[frames] = from;
      a.to[frames] = to;
      a.end[frames] = a.end[i]!;
    }
    if (lines > 0) {
      if (closed) this.openFrom = a.from[lines]!;
      else if (flush || rule === 'line') {
        endBefore = a.end[frames]!;
        if (!isEmpty(frames)) frames++;
      } else if (this.openFrom === 0) this.openFrom = isEmpty(frames) ? start + a.end[frames]! : a.from[frames]!;
      this.consumed = endBefore;
    }
    a.count = frames;
  }
}
