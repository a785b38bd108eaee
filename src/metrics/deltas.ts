import type { Dimensions } from '../metrics-plan.ts';
import type { FieldKind, Reading } from './sampler.ts';

/** Samples that a thing may miss before it is forgotten: an interface that is down for a moment goes on where it was. */
const MISSED_SAMPLES = 10;
/** Things that are gone and still remembered; beyond it the one that is gone longest is forgotten. */
const MAX_GONE = 4096;

interface Observed { values: Readonly<Record<string, number>>; missed: number }

/**
 * Makes growth of what counts from the boot on, as OpenTelemetry's cumulative-to-delta does: the first observation gives
 * nothing, a value below the one before means that the count began anew and is itself the growth. There is one state for
 * each of a thing's dimensions and fields. Of a field that is new at zero the first observation counts, but for the first sample.
 */
export class Deltas {
  readonly #counted: readonly string[];
  readonly #newAtZero: ReadonlySet<string>;
  readonly #observed = new Map<string, Observed>();
  #isFirst = true;

  constructor(fields: Readonly<Record<string, FieldKind>>) {
    this.#counted = Object.entries(fields).filter(([, { delta }]) => delta !== undefined).map(([field]) => field);
    this.#newAtZero = new Set(this.#counted.filter((field) => fields[field]!.delta === 'new-at-zero'));
  }

  /** How many things are remembered. */
  get size(): number { return this.#observed.size; }

  /** The readings of one sample with their growth since the one before in place of the counts; what has nothing to say is left out. */
  apply(readings: readonly Reading[]): readonly Reading[] {
    if (this.#counted.length === 0) return readings;
    for (const observed of this.#observed.values()) observed.missed++;
    const grown = readings.map((reading) => this.#growth(reading)).filter(({ values }) => Object.keys(values).length > 0);
    this.#forget();
    this.#isFirst = false;
    return grown;
  }

  #growth({ dimensions, values }: Reading): Reading {
    const key = keyOf(dimensions);
    const before = this.#observed.get(key)?.values ?? {};
    const counts: Record<string, number> = { ...before };
    const grown: Record<string, number> = { ...values };
    for (const field of this.#counted) {
      const value = values[field];
      delete grown[field];
      if (value === undefined || !Number.isFinite(value)) continue;
      const last = before[field] ?? (this.#newAtZero.has(field) && !this.#isFirst ? 0 : undefined);
      counts[field] = value;
      if (last !== undefined) grown[field] = value < last ? value : value - last;
    }
    // Set anew, it comes last: whoever stands first is gone longest.
    this.#observed.delete(key);
    this.#observed.set(key, { values: counts, missed: 0 });
    return { dimensions, values: grown };
  }

  #forget(): void {
    let gone = 0;
    for (const { missed } of this.#observed.values()) if (missed > 0) gone++;
    for (const [key, { missed }] of this.#observed) {
      if (missed === 0) return;
      if (missed <= MISSED_SAMPLES && gone <= MAX_GONE) continue;
      this.#observed.delete(key);
      gone--;
    }
  }
}

function keyOf(dimensions: Dimensions): string {
  return JSON.stringify(dimensions);
}
