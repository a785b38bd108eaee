import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import { LifetimeControl, aborted } from '../lifecycle/lifetime.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import { Collection } from '../metrics/collection.ts';
import type { Publish } from '../metrics/collection.ts';
import type { Datum, DatumSink } from '../metrics/datum.ts';
import type { Sampler } from '../metrics/sampler.ts';
import { Shaping } from '../metrics/shaping.ts';
import { runTicks } from '../metrics/ticks.ts';
import type { CollectdPlan, ListenerPlan, MetricsPlan, PrometheusPlan, SamplerPlan, StatsdPlan } from '../metrics-plan.ts';
import type { Plan, Reach } from '../plan.ts';
import { compilePattern } from '../records/pattern.ts';
import type { Report } from '../report/report.ts';
import type { ListenerStatus } from '../control/status-document.ts';
import type { GroupOptions } from './auto-scaling-group.ts';
import { Ec2Questions } from './ec2-questions.ts';
import type { AskMetadata } from './ec2-questions.ts';
import { EndingCollectors } from './ending-collectors.ts';
import { collectdStatus, prometheusStatus, statsdStatus } from './listener-status.ts';
import type { MetricDelivery } from './metric-delivery.ts';
import { Beat } from './beat.ts';
import type { Samplers } from './samplers.ts';
import type { OwedStage } from './stage-watch.ts';
import { spoolEvents } from './spool/spool-events.ts';
import type { Spool } from './spool/spool.ts';
import { VolumeAttachments } from './volume-attachments.ts';

/** Characters of a metric's name in a message. */
const SHOWN_NAME = 100;

export interface RunningMetricsOptions {
  readonly env: Environment;
  readonly network: Network;
  readonly report: Report;
  readonly stateDir: string;
  /** Where events of the embedded metric format go. */
  readonly spool: Pick<Spool, 'append'>;
  readonly life: Lifetime;
  /** What reads the agent itself. */
  readonly self: () => Sampler;
  readonly instance: AskMetadata;
  /** For a collector that does not end, milliseconds: another one in tests. */
  readonly patienceMs?: number;
}

/** One thing under way for the plan, and what it was made for. */
interface Part { readonly life: LifetimeControl; readonly ended: Promise<void> }
/** Runs a collector. @param beat runs while a sample is under way. */
type Collect = (life: Lifetime, beat: Beat) => Promise<void>;
interface Collecting extends Part { readonly name: string; readonly beat: Beat; readonly collect: Collect }
interface Delivering extends Part { readonly signature: string; readonly delivery: MetricDelivery }

/** Where metrics go as events. */
interface Events {
  readonly namespace: string;
  readonly to: { readonly group: string; readonly stream: string };
  readonly encode: (datums: Iterable<Datum>, namespace: string, leftOut: (name: string) => void) => Iterable<string>;
}

/**
 * The metrics of the plan as it runs. A new plan is applied as a difference: a collector that stays the same goes on, with
 * what its growth is counted from.
 *
 *     collectors ─► Shaping ─► MetricDelivery
 */
export class RunningMetrics {
  readonly #o: RunningMetricsOptions;
  readonly #collectors = new Map<string, Collecting>();
  readonly #listeners = new Set<() => ListenerStatus>();
  readonly #ending: EndingCollectors;
  #shaping: Shaping | null = null;
  #delivering: Delivering | null = null;
  #events: Events | null = null;
  #applying: Promise<void> = Promise.resolve();
  #asking: LifetimeControl | null = null;
  #made: Samplers | null = null;
  /** The Auto Scaling group, as it was known last: another config begins with it. */
  #group: string | null = null;
  readonly #questions: Ec2Questions;
  #kind: Pick<Reach, 'fips' | 'dualStack'> = { fips: null, dualStack: null };
  /** Of deliveries that have ended. */
  #dropped = 0;
  /** Ticks that came while the sample before was under way, since the start. */
  skippedSamples = 0;

