// What the local endpoint has of each writer, counted as it comes.
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';

const NUMBER = /(\d{9}) of /;

/** How often each of a writer's lines has arrived. */
export class Arrived {
  readonly #times: number[] = [];

  take(message: string): void {
    const number = NUMBER.exec(message)?.[1];
    if (number === undefined) return;
    this.#times[Number(number)] = (this.#times[Number(number)] ?? 0) + 1;
  }

  /** The highest number that arrived, and one: how many lines have been seen at least. */
  get seen(): number { return this.#times.length; }
  /** Lines beyond the first of each. */
  get again(): number { return this.#times.reduce((sum, times) => sum + Math.max(0, times - 1), 0); }

  /** Numbers below `written` that never came, as ranges. */
  missing(written: number): readonly string[] {
    const ranges: string[] = [];
    let from: number | null = null;
    for (let n = 0; n <= written; n++) {
      const here = n === written || (this.#times[n] ?? 0) > 0;
      if (!here) from ??= n;
      else if (from !== null) {
        ranges.push(from === n - 1 ? String(from) : `${from}-${n - 1}`);
        from = null;
      }
    }
    return ranges;
  }
}

/** Follows what is stored, by log group. */
export function arrivedIn(endpoint: RunningEndpoint, groups: readonly string[]): ReadonlyMap<string, Arrived> {
  const arrived = new Map(groups.map((group) => [group, new Arrived()]));
  endpoint.store.observe({
    groupChanged: () => {}, groupDeleted: () => {}, streamCreated: () => {}, streamDeleted: () => {},
    stored: ({ stream, messages }) => { for (const message of messages) arrived.get(stream.group)?.take(message); },
  });
  return arrived;
}
