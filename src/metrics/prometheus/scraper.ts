import { hash } from 'node:crypto';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import type { Allowance } from '../allowance.ts';
import type { SamplerReport } from '../sampler.ts';
import { AccessFault, authorizationHeader } from './access.ts';
import { Connections } from './connections.ts';
import type { PrometheusCounts } from './counts.ts';
import { Events } from './events.ts';
import type { EventForm } from './events.ts';
import { ExpositionFault, formOf, samplesOf } from './exposition.ts';
import { ScrapeFault, fetchExposition } from './fetch.ts';
import type { Answer, Room } from './fetch.ts';
import { Measure } from './measure.ts';
import { relabel } from './relabel.ts';
import type { Sample } from './sample.ts';
import type { Target } from './target.ts';
import type { Turns } from './turns.ts';

export interface ScraperOptions {
  readonly form: EventForm;
  /** @param events each one JSON object without a newline. */
  readonly sink: (stream: string, events: readonly string[]) => void;
  /** How many series all targets may have remembered together. */
  readonly series: Allowance;
  readonly report: SamplerReport;
  readonly counts: PrometheusCounts;
  readonly room: Room;
  /** Of all targets one is read at a time: what is made of its answer takes ten times as much memory. */
  readonly turns: Turns;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Why a scraper is ended while the agent goes on: its target is none any more. */
export const GONE = 'gone';
/** Samples of one scrape that are held, after relabeling: at more than a kilobyte each 130 MB. */
const MAX_SAMPLES = 100_000;
/** Samples between two times the event loop may do something else: a millisecond or two. */
const PART = 500;

/** Scrapes one target at its interval; a scrape never begins before the one before has ended. */
export class Scraper {
  readonly target: Target;
  readonly #o: ScraperOptions;
  readonly #measure: Measure;
  readonly #connections: Connections;
  #failing = false;

  constructor(target: Target, options: ScraperOptions) {
    this.target = target;
    this.#o = options;
    this.#measure = new Measure(target.intervalMs, options.counts, options.series);
    this.#connections = new Connections(target.job.access.tls);
  }

