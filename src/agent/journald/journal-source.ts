import { Ledger } from '../../checkpoint/ledger.ts';
import type { TrackedCheckpoint } from '../../checkpoint/tracked.ts';
import type { Settlement, Source } from '../../delivery/lane.ts';
import { FileTrail } from '../file-trail.ts';
import type { Outlet } from '../outlet.ts';
import { entryText } from '../../journald/entry-text.ts';
import { MESSAGE } from '../../journald/export-entries.ts';
import type { JournalEntry } from '../../journald/export-entries.ts';
import { MAX_FRAMES } from '../../kernel/arena.ts';
import { EVENT_OVERHEAD_BYTES } from '../../plan.ts';
import type { Loss } from '../../report/report.ts';
import type { Cut, StampedFile } from '../stamper.ts';
import type { Trail } from '../trail.ts';
import { EntryTimes } from './journal-stages.ts';
import type { JournalStages } from './journal-stages.ts';
import type { MessageFilter } from './message-filter.ts';

const NEWLINE = 10;
const NO_MESSAGE = Buffer.alloc(0);

/** A position in the journal: `offset` counts the bytes of the entries read so far, which nothing can be found by; `cursor` is empty before the first. */
export interface JournalMark { readonly offset: number; readonly cursor: string }

export interface JournalSourceSpec {
  /** For messages. */
  readonly name: string;
  readonly outlet: Outlet;
  /** Null: there is no position yet. */
  readonly handle: TrackedCheckpoint | null;
  readonly track: (cursor: string) => TrackedCheckpoint;
  readonly trail: Trail;
  /** What was read is to be read again. */
  readonly rewound: () => void;
}

/**
 * The journal as one entry of the plan reads it: how far it was read, and what of that is still held. `take` is synchronous, from
 * entries to encoded events:
 *
 *     filter (message) ─► JSON ─► Stamper.stamp ─► Outlet.add ─► hold
 */
export class JournalSource implements Source, StampedFile {
  readonly path: string;
  readonly outlet: Outlet;
  /** What is held can be read again. */
  readonly isOnlyHeld = false;
  readonly isLastChance = false;
  readonly truncated = false;
  /** See Generation. */
  mayRepeat = false;
  lastAckAt: number | null = null;
  readonly mtimeMs = 0;
  readonly parser = new EntryTimes();
  readonly #s: JournalStages;
  readonly #spec: JournalSourceSpec;
  readonly #ledger: Ledger<JournalMark>;
  readonly #cut: Cut;
  #handle: TrackedCheckpoint | null;
  /** Null while there is no position. */
  #trail: FileTrail | null;
  #savedOffset: number;
  #detached = false;
  /** Behind each entry of the step; frames name them by their number, from 1, in the column `end`. */
  #marks: JournalMark[] = [];
  /** Entries of the step that can be handed on now. */
  #taken = 0;

  constructor(spec: JournalSourceSpec, stages: JournalStages) {
    this.path = spec.name;
    this.outlet = spec.outlet;
    this.#spec = spec;
    this.#s = stages;
    this.#handle = spec.handle;
    this.#trail = spec.handle === null ? null : new FileTrail(spec.trail, spec.handle);
    const start = { offset: spec.handle?.offset ?? 0, cursor: spec.handle?.cursor ?? '' };
    this.#ledger = new Ledger(start);
    this.#savedOffset = start.offset;
    const { arena } = stages;
    this.#cut = {
      hasPieces: false, dirty: false, continues: arena.scratch.continues, soil: () => undefined,
      shorten: (count) => { arena.count = count; this.#taken = count === 0 ? 0 : arena.end[count - 1]!; },
    };
  }

