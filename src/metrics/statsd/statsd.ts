import { setImmediate as turn } from 'node:timers/promises';
import type { Lifetime, Service } from '../../lifecycle/lifetime.ts';
import type { ListenAddress, StatsdPlan } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';
import { Aggregation } from '../aggregate.ts';
import type { Datum, DatumSink } from '../datum.ts';
import { openTcp, openUnix, takenBy } from '../sockets/connections.ts';
import { openDatagrams } from '../sockets/datagrams.ts';
import { KernelDrops } from '../sockets/kernel-drops.ts';
import { addressText } from '../../metrics-plan.ts';
import { keepListening } from '../sockets/listening.ts';
import type { Opened } from '../sockets/listening.ts';
import { senderText } from '../sockets/taker.ts';
import type { Sender, StreamTaker, Taker } from '../sockets/taker.ts';
import { nextTick } from '../ticks.ts';
import { StatsdCache } from './cache.ts';
import type { Fault } from './line.ts';
import { FAULT_WORDS, LOSS_WORDS } from './loss-words.ts';
import { Losses } from './losses.ts';
import { StreamLines } from './stream-lines.ts';

/** What a waiting packet is reckoned at, for the kernel's receive buffer: one frame of Ethernet. */
const PACKET_BYTES = 1_500;
/** More is never asked for. */
const MAX_RECEIVE_BYTES = 64 << 20;
/** Each may hold a line of 64 KiB. */
const MAX_CONNECTIONS = 512;
/** Series that are collected, and datums that are given, in one turn of the event loop: a few milliseconds. */
const AT_ONCE = 500;

export interface StatsdOptions {
  readonly sink: DatumSink;
  readonly report: Pick<Report, 'note' | 'trouble' | 'recovered'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
}

/** What came in, and what did not; ever, but for `series`. */
export interface StatsdCounters {
  readonly lines: number;
  /** Metrics that are known now. */
  readonly series: number;
  /** Lines that are no StatsD. */
  readonly malformed: number;
  /** Events and service checks. */
  readonly unsupported: number;
  /** Samples and collected values that were left out because as much was held as may be. */
  readonly beyond: number;
  /** Packets that the kernel dropped, as far as it told. */
  readonly kernelDropped: number;
  readonly refusedConnections: number;
  readonly tagsLeftOut: number;
}

/**
 * Listens for StatsD, collects what came in at each multiple of the collection interval, and gives it on aggregated. The dimensions
 * of `append`, copies and what is dropped for them are the receiver's.
 */
export function createStatsd(plan: StatsdPlan, options: StatsdOptions): Statsd { return new Statsd(plan, options); }

class Statsd implements Service, Taker {
  readonly name = 'statsd';
  readonly #plan: StatsdPlan;
  readonly #options: StatsdOptions;
  readonly #cache: StatsdCache;
  readonly #aggregation: Aggregation;
  readonly #drops = new KernelDrops();
  readonly #losses: Losses;
  /** Who sent what is being read. */
  #sender: Sender = null;
  #toldBeyond = 0;
  #toldTags = 0;

  constructor(plan: StatsdPlan, options: StatsdOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#losses = new Losses('statsd', LOSS_WORDS, options.report, options.now);
    this.#cache = new StatsdCache(plan, { fault: (fault) => this.#fault(fault), now: options.now, wallNow: options.wallNow });
    this.#aggregation = new Aggregation(plan);
  }

  get counters(): StatsdCounters {
    return {
      lines: this.#cache.lines,
      series: this.#cache.series,
      malformed: this.#losses.count('malformed'),
      unsupported: this.#losses.count('unsupported'),
      beyond: this.#cache.beyond + this.#aggregation.beyond,
      kernelDropped: this.#losses.count('kernel'),
      refusedConnections: this.#losses.count('connections'),
      tagsLeftOut: this.#cache.tagsLeftOut,
    };
  }