  constructor(options: RunningMetricsOptions) {
    this.#o = options;
    const { env, network, instance, report, patienceMs, life: { stop } } = options;
    this.#ending = new EndingCollectors(report, patienceMs);
    this.#questions = new Ec2Questions({ env, network, instance, stop, kind: () => this.#kind });
    options.life.stop.addEventListener('abort', () => { void this.#stopCollectors(() => true); this.#asking?.requestStop(); }, { once: true });
    options.life.abandon.addEventListener('abort', () => { this.#delivering?.life.requestAbandon(); }, { once: true });
  }

  /** Datums that will never arrive, since the start. */
  get droppedDatums(): number {
    return this.#dropped + droppedOf(this.#delivering);
  }

  /** After the end: threads that hang in a call of the kernel. While there is one, the process does not end by itself. */
  get hangingThreads(): number { return this.#made?.hangingThreads ?? 0; }

  get listeners(): readonly ListenerStatus[] { return [...this.#listeners].map((status) => status()); }

  /** CloudWatch takes none at present. */
  get isFailing(): boolean {
    const state = this.delivery?.status.state;
    return state === 'retrying' || state === 'paused';
  }

  /** Where metrics go; null: none are collected. */
  get delivery(): MetricDelivery | null { return this.#delivering?.delivery ?? null; }

  /** Makes these the ones that run. One plan is applied after the other. Never rejects. */
  apply({ metrics, prometheus }: Pick<Plan, 'metrics' | 'prometheus'>): Promise<void> {
    return (this.#applying = this.#applying.then(() => this.#apply(metrics, prometheus)));
  }

  async #apply(plan: MetricsPlan | null, prometheus: PrometheusPlan | null): Promise<void> {
    if (this.#o.life.stop.aborted) return;
    const wanted = this.#collectorsOf(plan, prometheus);
    const ending = this.#stopCollectors((key) => !wanted.has(key));
    this.#asking?.requestStop();
    this.#asking = null;
    // What they collected last goes the way of the plan before.
    await ending;
    await this.#deliverTo(plan);
    if (this.#o.life.stop.aborted) return;
    if (plan === null) this.#shaping = null;
    else await this.#shapeFor(plan);
    for (const [key, { name, collect }] of wanted) if (!this.#collectors.has(key)) this.#begin(key, name, collect, new Beat());
  }

  async #shapeFor(plan: MetricsPlan): Promise<void> {
    const { emf } = plan.destinations;
    this.#events = emf === null ? null : { namespace: plan.namespace, to: emf, encode: (await import('../metrics/emf/encode.ts')).datumsToEmf };
    this.#kind = { fips: plan.service.fips, dualStack: plan.service.dualStack };
    const shaping = (this.#shaping = new Shaping(plan, (metric) => { this.#o.report.trouble('metrics dimensions', `metric ${metric.slice(0, SHOWN_NAME)}, perhaps others too: more than 30 dimensions, which CloudWatch does not take. Published are its own, then those that its section appends, then those of all metrics: append fewer`); }));
    if (!plan.dimensions.autoScalingGroup) return;
    if (this.#group !== null) shaping.autoScalingGroup = this.#group;
    void this.#askForGroup(shaping, (this.#asking = new LifetimeControl()));
  }

  /** What a plan collects, by what makes it another collector. */
  #collectorsOf(plan: MetricsPlan | null, prometheus: PrometheusPlan | null): Map<string, Pick<Collecting, 'name' | 'collect'>> {
    const collectors = new Map<string, Pick<Collecting, 'name' | 'collect'>>();
    if (prometheus !== null) collectors.set(JSON.stringify(prometheus), { name: 'prometheus', collect: (life) => this.#prometheus(prometheus, life) });
    if (plan === null) return collectors;
    const { samplers, statsd, collectd } = plan;
    for (const sampler of samplers) collectors.set(JSON.stringify(sampler), { name: sampler.kind, collect: (life, beat) => this.#sample(sampler, life, beat) });
    if (statsd !== null) collectors.set(JSON.stringify(statsd), { name: 'statsd', collect: (life) => this.#statsd(statsd, life) });
    if (collectd !== null) collectors.set(JSON.stringify(collectd), { name: 'collectd', collect: (life) => this.#collectd(collectd, life) });
    return collectors;
  }

  /** Collectors with a sample under way: those that stay the same are seen to stand still. */
  *owed(): Iterable<OwedStage> {
    for (const [key, { name, beat, collect, life }] of this.#collectors) {
      if (!beat.isRunning) continue;
      yield { key: beat, name: `the sampler ${name}`, turns: beat.turns, isVital: false, beginAnew: () => { life.requestStop(); this.#begin(key, name, collect, beat); } };
    }
  }

  /** After the stop: resolves when what was collected is delivered or kept for the next start, or at the abandon. */
  async drain(): Promise<void> {
    await Promise.race([this.#applying.then(() => this.#stopCollectors(() => true)), aborted(this.#o.life.abandon)]);
    this.#delivering?.life.requestStop();
    await this.#delivering?.ended;
  }

  readonly #publish: Publish = (datums, append, isDropped, withoutHost = false) => {
    if (this.#shaping === null) return;
    const shaped = this.#shaping.shape(datums, append, isDropped, withoutHost);
    this.#delivering?.delivery.sink(shaped);
    if (this.#events === null) return;
    const { namespace, to, encode } = this.#events;
    spoolEvents(encode(shaped, namespace, (name) => { this.#o.report.dropped('no-metric', 1, 0, `metric ${name.slice(0, SHOWN_NAME)}`); }), to, 'metrics as EMF events', this.#o.spool, this.#o.report);
  };

  /** What comes late of a collector that was left behind would be shaped by a config that is not its own. */
  #publishFor({ abandon }: Lifetime): Publish {
    return (...taken) => { if (!abandon.aborted) this.#publish(...taken); };
  }

  /** A delivery that is needed in another way leaves what it holds to the next one, which takes from now on and sends when it has ended. */
  async #deliverTo(plan: MetricsPlan | null): Promise<void> {
    const { env, network, report, stateDir } = this.#o;
    const signature = plan === null || !plan.destinations.cloudwatch ? null : JSON.stringify([plan.service, plan.namespace, plan.entity, plan.flushMs, plan.retention, plan.compression, plan.connectTimeoutMs, plan.requestTimeoutMs]);
    const before = this.#delivering;
    if ((before?.signature ?? null) === signature) return;
    const ended = before?.ended ?? Promise.resolve();
    let next: Delivering | null = null;
    if (plan !== null && signature !== null) {
      const { createMetricDelivery } = await import('./metric-delivery.ts');
      const delivery = createMetricDelivery(plan, { env, network, report, stateDirectory: stateDir, now: monotonic, clock: Date.now, random: Math.random });
      const life = new LifetimeControl();
      if (this.#o.life.abandon.aborted) life.requestAbandon();
      next = { signature, delivery, life, ended: ended.then(() => delivery.run(life)) };
    }
    this.#delivering = next;
    before?.delivery.release();
    await ended;
    this.#dropped += droppedOf(before);
  }

  #begin(key: string, name: string, collect: Collect, beat: Beat): void {
    const life = new LifetimeControl();
    const ended = collect(life, beat).catch((error: unknown) => {
      if (this.#collectors.get(key)?.life === life) this.#collectors.delete(key);
      this.#o.report.trouble('metrics', `metrics: a collector has ended (${(error as Error).message}); the next start begins it again, or a config in which it differs`);
    });
    this.#collectors.set(key, { life, ended, name, beat, collect });
  }

  /** Resolves when all that were ever stopped have given what they collected, or are left behind. */
  async #stopCollectors(which: (key: string) => boolean): Promise<void> {
    for (const [key, { name, life, ended }] of [...this.#collectors].filter(([key]) => which(key))) {
      this.#collectors.delete(key);
      this.#ending.stop(name, life, ended);
    }
    await this.#ending.settled();
  }

  async #sample(plan: SamplerPlan, life: Lifetime, beat: Beat): Promise<void> {
    const { report, self } = this.#o;
    using sampler = plan.kind === 'agent' ? self() : (await this.#samplers()).create(plan);
    const collection = new Collection({ plan, sampler, now: monotonic, report, publish: this.#publishFor(life) });
    const counted = async (work: Promise<void>): Promise<void> => {
      const run = beat.begin();
      await work;
      beat.turn(run);
      beat.end(run);
    };
    await counted(collection.begin());
    await runTicks({ intervalMs: plan.intervalMs, wallNow: Date.now, life, tick: (at) => counted(collection.collect(at)), skipped: (count) => { this.skippedSamples += count; } });
  }

  async #statsd(plan: StatsdPlan, life: Lifetime): Promise<void> {
    const { createStatsd } = await import('../metrics/statsd/statsd.ts');
    const statsd = createStatsd(plan, { sink: this.#sinkOf(plan, life), report: this.#o.report, now: monotonic, wallNow: Date.now });
    await this.#listening(() => statsdStatus(statsd.counters), statsd.run(life));
  }

  async #collectd(plan: CollectdPlan, life: Lifetime): Promise<void> {
    const { createCollectd } = await import('../metrics/collectd/collectd.ts');
    const collectd = createCollectd(plan, { sink: this.#sinkOf(plan, life), report: this.#o.report, wallNow: Date.now });
    await this.#listening(() => collectdStatus(collectd.counters), collectd.run(life));
  }

  async #listening(status: () => ListenerStatus, ended: Promise<void>): Promise<void> {
    this.#listeners.add(status);
    try {
      await ended;
    } finally {
      this.#listeners.delete(status);
    }
  }

  async #prometheus(plan: PrometheusPlan, life: Lifetime): Promise<void> {
    const { createPrometheus } = await import('../metrics/prometheus/prometheus.ts');
    const prometheus = createPrometheus(plan, { sink: (group, stream, events) => { spoolEvents(events, { group, stream }, 'Prometheus metrics', this.#o.spool, this.#o.report); }, compile: compilePattern, report: this.#o.report, now: Date.now });
    await this.#listening(() => prometheusStatus(prometheus.counts), prometheus.run(life));
  }

  #sinkOf({ append, dropOriginal }: ListenerPlan, life: Lifetime): DatumSink {
    const dropped = new Set(dropOriginal);
    const publish = this.#publishFor(life);
    return (datums) => { publish(datums, append, ({ name }) => dropped.has('*') || dropped.has(name)); };
  }

  /** Loaded, and made, when the first is asked for. */
  async #samplers(): Promise<Samplers> {
    const { report, env } = this.#o;
    const { Samplers, hostFolders } = await import('./samplers.ts');
    return (this.#made ??= new Samplers({ report, attached: new VolumeAttachments({ report, questions: this.#questions, now: monotonic }), ...hostFolders(env) }));
  }

  /** Metrics go without this dimension until it is known: they never wait for it. */
  async #askForGroup(shaping: Shaping, { stop }: Lifetime): Promise<void> {
    const { report } = this.#o;
    const { followGroup } = await import('./auto-scaling-group.ts');
    const pause: GroupOptions['pause'] = (ms, signal) => wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
    await followGroup({ questions: this.#questions, report, random: Math.random, pause }, (name) => { shaping.autoScalingGroup = this.#group = name; }, stop);
  }
}

function droppedOf(delivering: Delivering | null): number {
  let dropped = 0;
  for (const { datums } of delivering?.delivery.counters.dropped.values() ?? []) dropped += datums;
  return dropped;
}

const monotonic = (): number => performance.now();
