import { gunzipSync, gzipSync } from 'node:zlib';
import { MetricBatch, bodyOf, datumsOf, frameOf } from '../batching/metric-batch.ts';
import type { SentDatum, SentDatums } from '../batching/metric-batch.ts';
import { encodeDatum, timeFault } from '../batching/metric-datum.ts';
import { MAX_METRIC_AGE_MS } from '../batching/metric-limits.ts';
import type { Outcome } from '../flow.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { Datum, DatumSink } from '../metrics/datum.ts';
import type { Entity } from '../plan.ts';
import type { MetricRetentionPlan } from '../metrics-plan.ts';
import type { Report } from '../report/report.ts';
import { backoffMs } from './backoff.ts';
import { MetricTally } from './metric-counters.ts';
import type { MetricCounters } from './metric-counters.ts';
import type { MetricEndpoint } from './endpoint.ts';
import { MetricHold } from './metric-hold.ts';
import type { HeldRequest, Taken } from './metric-hold.ts';
import { withoutGuilty } from './metric-split.ts';

export interface MetricQueueOptions {
  readonly namespace: string;
  readonly entity: Entity | null;
  /** Longest time a datum waits in an open request. */
  readonly flushMs: number;
  readonly retention: MetricRetentionPlan;
  readonly endpoint: MetricEndpoint;
  readonly report: Pick<Report, 'trouble' | 'recovered' | 'debug'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** `retrying`: it failed, and may pass by itself. `paused`: only a person can change it. */
export type MetricState = 'idle' | 'sending' | 'retrying' | 'paused';

export interface MetricStatus {
  readonly state: MetricState;
  readonly lastError: string | null;
  /** Waiting for the service or being sent; datums in the open request included. Bytes are compressed. */
  readonly held: { readonly requests: number; readonly datums: number; readonly bytes: number };
}

type Retry = Extract<Outcome, { kind: 'retry' }>;
interface Failing { readonly reason: string; readonly paused: boolean; readonly attempts: number; readonly at: number; readonly until: number }

/** Level 1: higher levels cost three times as much for a tenth fewer bytes. */
const GZIP_LEVEL = 1;
/** Requests under way at a time. The CloudWatch agent has ten; four of 1,000 datums each make 10,000 series a second at 400 ms for an answer. */
const MAX_UNDER_WAY = 4;
/** Requests go between this part of `flushMs` and the whole of it, at random: hosts that sample on the minute do not all send in the same second. */
const EARLIEST_FLUSH = 3 / 4;
/** A wait for the service that is said at once, milliseconds. */
const LONG_WAIT_MS = 5_000;
const SUBJECT = 'metrics';

/** Takes datums, forms requests of them, and sends each until it is accepted, found guilty, or beyond the bounds of the plan. */
export class MetricQueue {
  readonly #o: MetricQueueOptions;
  readonly #open: MetricBatch;
  readonly #hold: MetricHold;
  readonly #counters: MetricTally;
  #latest = 0;
  #flush: NodeJS.Timeout | null = null;
  #underWay = 0;
  #failing: Failing | null = null;
  /** The service took something since a datum was given up. */
  #takes = false;
  #phase: 'open' | 'stopping' | 'ended' = 'open';
  #released = false;
  #wake: () => void = () => undefined;

  constructor(options: MetricQueueOptions) {
    this.#o = options;
    this.#open = new MetricBatch(frameOf(options.namespace, options.entity));
    this.#counters = new MetricTally(options.report);
    this.#hold = new MetricHold(options.retention, (bound, { datums, zipped }) => { this.#counters.drop(bound, datums, zipped.length, null); });
  }

