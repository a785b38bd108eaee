import type { PrometheusCounts } from './counts.ts';
import type { Declarations } from './declarations.ts';
import { signature } from './sample.ts';
import type { FamilyKind } from './sample.ts';

/** A number, or the single values of a distribution. */
export type MetricValue = number | readonly number[];

export interface EventForm {
  /** Label `ClusterName` where there is none. */
  readonly cluster: string | null;
  /** Labels that are added where there is none of the name. */
  readonly externalLabels: ReadonlyMap<string, string>;
  /** Null: no metrics are made of the events. */
  readonly declarations: Declarations | null;
}

const TYPE_LABEL = 'prom_metric_type';
const CLUSTER_LABEL = 'ClusterName';
/** Members of the format, version 0. A label of such a name is called `exported_…`, as Prometheus does with labels of its own. */
const MEMBERS = ['CloudWatchMetrics', 'Timestamp', 'Version', TYPE_LABEL];
const DEFAULT_STREAM = 'default';
/** Well below the 262,144 bytes that an event has by default. */
const MAX_EVENT_BYTES = 200_000;
/** So long a name a stream may have; and no `:` nor `*`. */
const MAX_STREAM = 512;

interface Group {
  readonly labels: ReadonlyMap<string, string>;
  readonly kind: FamilyKind;
  readonly time: number;
  readonly metrics: Map<string, MetricValue>;
}

/** Metrics of one scrape: those with the same labels, type and time become one event. */
export class Events {
  readonly #form: EventForm;
  readonly #counts: PrometheusCounts;
  readonly #groups = new Map<string, Group>();

  constructor(form: EventForm, counts: PrometheusCounts) {
    this.#form = form;
    this.#counts = counts;
  }

  /** @param time epoch milliseconds. */
  add(name: string, labels: ReadonlyMap<string, string>, kind: FamilyKind, value: MetricValue, time: number): void {
    const key = `${kind} ${time} ${signature(labels)}`;
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, group = { labels: this.#completed(labels, kind), kind, time, metrics: new Map() });
    if (group.labels.has(name) || MEMBERS.includes(name)) this.#counts.clashing += 1;
    else if (group.metrics.has(name)) this.#counts.duplicates += 1;
    else group.metrics.set(name, value);
  }

  /** Each is a JSON object without a newline, of the embedded metric format, version 0. */
  *finished(): Generator<{ readonly stream: string; readonly event: string }, void> {
    for (const { labels, time, metrics } of this.#groups.values()) {
      const stream = streamName(labels.get('job'));
      for (const event of this.#written(labels, time, [...metrics])) yield { stream, event };
    }
  }

  *#written(labels: ReadonlyMap<string, string>, time: number, metrics: readonly (readonly [string, MetricValue])[]): Generator<string, void> {
    if (metrics.length === 0) return;
    const directives = this.#form.declarations?.directives(labels, metrics.map(([name]) => name)) ?? [];
    const event = JSON.stringify({
      ...(directives.length > 0 ? { CloudWatchMetrics: directives } : {}),
      Timestamp: String(time), Version: '0', ...Object.fromEntries(labels), ...Object.fromEntries(metrics),
    });
    if (Buffer.byteLength(event) <= MAX_EVENT_BYTES) yield event;
    else if (metrics.length === 1) this.#counts.tooLarge += 1;
    else {
      yield* this.#written(labels, time, metrics.slice(0, metrics.length >> 1));
      yield* this.#written(labels, time, metrics.slice(metrics.length >> 1));
    }
  }

  #completed(own: ReadonlyMap<string, string>, kind: FamilyKind): ReadonlyMap<string, string> {
    const labels = new Map(own);
    for (const [name, value] of this.#form.externalLabels) if (!labels.has(name)) labels.set(name, value);
    if (this.#form.cluster !== null && !labels.has(CLUSTER_LABEL)) labels.set(CLUSTER_LABEL, this.#form.cluster);
    for (const member of MEMBERS) {
      const value = labels.get(member);
      if (value !== undefined) labels.set(`exported_${member}`, value).delete(member);
    }
    return labels.set(TYPE_LABEL, kind);
  }
}

function streamName(job: string | undefined): string {
  return job === undefined || job === '' ? DEFAULT_STREAM : job.replaceAll(/[:*]/g, '_').slice(0, MAX_STREAM);
}
