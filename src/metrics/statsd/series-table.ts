import type { StatsdPlan } from '../../metrics-plan.ts';
import { Allowance } from '../allowance.ts';
import type { Kind, Line } from './line.ts';
import { Series } from './series.ts';
import { namingOf } from './tags.ts';

type TablePlan = Pick<StatsdPlan, 'separator' | 'typeDimension' | 'keepGauges'>;

export interface TableLimits {
  readonly maxSeries: number;
  /** Of about 100 bytes each. */
  readonly maxEntries: number;
}
/** A series costs some 3.5 KB until it is published. All of it stays within what the agent's service may have (MemoryHigh), logs beside it: whoever may send can fill it. */
export const TABLE_LIMITS: TableLimits = { maxSeries: 30_000, maxEntries: 750_000 };

/** What a series costs besides its key: the objects, the dimensions. */
const SERIES_ENTRIES = 4;
const ENTRY_BYTES = 100;
/** Spellings with one hash that are looked through; those beyond it are found by their text. */
const MAX_CHAIN = 8;
/** Ways to write one series that are known by their bytes; the usual is one for each program that sends it. */
const MAX_SPELLINGS = 16;
/** A gauge that nobody sets for so long is forgotten; StatsD itself keeps it for ever. */
const GAUGE_KEPT_MS = 3_600_000;
/** Others without samples stay so long: their names need not be read anew each time. */
const OTHERS_KEPT_MS = 300_000;

/** One way in which a series is written. */
interface Spelling {
  readonly kind: Kind;
  /** Of the name, then of the tags. */
  readonly bytes: Buffer;
  readonly nameLength: number;
  readonly series: Series;
  next: Spelling | null;
}

/** All series, found by the bytes of their names and tags. */
export class SeriesTable {
  readonly #plan: TablePlan;
  readonly #limits: TableLimits;
  readonly #entries: Allowance;
  readonly #spellings = new Map<number, Spelling>();
  /** By kind, published name and dimensions: the order of tags, or a dot for the separator, makes no other series. */
  readonly #series = new Map<string, Series>();
  /** Tags that were left out of the series that came in. */
  tagsLeftOut = 0;

  constructor(plan: TablePlan, limits: TableLimits) {
    this.#plan = plan;
    this.#limits = limits;
    this.#entries = new Allowance(limits.maxEntries);
  }

  get size(): number { return this.#series.size; }
  values(): MapIterator<Series> { return this.#series.values(); }

  /** The series of a line's samples of one kind. @param now monotonic milliseconds */
  find(line: Line, kind: Kind, now: () => number): Series | 'long-name' | 'no-room' {
    const hash = (line.hash + kind.charCodeAt(0)) | 0;
    let length = 0;
    for (let known = this.#spellings.get(hash) ?? null; known !== null; known = known.next, length++) {
      if (known.kind === kind && spelledLike(known, line)) return known.series;
    }
    const series = this.#named(line, kind, now);
    if (typeof series !== 'string' && length < MAX_CHAIN && series.spellings < MAX_SPELLINGS && this.#entries.take(spellingCost(line))) {
      const bytes = Buffer.concat([line.bytes.subarray(line.nameFrom, line.nameTo), line.bytes.subarray(line.tagsFrom, line.tagsTo)]);
      series.spellings++;
      this.#spellings.set(hash, { kind, bytes, nameLength: line.nameTo - line.nameFrom, series, next: this.#spellings.get(hash) ?? null });
    }
    return series;
  }

  /** Forgets the series that nothing was heard of for long; soon, when half of what may be is there. */
  sweep(now: number): void {
    const isFull = this.#series.size > this.#limits.maxSeries / 2;
    let swept = 0;
    for (const [key, series] of this.#series) {
      const quietMs = now - series.heardAt;
      if (quietMs === 0 || series.touched) continue;
      const isKept = series.kind === 'gauge' && this.#plan.keepGauges;
      if (isKept ? quietMs < GAUGE_KEPT_MS : !isFull && quietMs < OTHERS_KEPT_MS) continue;
      this.#series.delete(key);
      this.#entries.give(series.cost);
      series.gone = true;
      swept++;
    }
    if (swept > 0) this.#forgetSpellings();
  }

  #forgetSpellings(): void {
    for (const [hash, first] of this.#spellings) {
      let kept: Spelling | null = null;
      for (let known: Spelling | null = first; known !== null;) {
        const next: Spelling | null = known.next;
        if (known.series.gone) this.#entries.give(entriesOf(known.bytes.length));
        else {
          known.next = kept;
          kept = known;
        }
        known = next;
      }
      if (kept === null) this.#spellings.delete(hash);
      else this.#spellings.set(hash, kept);
    }
  }

  #named(line: Line, kind: Kind, now: () => number): Series | 'long-name' | 'no-room' {
    const naming = namingOf(line, kind, this.#plan);
    if (naming === null) return 'long-name';
    const { name, dimensions, leftOut } = naming;
    const key = JSON.stringify([kind, name, dimensions]);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    // Name and dimensions are held as the key, and once more by themselves.
    const cost = SERIES_ENTRIES + 2 * entriesOf(key.length);
    if (this.#series.size >= this.#limits.maxSeries || !this.#entries.take(cost)) return 'no-room';
    this.tagsLeftOut += leftOut;
    const series = new Series(kind, name, dimensions, { cost, entries: this.#entries, now: now() });
    this.#series.set(key, series);
    return series;
  }
}

const entriesOf = (bytes: number): number => 1 + Math.ceil(bytes / ENTRY_BYTES);
const spellingCost = (line: Line): number => entriesOf(line.nameTo - line.nameFrom + line.tagsTo - line.tagsFrom);

function spelledLike({ bytes, nameLength }: Spelling, line: Line): boolean {
  if (nameLength !== line.nameTo - line.nameFrom || bytes.length - nameLength !== line.tagsTo - line.tagsFrom) return false;
  for (let at = 0; at < nameLength; at++) if (bytes[at] !== line.bytes[line.nameFrom + at]) return false;
  for (let at = nameLength, other = line.tagsFrom; at < bytes.length; at++, other++) if (bytes[at] !== line.bytes[other]) return false;
  return true;
}
