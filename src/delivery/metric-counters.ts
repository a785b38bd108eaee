import type { DatumChange, DatumFault } from '../batching/metric-datum.ts';
import type { Report } from '../report/report.ts';
import type { HoldBound } from './metric-hold.ts';

/** Why metrics were not published; each has a counter. */
export type MetricDropReason = DatumFault | HoldBound | 'refused' | 'unreadable' | 'ended';

export interface DroppedMetrics {
  readonly datums: number;
  /** Compressed; 0 where no request held them yet. */
  readonly bytes: number;
}

/**
 * Since the start. A datum with more values than one may have counts as the several it is published as, so that
 * `taken = delivered + dropped + held`.
 */
export interface MetricCounters {
  readonly taken: number;
  /** Of `taken`: left by the run before. */
  readonly resumed: number;
  readonly delivered: number;
  /** Sent with names, dimensions or a unit other than their own, because the service takes no such. */
  readonly changed: number;
  readonly requests: number;
  readonly retried: number;
  /** Attempts whose answer never came: what they held may be counted twice by the service. */
  readonly ambiguous: number;
  readonly dropped: ReadonlyMap<MetricDropReason, DroppedMetrics>;
}

/** What is to be done, or known, about metrics that are dropped for this reason. */
const WHY_DROPPED: Readonly<Record<MetricDropReason, string>> = {
  'not-a-number': 'its value is no number; look at what measures it',
  'out-of-range': 'its value is beyond 2^360, which the service takes no more; look at what measures it',
  'no-name': 'it has no name; look at what sends it',
  'name-too-long': 'the service takes names of up to 255 characters; shorten it where it is sent or renamed',
  'dimension-too-long': 'the service takes names of dimensions of up to 255 characters and values of up to 1,024; shorten it where it is sent',
  'too-old': 'its time is more than two weeks ago, and the service takes no such; look at the clock of what sends it',
  'too-new': 'its time is more than two hours ahead, and the service takes no such; look at the clock of what sends it',
  refused: 'the service refuses it, and takes the others of its request',
  'hold-full': 'the service takes none at present, and what waits for it has reached its bound; the oldest go first',
  'hold-too-long': 'the service has taken none for so long that the oldest are let go',
  unreadable: 'what was kept of them cannot be read',
  ended: 'the agent ended before the service took them, and they could not be kept for the next start',
};

const HOW_CHANGED: Readonly<Record<DatumChange, string>> = {
  characters: 'the service takes printable ASCII alone; other characters of names and dimensions are sent as in a URL (%C3%A9)',
  dimensions: 'the service takes 30 dimensions, each name once; the others are left out',
  unit: 'its unit is none of those the service knows; it is sent with the unit None',
};

/** Characters of a metric's name in a message. */
const SHOWN_NAME = 100;

/** Counts, and says of each reason once what it counts. */
export class MetricTally implements MetricCounters {
  readonly #report: Pick<Report, 'trouble'>;
  readonly #dropped = new Map<MetricDropReason, DroppedMetrics>();
  /** The first message of a subject; the later ones are of the same kind, and would only fill the log. */
  readonly #said = new Map<string, string>();
  taken = 0;
  resumed = 0;
  delivered = 0;
  changed = 0;
  requests = 0;
  retried = 0;
  ambiguous = 0;

  constructor(report: Pick<Report, 'trouble'>) { this.#report = report; }

  get dropped(): ReadonlyMap<MetricDropReason, DroppedMetrics> { return this.#dropped; }

  /** @param metric the one that is dropped; null: many. @param detail what the service says. */
  drop(reason: MetricDropReason, datums: number, bytes: number, metric: string | null, detail: string | null = null): void {
    const counter = this.#dropped.get(reason) ?? { datums: 0, bytes: 0 };
    this.#dropped.set(reason, { datums: counter.datums + datums, bytes: counter.bytes + bytes });
    this.#say(`metrics dropped ${reason}`, `${named(metric)}: not published (${reason}): ${WHY_DROPPED[reason]}${detail === null ? '' : ` (${detail})`}; \`agent status\` counts them`);
  }

  change(changes: readonly DatumChange[], datums: number, metric: string): void {
    this.changed += datums;
    for (const change of changes) this.#say(`metrics changed ${change}`, `${named(metric)}: ${HOW_CHANGED[change]}`);
  }

  #say(subject: string, message: string): void {
    const first = this.#said.get(subject) ?? message;
    this.#said.set(subject, first);
    this.#report.trouble(subject, first);
  }
}

const named = (metric: string | null): string => (metric === null ? 'metrics' : `metric ${metric.slice(0, SHOWN_NAME)}`);
