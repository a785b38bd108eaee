import type { DestinationStatus, FileStatus, StatusDocument } from './facts.ts';

/** Rates are over so long: shorter ones jump, since events travel in batches. */
const SPAN_MS = 6000;
/** Totals kept, for the small charts: two minutes at one a second. */
const KEPT_TOTALS = 120;

/** Per second. */
export interface Total { readonly at: number; readonly bytes: number; readonly events: number }

interface Look { readonly status: StatusDocument; readonly files: ReadonlyMap<string, number>; readonly destinations: ReadonlyMap<string, DestinationStatus> }

export const fileKey = ({ entry, path, attachment }: FileStatus): string => `${entry}\n${attachment === 'attached' ? '' : attachment}\n${path}`;
export const destinationKey = ({ group, stream, service }: Pick<DestinationStatus, 'group' | 'stream'> & { readonly service?: string | null }): string => `${group}\n${stream}\n${service ?? ''}`;

/** What grows between looks at the agent, per second. Pure: the documents have the times. */
export class Rates {
  readonly #looks: Look[] = [];
  readonly #totals: Total[] = [];

  /** Takes the next document. One of another run of the agent begins anew. */
  take(status: StatusDocument): void {
    const last = this.#looks.at(-1)?.status;
    if (last !== undefined && (last.agent.startedAt !== status.agent.startedAt || last.at > status.at)) {
      this.#looks.length = 0;
      this.#totals.length = 0;
    }
    if (last?.at === status.at) return;
    this.#looks.push({
      status,
      files: new Map(status.files.list.map((file) => [fileKey(file), file.offset])),
      destinations: new Map(status.destinations.list.map((one) => [destinationKey(one), one])),
    });
    while (this.#looks.length > 2 && status.at - this.#looks[1]!.status.at >= SPAN_MS) this.#looks.shift();
    const { seconds, since } = this.#span;
    if (seconds === 0) return;
    this.#totals.push({ at: status.at, bytes: grown(status.counters.settledBytes, since.counters.settledBytes) / seconds, events: grown(status.counters.deliveredEvents, since.counters.deliveredEvents) / seconds });
    if (this.#totals.length > KEPT_TOTALS) this.#totals.shift();
  }

  /** Oldest first. */
  get totals(): readonly Total[] { return this.#totals; }
  get latest(): Total | null { return this.#totals.at(-1) ?? null; }

  /** Bytes of the file read per second; null before the second look at it. */
  ofFile(file: FileStatus): number | null {
    const { seconds } = this.#span;
    const before = this.#looks[0]?.files.get(fileKey(file));
    return seconds === 0 || before === undefined ? null : grown(file.offset, before) / seconds;
  }

  /** Events accepted per second; null before the second look. */
  ofDestination(one: DestinationStatus): number | null {
    const { seconds } = this.#span;
    const before = this.#looks[0]?.destinations.get(destinationKey(one));
    return seconds === 0 || before === undefined ? null : grown(one.events, before.events) / seconds;
  }

  get #span(): { readonly seconds: number; readonly since: StatusDocument } {
    const first = this.#looks[0]!.status;
    return { seconds: (this.#looks.at(-1)!.status.at - first.at) / 1000, since: first };
  }
}

/** What is read again after a failure is no growth. */
const grown = (now: number, before: number): number => Math.max(0, now - before);
