import type { Dimensions } from '../../metrics-plan.ts';
import type { Allowance } from '../allowance.ts';
import type { Distribution } from '../datum.ts';
import { Samples } from '../samples.ts';
import type { Kind, Line } from './line.ts';
import { memberOf } from './set-member.ts';

const PLUS = 0x2b;
const MINUS = 0x2d;

/** What one metric with one set of dimensions came to since the last collection. */
export class Series {
  readonly kind: Kind;
  readonly name: string;
  readonly dimensions: Dimensions;
  /** Of the allowance, for its being there. */
  readonly cost: number;
  readonly #entries: Allowance;
  #samples: Samples | null = null;
  #members: Set<string> | null = null;
  /** Of a counter its sum, of a gauge its value. */
  #total = 0;
  #touched = false;
  /** Monotonic milliseconds of the last collection that had something of it, or of its beginning. */
  heardAt: number;
  /** Ways in which it is written, that the table knows. */
  spellings = 0;
  /** No longer in the table. */
  gone = false;

  constructor(kind: Kind, name: string, dimensions: Dimensions, { cost, entries, now }: { readonly cost: number; readonly entries: Allowance; readonly now: number }) {
    this.kind = kind;
    this.name = name;
    this.dimensions = dimensions;
    this.cost = cost;
    this.heardAt = now;
    this.#entries = entries;
  }

  get touched(): boolean { return this.#touched; }

  /** Takes one sample of a line. @returns false when it was left out, for want of an entry */
  take(line: Line, sample: number): boolean {
    switch (this.kind) {
      case 'counter':
        this.#total += line.values[sample]! / line.rates[sample]!;
        break;
      case 'gauge':
        this.#total = isRelative(line, sample) ? this.#total + line.values[sample]! : line.values[sample]!;
        break;
      case 'set':
        if (!this.#member(memberOf(line.bytes, line.valueFrom[sample]!, line.valueTo[sample]!))) return false;
        break;
      case 'timing': case 'histogram':
        this.#samples ??= new Samples(this.#entries);
        if (!this.#samples.add(line.values[sample]!, 1 / line.rates[sample]!)) return false;
        break;
      default: this.kind satisfies never;
    }
    return (this.#touched = true);
  }

  /** Its value since the last call; null when it has none. @param keepGauge a gauge's value stays, and is given again each time */
  collect(now: number, keepGauge: boolean): number | Distribution | null {
    if (!this.#touched) return keepGauge && this.kind === 'gauge' ? this.#total : null;
    this.heardAt = now;
    this.#touched = false;
    const total = this.#total;
    switch (this.kind) {
      case 'counter':
        this.#total = 0;
        return total;
      case 'gauge':
        if (!keepGauge) this.#total = 0;
        return total;
      case 'set': {
        const count = this.#members!.size;
        this.#forgetMembers();
        return count;
      }
      case 'timing': case 'histogram': {
        const distribution = this.#samples!.distribution();
        this.#samples!.clear();
        return distribution;
      }
      default: return this.kind satisfies never;
    }
  }

  #member(member: string): boolean {
    this.#members ??= new Set();
    if (this.#members.has(member)) return true;
    if (!this.#entries.take(1)) return false;
    this.#members.add(member);
    return true;
  }

  #forgetMembers(): void {
    this.#entries.give(this.#members!.size);
    this.#members = null;
  }
}

/** A gauge with a sign is changed by so much. */
export function isRelative(line: Line, sample: number): boolean {
  const sign = line.bytes[line.valueFrom[sample]!];
  return sign === PLUS || sign === MINUS;
}