  get counters(): MetricCounters { return this.#counters; }

  get status(): MetricStatus {
    const { requests, datums, bytes } = this.#hold;
    const state = this.#failing === null ? (this.#underWay > 0 ? 'sending' : 'idle') : this.#failing.paused ? 'paused' : 'retrying';
    return { state, lastError: this.#failing?.reason ?? null, held: { requests: requests + (this.#open.count > 0 ? 1 : 0), datums: datums + this.#open.count, bytes } };
  }

  readonly sink: DatumSink = (datums) => {
    const now = this.#o.clock();
    for (const datum of datums) this.#take(datum, now);
    if (this.#phase === 'stopping') this.flush();
  };

  /** Requests that an earlier run left; they are sent first. */
  resume(requests: readonly HeldRequest[]): void {
    for (const request of requests) {
      this.#counters.taken += request.datums;
      this.#counters.resumed += request.datums;
      if (request.latest < this.#o.clock() - MAX_METRIC_AGE_MS) this.#counters.drop('too-old', request.datums, request.zipped.length, null);
      else this.#hold.add(request, this.#o.now());
    }
    this.#wake();
  }

  /** Sends the open request now, as far as the service takes it. */
  flush(): void {
    if (this.#flush !== null) clearTimeout(this.#flush);
    this.#flush = null;
    if (this.#open.count === 0) return;
    const datums = this.#open.count;
    this.#hold.add({ zipped: gzipSync(this.#open.take(), { level: GZIP_LEVEL }), datums, latest: this.#latest }, this.#o.now());
    this.#latest = 0;
    this.#wake();
  }

  /** Makes `run` end as soon as nothing is under way, whatever waits: another queue goes on with it. */
  release(): void {
    this.#released = true;
    this.#wake();
  }

  /** Sends until `stop`, then what is held; ends when nothing is, or with `abandon`. @returns what is left. */
  async run({ stop, abandon }: Lifetime): Promise<readonly HeldRequest[]> {
    const stopping = (): void => {
      this.#phase = 'stopping';
      this.flush();
      // Whatever the wait, it is tried once more before the end.
      if (this.#failing !== null) this.#failing = { ...this.#failing, attempts: 0, until: 0 };
      this.#wake();
    };
    const abandoning = (): void => { this.#wake(); };
    if (stop.aborted) stopping();
    stop.addEventListener('abort', stopping, { once: true });
    abandon.addEventListener('abort', abandoning, { once: true });
    const mayEnd = (): boolean => this.#released || abandon.aborted || (stop.aborted && !this.#hold.isWaiting);
    while (this.#underWay > 0 || !mayEnd()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const waitMs = mayEnd() ? null : this.#start();
      // The last that waited may have been let go for its age.
      if (this.#underWay === 0 && mayEnd()) break;
      const timer = waitMs === null ? undefined : setTimeout(resolve, waitMs);
      await promise;
      clearTimeout(timer);
    }
    stop.removeEventListener('abort', stopping);
    abandon.removeEventListener('abort', abandoning);
    this.flush();
    this.#phase = 'ended';
    return this.#hold.empty();
  }

  /** What `run` left could not be kept. */
  lost(requests: readonly HeldRequest[]): void {
    for (const { datums, zipped } of requests) this.#counters.drop('ended', datums, zipped.length, null);
  }

  /** Starts what may start now. @returns milliseconds until more may, or null: something else has to happen first. */
  #start(): number | null {
    while (this.#hold.isWaiting && this.#underWay < (this.#failing === null ? MAX_UNDER_WAY : 1)) {
      const wait = this.#failing === null ? 0 : this.#failing.until - this.#o.now();
      if (wait > 0) return wait;
      const taken = this.#hold.take(this.#o.now());
      if (taken !== null) void this.#send(taken);
    }
    return null;
  }

  async #send(taken: Taken): Promise<void> {
    const { endpoint, now, report } = this.#o;
    const { request } = taken;
    this.#underWay++;
    this.#counters.requests++;
    const began = now();
    const outcome = await endpoint.put(request.zipped);
    report.debug(() => `metrics: request of ${request.zipped.length} bytes (gzip), ${request.datums} datums: ${outcome.kind}${'reason' in outcome ? ` (${outcome.reason})` : ''} after ${Math.round(now() - began)} ms`);
    await this.#settle(taken, outcome, began);
    this.#underWay--;
    this.#wake();
  }

  async #settle(taken: Taken, outcome: Outcome, began: number): Promise<void> {
    switch (outcome.kind) {
      case 'accepted':
        this.#hold.settle(taken, true);
        this.#accepted(taken.request.datums, began);
        return;
      case 'retry': this.#putBack(taken, outcome, began); return;
      case 'missing':
      case 'refused': this.#putBack(taken, asAWhole(outcome.reason), began); return;
      case 'aborted':
        this.#counters.ambiguous++;
        this.#hold.putBack(taken, this.#o.now());
        return;
      case 'split': await this.#split(taken, outcome.reason, began); return;
      default: outcome satisfies never;
    }
  }

  /** Delivers what is not to blame for the refusal. */
  async #split(taken: Taken, refusal: string, began: number): Promise<void> {
    const { request } = taken;
    const parts = partsOf(request.zipped);
    if (parts === null) {
      this.#hold.settle(taken, false);
      this.#counters.drop('unreadable', request.datums, request.zipped.length, null);
      return;
    }
    const timely = this.#timely(parts.datums);
    if (timely.length < parts.datums.length) {
      if (timely.length === 0) this.#hold.settle(taken, false);
      else this.#hold.putBack(taken, this.#o.now(), { rest: { ...request, zipped: gzipSync(bodyOf(parts.frame, timely), { level: GZIP_LEVEL }), datums: timely.length } });
      return;
    }
    const split = await withoutGuilty(parts, refusal, async (part) => {
      this.#counters.requests++;
      return this.#o.endpoint.put(gzipSync(part, { level: GZIP_LEVEL }));
    });
    // Where the service takes none of them, it is not known that a datum is to blame; one alone is, where others were taken just before.
    if (split.accepted === 0 && split.failure === null && !(request.datums === 1 && this.#takes)) { this.#putBack(taken, asAWhole(refusal), began, { suspicious: true }); return; }
    if (split.accepted > 0) this.#accepted(split.accepted, began);
    else if (split.failure === null) this.#takes = false;
    for (const { name, reason } of split.guilty) this.#counters.drop('refused', 1, 0, name, reason);
    if (split.rest === null) { this.#hold.settle(taken, split.accepted > 0); return; }
    const rest = { ...request, zipped: gzipSync(split.rest.body, { level: GZIP_LEVEL }), datums: split.rest.datums };
    if (split.failure?.kind === 'retry') this.#putBack(taken, split.failure, this.#o.now(), { rest });
    else this.#hold.putBack(taken, this.#o.now(), { rest });
  }

  /** Without those whose time the service takes no more, or not yet: the clock was set while they were held. Nobody need search for them. */
  #timely(datums: readonly SentDatum[]): readonly SentDatum[] {
    const now = this.#o.clock();
    return datums.filter(({ MetricName: name, Timestamp: seconds }) => {
      const fault = timeFault(seconds * 1_000, now);
      if (fault !== null) this.#counters.drop(fault, 1, 0, name);
      return fault === null;
    });
  }

  #accepted(datums: number, began: number): void {
    this.#counters.delivered += datums;
    this.#takes = true;
    // One that was under way already when another failed says nothing about the service after that.
    if (this.#failing === null || began < this.#failing.at) return;
    this.#failing = null;
    this.#o.report.recovered(SUBJECT, 'metrics: accepted again');
  }

  #putBack(taken: Taken, failure: Retry, began: number, how: { readonly rest?: HeldRequest; readonly suspicious?: boolean } = {}): void {
    const { now, random, report } = this.#o;
    this.#counters.retried++;
    if (failure.ambiguous) this.#counters.ambiguous++;
    this.#hold.putBack(taken, now(), how);
    // Those that were under way together fail together: that is one failure.
    if (this.#failing !== null && began < this.#failing.at) return;
    const attempts = (this.#failing?.attempts ?? 0) + 1;
    const wait = backoffMs(failure.pace, attempts, random(), failure.afterMs);
    const paused = failure.pace === 'slow';
    this.#failing = { reason: failure.reason, paused, attempts, at: now(), until: now() + wait };
    if (paused) report.trouble(SUBJECT, `metrics: paused (${failure.reason}); they are held, and it is tried again`);
    else if (attempts >= 2 || wait >= LONG_WAIT_MS) report.trouble(SUBJECT, `metrics: not accepted (${failure.reason}); held and tried again`);
  }

  #take(datum: Datum, now: number): void {
    const encoded = encodeDatum(datum, now);
    if (typeof encoded === 'string') {
      this.#counters.taken++;
      this.#counters.drop(encoded, 1, 0, datum.name);
      return;
    }
    this.#counters.taken += encoded.texts.length;
    if (this.#phase === 'ended') { this.#counters.drop('ended', encoded.texts.length, 0, null); return; }
    if (encoded.changes.length > 0) this.#counters.change(encoded.changes, encoded.texts.length, datum.name);
    for (const text of encoded.texts) {
      if (!this.#open.add(text)) { this.flush(); this.#open.add(text); }
      this.#latest = Math.max(this.#latest, datum.time);
    }
    this.#flush ??= setTimeout(() => { this.flush(); }, this.#o.flushMs * (EARLIEST_FLUSH + this.#o.random() * (1 - EARLIEST_FLUSH)));
  }
}

/** What a request holds, unless what was kept of it is damaged: then the service refuses it. */
function partsOf(zipped: Buffer): SentDatums | null {
  try {
    return datumsOf(gunzipSync(zipped));
  } catch {
    return null;
  }
}

const asAWhole = (reason: string): Retry => ({ kind: 'retry', reason: `refused as a whole: ${reason}`, pace: 'slow', afterMs: null, ambiguous: false });