  /** Nothing is known yet of where to begin. */
  get isNew(): boolean { return this.#handle === null; }
  /** How far it was read and handed on. */
  get mark(): JournalMark { return this.#ledger.mark; }
  /** Up to here every entry is settled. */
  get safe(): JournalMark { return this.#ledger.safe; }
  get settled(): boolean { return this.#ledger.settled; }
  get heldBytes(): number { return this.mark.offset - this.safe.offset; }

  /** Begins behind this entry; empty: with the first there is. */
  begin(cursor: string): void {
    this.#handle = this.#spec.track(cursor);
    this.#trail = new FileTrail(this.#spec.trail, this.#handle);
    this.passTo(cursor);
  }

  /** Nothing is to be read up to and with this entry. */
  passTo(cursor: string): void { this.#skip({ offset: this.mark.offset, cursor }); }

  canRewind(batches: ReadonlySet<object>): boolean { return this.mayRepeat || this.#ledger.rewindsOnly(batches); }

  rewind(): void {
    const before = this.mark.offset;
    const { offset } = this.#ledger.rewind();
    this.#trail?.rewound(offset);
    this.#s.report.read(offset - before);
    if (!this.#detached) this.#spec.rewound();
  }

  hold(frame: number, batch: object): void {
    const further = this.#ledger.hold(this.#marks[this.#s.arena.end[frame]! - 1]!, batch);
    this.#trail?.held(batch, further);
  }

  settle(batch: object, settlement: Settlement): void {
    const range = this.#ledger.settle(batch);
    if (range !== null) this.#trail?.settled({ from: range.from, to: range.to, cursors: { behind: range.first.cursor, upTo: range.last.cursor } }, batch, settlement);
    this.lastAckAt = Date.now();
    this.#saveSafe();
  }

  /** Left out of what was read last. */
  lost(loss: Loss): void { this.#trail?.lost(loss); }

  /** So many entries behind the position, as far as is known, exist no more. */
  gap(events: number): void {
    this.#s.report.dropped('journal-gap', events, 0, this.path);
    this.lost({ reason: 'journal-gap', events, bytes: 0 });
    this.#skip(this.mark);
  }

  givenUp(): void { /* Never: what is held can be read again. */ }

  /** Its checkpoint is another's from now on. */
  detach(): void { this.#detached = true; }

  /** Hands entries on, from the one at `first`, as many as fit; gives how many, 0 when the outlet cannot take the next one now. Room is reserved. */
  take(entries: readonly JournalEntry[], first: number): number {
    const { arena, stamper, report, now, filter } = this.#s;
    arena.spillAt = arena.spill;
    const kept = filter === null ? null : this.#filtered(filter, entries, first);
    const { cuts, dropped } = this.#write(entries, first, kept);
    stamper.stamp(this.#cut, this, null);
    const taken = this.#taken;
    if (taken === 0) return 0;
    let [filteredEvents, filteredBytes, cut] = [0, 0, 0];
    for (let i = 0; i < taken; i++) {
      cut += cuts[i]!;
      if (dropped[i]! < 0) continue;
      filteredEvents++;
      filteredBytes += dropped[i]!;
    }
    const mark = this.#marks[taken - 1]!;
    report.read(mark.offset - this.mark.offset);
    if (filteredEvents > 0) {
      report.dropped('filtered', filteredEvents, filteredBytes, null);
      this.lost({ reason: 'filtered', events: filteredEvents, bytes: filteredBytes });
    }
    if (cut > 0) {
      report.dropped('journal-cut', 0, cut, this.path);
      this.lost({ reason: 'journal-cut', events: 0, bytes: cut });
    }
    this.outlet.add(0, arena.count, this, now());
    this.#skip(mark);
    return taken;
  }

  /** Which entries are kept, of as many as have room for their messages. */
  #filtered(filter: MessageFilter, entries: readonly JournalEntry[], first: number): Uint8Array {
    const { arena, text, report } = this.#s;
    const limit = arena.input + arena.inputSize;
    let at = arena.input;
    arena.count = 0;
    for (let i = first; i < entries.length && arena.count < MAX_FRAMES; i++) {
      const message = messageOf(entries[i]!);
      if (at + message.length + 1 > limit) break;
      at = this.#put(message, at, 0);
    }
    text.reset(arena);
    const kept = filter.verdicts(text);
    if (filter.isSlow) report.trouble(`filter ${this.path}`, `${this.path}: a filter of its entry takes longer than 50 ms for a chunk; simplify its expression`);
    return kept;
  }

  /** Writes the events of the kept entries into the columns, as far as they fit; `dropped`: bytes of a message that was filtered out, -1 for one that was kept. */
  #write(entries: readonly JournalEntry[], first: number, kept: Uint8Array | null): { readonly cuts: readonly number[]; readonly dropped: readonly number[] } {
    const { arena, maxEventBytes } = this.#s;
    const limit = arena.input + arena.inputSize;
    const cuts: number[] = [];
    const dropped: number[] = [];
    let at = arena.input;
    let { offset } = this.mark;
    this.#marks = [];
    arena.count = 0;
    for (const entry of entries.slice(first, first + (kept?.length ?? MAX_FRAMES))) {
      const keeps = kept === null || kept[this.#marks.length] === 1;
      if (keeps) {
        const { text, cut } = entryText(entry, maxEventBytes - EVENT_OVERHEAD_BYTES);
        const bytes = Buffer.from(text);
        if (at + bytes.length + 1 > limit) break;
        arena.time[arena.count] = entry.time;
        at = this.#put(bytes, at, this.#marks.length + 1);
        cuts.push(cut);
        dropped.push(-1);
      } else {
        cuts.push(0);
        dropped.push(messageOf(entry).length);
      }
      offset += entry.bytes;
      this.#marks.push({ offset, cursor: entry.cursor });
    }
    this.#taken = this.#marks.length;
    return { cuts, dropped };
  }

  /** One frame more: a message, with a line end behind it as searches like it. */
  #put(message: Buffer, at: number, end: number): number {
    const { arena } = this.#s;
    const to = at + message.copy(arena.bytes, at);
    arena.from[arena.count] = at;
    arena.to[arena.count] = to;
    arena.end[arena.count] = end;
    arena.count++;
    arena.bytes[to] = NEWLINE;
    return to + 1;
  }

  #skip(mark: JournalMark): void {
    const { offset, cursor } = this.mark;
    this.#trail?.passed(offset, mark.offset, { behind: cursor, upTo: mark.cursor });
    this.#ledger.skip(mark);
    if (this.#ledger.settled) this.#saveSafe();
  }

  #saveSafe(): void {
    const { offset, cursor } = this.#ledger.safe;
    if (offset !== this.#savedOffset) this.#s.report.settled(offset - this.#savedOffset);
    this.#savedOffset = offset;
    if (!this.#detached) this.#handle?.reach(offset, cursor);
  }
}

/** What was said in an entry; empty where nothing was. */
export function messageOf({ fields }: JournalEntry): Buffer { return fields.find(({ name }) => name === MESSAGE)?.value ?? NO_MESSAGE; }