  /** Resolves when all that came in is with the sink. */
  async run({ stop }: Lifetime): Promise<void> {
    const listeners = this.#plan.addresses.map((address) => this.#listen(address, stop));
    const { intervalMs } = this.#plan;
    const { wallNow } = this.#options;
    for (let tick; (tick = await nextTick(intervalMs, wallNow, stop)) !== null;) {
      await this.#collect(tick - intervalMs);
      await this.#give(this.#aggregation.due(tick));
      await this.#countDrops();
      this.#tell();
    }
    await Promise.all(listeners);
    await this.#collect(Math.floor(wallNow() / intervalMs) * intervalMs);
    await this.#give(this.#aggregation.drain());
    this.#tell();
  }

  datagram(bytes: Buffer, sender: Sender): void { this.#take(bytes, 0, bytes.length, sender); }

  stream(sender: Sender): StreamTaker {
    const lines = new StreamLines({
      take: (bytes, from, to) => this.#take(bytes, from, to, sender),
      cut: (fault) => {
        this.#sender = sender;
        this.#fault(fault);
      },
    });
    return {
      take: (chunk) => {
        lines.take(chunk);
        return true;
      },
      ended: (isWhole) => (isWhole ? lines.end() : lines.broken()),
    };
  }

  crowded(sender: Sender): void { this.#losses.note('connections', 1, () => `from ${senderText(sender)}`); }

  async beforeClose(): Promise<void> { await this.#countDrops(); }

  #take(bytes: Buffer, from: number, to: number, sender: Sender): void {
    this.#sender = sender;
    this.#cache.take(bytes, from, to);
  }

  /** What came since the last time, for the interval that begins at `time`. */
  async #collect(time: number): Promise<void> {
    let datums = 0;
    for (const datum of this.#cache.collect(time)) {
      this.#aggregation.add(datum);
      if (++datums % AT_ONCE === 0) await turn();
    }
  }

  async #give(datums: readonly Datum[]): Promise<void> {
    for (let from = 0; from < datums.length; from += AT_ONCE) {
      this.#options.sink(datums.slice(from, from + AT_ONCE));
      await turn();
    }
  }

  #listen(address: ListenAddress, stop: AbortSignal): Promise<void> {
    const { report } = this.#options;
    const open = this.#opening(address);
    if (open !== null) return keepListening(address, open, report, stop, this.name);
    report.trouble(`statsd ${addressText(address)}`, `statsd: ${addressText(address)} is not listened at: the runtime has no unix datagram sockets. \`unix://\` with the same path takes streams, with lines or with DogStatsD's lengths; UDP takes packets`);
    return Promise.resolve();
  }

  #opening(address: ListenAddress): (() => Promise<Opened>) | null {
    const { report } = this.#options;
    switch (address.protocol) {
      case 'udp': return () => openDatagrams(address, this, { who: this.name, receiveBytes: Math.min(this.#plan.maxPending * PACKET_BYTES, MAX_RECEIVE_BYTES), drops: this.#drops, report });
      case 'tcp': return () => openTcp(address, takenBy(this, MAX_CONNECTIONS));
      case 'unix': return () => openUnix(address.path, takenBy(this, MAX_CONNECTIONS));
      case 'unixgram': return null;
      default: return address satisfies never;
    }
  }

  #fault(fault: Fault): void {
    const loss = fault === 'event' || fault === 'service-check' ? 'unsupported' : 'malformed';
    this.#losses.note(loss, 1, () => `from ${senderText(this.#sender)} (${FAULT_WORDS[fault]})`);
  }

  async #countDrops(): Promise<void> {
    const udp = this.#plan.addresses.filter(({ protocol }) => protocol === 'udp');
    this.#losses.note('kernel', await this.#drops.read(), () => udp.map(addressText).join(', '));
  }

  #tell(): void {
    const { beyond, series, tagsLeftOut } = this.counters;
    this.#losses.note('beyond', beyond - this.#toldBeyond, () => `${series} series now`);
    this.#losses.note('tags', tagsLeftOut - this.#toldTags, () => 'those last by name');
    this.#toldBeyond = beyond;
    this.#toldTags = tagsLeftOut;
    this.#losses.tell();
  }
}