  /** What is said of it stands under this. */
  get subject(): string { return `prometheus target ${this.target.url.host} ${this.target.key.slice(0, 12)}`; }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.target;
    using _connections = this.#connections;
    using _measure = this.#measure;
    let due = performance.now() + firstWait(this.target, this.#o.now());
    try {
      for (;;) {
        await delay(Math.max(0, due - performance.now()), undefined, { signal });
        await this.#scrape(signal);
        const next = nextDue(due, performance.now(), intervalMs);
        this.#o.counts.skippedScrapes += Math.round((next - due) / intervalMs) - 1;
        due = next;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      if (signal.reason === GONE && this.#failing) this.#o.report.recovered(this.subject, `${this.#name} is no target any more`);
    }
  }

  async #scrape(signal: AbortSignal): Promise<void> {
    const { counts } = this.#o;
    const time = this.#o.now();
    const began = performance.now();
    const events = new Events(this.#o.form, counts);
    let scraped = 0;
    let fault: string | null = null;
    // The turn is given back last, when the events are with the sink.
    using stack = new DisposableStack();
    try {
      const { samples, read } = await this.#samples(signal, stack);
      scraped = read;
      let done = 0;
      for (const _ of this.#measure.scrape(samples, events, time, began)) if (++done % PART === 0) await breathe();
    } catch (error) {
      if (!(error instanceof ScrapeFault || error instanceof ExpositionFault || error instanceof AccessFault)) throw error;
      fault = error.message;
    }
    if (signal.aborted) return;
    counts.scrapes += 1;
    if (fault !== null) counts.failedScrapes += 1;
    this.#say(fault);
    const own = { up: fault === null ? 1 : 0, scrape_duration_seconds: (performance.now() - began) / 1_000, scrape_samples_scraped: scraped };
    for (const [name, value] of Object.entries(own)) events.add(name, this.target.labels, 'gauge', value, time);
    const part = new Map<string, string[]>();
    let done = 0;
    for (const { stream, event } of events.finished()) {
      counts.events += 1;
      const its = part.get(stream);
      if (its === undefined) part.set(stream, [event]); else its.push(event);
      if (++done % PART !== 0) continue;
      this.#give(part);
      await breathe();
    }
    this.#give(part);
  }

  #give(part: Map<string, string[]>): void {
    for (const [stream, events] of part) this.#o.sink(stream, events);
    part.clear();
  }

  async #samples(signal: AbortSignal, stack: DisposableStack): Promise<{ readonly samples: readonly Sample[]; readonly read: number }> {
    const { job } = this.target;
    using answer = await this.#fetch(signal);
    stack.use(await this.#o.turns.next());
    if (signal.aborted) throw new ScrapeFault('the agent stops');
    const samples: Sample[] = [];
    let read = 0;
    for (const sample of samplesOf(answer.body, formOf(answer.contentType))) {
      if (++read % PART === 0) await breathe();
      const kept = this.#labelled(sample);
      if (kept !== null) samples.push(kept);
      if (job.sampleLimit > 0 && samples.length > job.sampleLimit) throw new ScrapeFault(`it gives more than ${job.sampleLimit} samples (sample_limit)`);
      if (samples.length > MAX_SAMPLES) throw new ScrapeFault(`it gives more than ${MAX_SAMPLES} samples, the most that this agent holds of one answer: metric_relabel_configs can drop what is not wanted`);
    }
    this.#o.counts.samples += read;
    this.#o.counts.relabeledAway += read - samples.length;
    return { samples, read };
  }

  async #fetch(signal: AbortSignal): Promise<Answer> {
    const { job, url, timeoutMs } = this.target;
    const agent = await this.#connections.prepare();
    return fetchExposition({ url, agent, authorization: await authorizationHeader(job.access), timeoutMs, maxBytes: job.bodyLimit, followRedirects: job.followRedirects, room: this.#o.room, signal });
  }

  /** With the labels of the target, after `metric_relabel_configs`; null when a rule drops it. */
  #labelled(sample: Sample): Sample | null {
    const { job, labels: common } = this.target;
    const labels = new Map<string, string>();
    for (const [name, value] of sample.labels) if (value !== '') labels.set(freeName(name, job.honorLabels, common, sample.labels), value);
    for (const [name, value] of common) if (!labels.has(name)) labels.set(name, value);
    let name = sample.name;
    if (job.metricRelabel.length > 0) {
      labels.set('__name__', name);
      if (!relabel(labels, job.metricRelabel)) return null;
      name = labels.get('__name__') ?? '';
      labels.delete('__name__');
      if (name === '') return null;
    }
    return { ...sample, name, labels, time: job.honorTimestamps ? sample.time : null };
  }

  /** Without the query: it may hold what is secret. */
  get #name(): string {
    const { job, url, labels } = this.target;
    return `Prometheus target ${labels.get('instance') ?? url.host} of job "${job.name}" (${url.origin}${url.pathname})`;
  }

  #say(fault: string | null): void {
    const { intervalMs } = this.target;
    if (fault !== null && !this.#failing) this.#o.report.trouble(this.subject, `${this.#name}: ${fault}. It gives no metrics but up = 0; it is asked again every ${intervalMs / 1_000} s`);
    if (fault === null && this.#failing) this.#o.report.recovered(this.subject, `${this.#name} gives metrics again`);
    this.#failing = fault !== null;
  }
}

/** Milliseconds until a target's own time within its interval: the same after each start, and another for each target. */
export function firstWait({ key, intervalMs }: Pick<Target, 'key' | 'intervalMs'>, now: number): number {
  const offset = hash('md5', key, 'buffer').readUIntBE(0, 6) % intervalMs;
  return ((offset - now) % intervalMs + intervalMs) % intervalMs;
}

/** The first time after `now` that is whole intervals after `due`. */
export function nextDue(due: number, now: number, intervalMs: number): number {
  return due + intervalMs * Math.max(1, Math.floor((now - due) / intervalMs) + 1);
}

/** A label of a sample that the target has too gives way, unless `honor_labels`. */
function freeName(name: string, honorLabels: boolean, common: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>): string {
  if (honorLabels || !common.has(name)) return name;
  let free = `exported_${name}`;
  while (common.has(free) || own.has(free)) free = `exported_${free}`;
  return free;
}
