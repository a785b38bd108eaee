import { AnyTime } from '../records/any-time.ts';
import { ChunkText } from '../records/chunk-text.ts';
import { compileSearch } from '../records/matcher.ts';
import type { CompiledSearch } from '../records/matcher.ts';
import { compileFormat, openZone } from '../records/timestamp.ts';
import type { FormatReader } from '../records/timestamp.ts';
import type { PatternPlan } from '../plan.ts';
import type { Zone } from '../records/zone.ts';

/**
 * What the stages of all entries of a plan share: the text of the chunk that passes through them, and what is made of the
 * config's words once for each word. Thousands of entries have a few formats, zones and patterns between them.
 */
export class SharedParts {
  /** One for all entries, because a chunk passes the stages of its entry in one synchronous run. */
  readonly text = new ChunkText();
  readonly #localZone: string;
  readonly #zones: Map<string, Zone>;
  readonly #formats = new Map<string, FormatReader>();
  readonly #values = new Map<Zone, AnyTime>();
  readonly #searches = new Map<string, CompiledSearch>();

  /** @param localZone IANA name of the host's zone. @param zones opened before: one costs up to 12 ms. */
  constructor(localZone: string, zones = new Map<string, Zone>()) {
    this.#localZone = localZone;
    this.#zones = zones;
  }

  zoneOf(name: string): Zone | { readonly problem: string } { return openZone(name, this.#localZone, this.#zones); }

  /** What tells in `text` which frames have the format. To read the times of a file: its `fork`. */
  formatOf(format: string, zone: string): FormatReader | { readonly problem: string } {
    const key = `${zone}\n${format}`;
    const known = this.#formats.get(key);
    if (known !== undefined) return known;
    const reader = compileFormat(format, zone, this.#localZone, this.#zones);
    if (!('problem' in reader)) this.#formats.set(key, reader);
    return reader;
  }

  /** What reads any usual time. To read the times of a file: its `fork`. */
  anyTimeIn(zone: Zone): AnyTime {
    const value = this.#values.get(zone) ?? new AnyTime(zone);
    this.#values.set(zone, value);
    return value;
  }

  readonly searchOf = (pattern: PatternPlan): CompiledSearch => {
    const search = this.#searches.get(pattern.source) ?? compileSearch(pattern);
    this.#searches.set(pattern.source, search);
    return search;
  };
}
