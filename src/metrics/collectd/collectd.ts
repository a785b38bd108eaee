import { setTimeout as pause } from 'node:timers/promises';
import type { Lifetime, Service } from '../../lifecycle/lifetime.ts';
import type { CollectdPlan, ListenAddress } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';
import { Aggregation } from '../aggregate.ts';
import type { DatumSink } from '../datum.ts';
import { openTcp, openUnix, takenBy } from '../sockets/connections.ts';
import { openDatagrams } from '../sockets/datagrams.ts';
import { KernelDrops } from '../sockets/kernel-drops.ts';
import { addressText } from '../../metrics-plan.ts';
import { keepListening } from '../sockets/listening.ts';
import type { Opened } from '../sockets/listening.ts';
import { hostText } from '../sockets/taker.ts';
import type { Sender, StreamTaker, Taker } from '../sockets/taker.ts';
import { adviceOf } from './advice.ts';
import type { AuthFile } from './auth-file.ts';
import { authFileOf, typeFilesOf } from './files.ts';
import { readPacket } from './packet.ts';
import type { PacketRead } from './packet.ts';
import { Refusals } from './refusals.ts';
import type { RefusalReason } from './refusals.ts';
import type { RereadFile } from './reread-file.ts';
import { seriesOf } from './series.ts';
import { StreamParts } from './stream-parts.ts';
import type { TypeNames, TypesDb } from './types-db.ts';
import { freshState } from './value-list.ts';

export interface CollectdOptions {
  readonly sink: DatumSink;
  readonly report: Pick<Report, 'note' | 'trouble' | 'recovered'>;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** How often the auth file and types.db are looked at. */
  readonly lookMs?: number;
}

/** All since the start. */
export interface CollectdCounters {
  /** Datagrams, and pieces of streams that begin as packets do. */
  readonly packets: number;
  /** Values taken for publishing. */
  readonly values: number;
  /** Values that collectd sent as not known (NaN). */
  readonly absent: number;
  /** Messages for people, which are no metrics. */
  readonly notifications: number;
  /** Packets or values, by reason; each was said. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
}

export interface Collectd extends Service { readonly counters: CollectdCounters }

const LOOK_MS = 5_000;
/** Packets wait there while the agent is busy. */
const RECEIVE_BYTES = 4 << 20;
/** Each may hold a part of 64 KiB. */
const MAX_CONNECTIONS = 64;
/** How often complete windows are given to the sink. */
const GIVE_MS = 1_000;
/** Collectd sends its last values of a window when its buffer is full, so a bit behind the window's end. */
const LATE_MS = 5_000;
/** Of a user or type that is named in a message. */
const MAX_NAME_CHARACTERS = 64;

/** Without what a terminal would obey. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, MAX_NAME_CHARACTERS)).replaceAll(/[^ -~]/g, '?');

/** Takes what collectd's network plugin sends; dimensions of `append`, copies and what is dropped for them are the receiver's. It runs whatever is missing: what it lacks is said, and tried again. */
export function createCollectd(plan: CollectdPlan, options: CollectdOptions): Collectd { return new CollectdListener(plan, options); }

class CollectdListener implements Collectd, Taker {
  readonly name = 'collectd';
  readonly #plan: CollectdPlan;
  readonly #o: Required<CollectdOptions>;
  readonly #refusals: Refusals;
  readonly #aggregation: Aggregation;
  readonly #drops = new KernelDrops();
  readonly #auth: RereadFile<AuthFile>;
  readonly #typeFiles: readonly RereadFile<TypesDb>[];
  /** Null: the config names no files. */
  #types: TypeNames | null;
  #packets = 0;
  #values = 0;
  #absent = 0;
  #notifications = 0;

  constructor(plan: CollectdPlan, options: CollectdOptions) {
    const { report } = options;
    this.#plan = plan;
    this.#o = { lookMs: LOOK_MS, ...options };
    this.#refusals = new Refusals(report, adviceOf(plan));
    this.#aggregation = new Aggregation(plan);
    this.#auth = authFileOf(plan, report);
    this.#types = plan.typesDb.length === 0 ? null : new Map();
    this.#typeFiles = typeFilesOf(plan, report);
  }

  get counters(): CollectdCounters {
    return { packets: this.#packets, values: this.#values, absent: this.#absent, notifications: this.#notifications, refused: this.#refusals.counts };
  }

  /** Resolves when `stop` was given and all that was taken is with the sink. */
  async run({ stop }: Lifetime): Promise<void> {
    await unlessStopped(this.#look(), stop);
    await Promise.all([this.#keepLooking(stop), this.#keepGiving(stop), ...this.#plan.addresses.map((address) => this.#listen(address, stop))]);
    this.#give(this.#aggregation.drain());
  }

  datagram(bytes: Buffer, sender: Sender): void {
    this.#take(readPacket(bytes, { security: this.#plan.security, password: this.#password }), sender);
  }

  stream(sender: Sender): StreamTaker {
    const parts = new StreamParts();
    const rules = { security: this.#plan.security, password: this.#password, stream: freshState() };
    const malformed = (): void => { this.#take({ fault: 'malformed', user: null }, sender); };
    return {
      take: (chunk) => {
        for (const piece of parts.push(chunk)) this.#take(readPacket(piece, rules), sender);
        if (parts.broken) malformed();
        return !parts.broken;
      },
      ended: () => { if (parts.held > 0) malformed(); },
    };
  }

  crowded(sender: Sender): void { this.#refuse('too-many-connections', 1, ` from ${hostText(sender)}`); }

  async beforeClose(): Promise<void> {
    const dropped = await this.#drops.read();
    if (dropped > 0) this.#refuse('kernel-dropped', dropped, '');
  }

  readonly #password = (user: string): string | null => this.#auth.content?.passwords.get(user) ?? null;

  #take(read: PacketRead, sender: Sender): void {
    this.#packets++;
    const from = ` from ${hostText(sender)}`;
    if (read.fault !== null) return this.#refuse(read.fault, 1, read.user === null ? from : `${from}, user ${quoted(read.user)}`);
    this.#notifications += read.notifications;
    const now = this.#o.wallNow();
    for (const list of read.lists) {
      const { datums, absent, fault } = seriesOf(list, this.#types, this.#plan, now);
      this.#absent += absent;
      if (fault !== null) this.#refuse(fault.kind, fault.values, fault.kind === 'wrong-time' ? from : ` of type ${quoted(list.type)}${from}`);
      const beyond = this.#aggregation.beyond;
      for (const datum of datums) this.#aggregation.add(datum);
      const left = this.#aggregation.beyond - beyond;
      if (left > 0) this.#refuse('no-room', left, '');
      this.#values += datums.length - left;
    }
  }

  #refuse(reason: RefusalReason, count: number, about: string): void { this.#refusals.refuse(reason, count, about, performance.now()); }

  #give(datums: ReturnType<Aggregation['due']>): void { if (datums.length > 0) this.#o.sink(datums); }

  async #look(): Promise<void> {
    const [, ...changed] = await Promise.all([this.#auth, ...this.#typeFiles].map((file) => file.look()));
    if (changed.includes(true)) this.#types = new Map(this.#typeFiles.flatMap(({ content }) => [...content?.types ?? []]));
    await this.beforeClose();
    this.#refusals.look(performance.now());
  }

  async #keepLooking(stop: AbortSignal): Promise<void> {
    while (await passed(this.#o.lookMs, stop)) await unlessStopped(this.#look(), stop);
  }

  async #keepGiving(stop: AbortSignal): Promise<void> {
    while (await passed(GIVE_MS, stop)) this.#give(this.#aggregation.due(this.#o.wallNow() - LATE_MS));
  }

  #listen(address: ListenAddress, stop: AbortSignal): Promise<void> {
    const { report } = this.#o;
    const open = this.#opening(address);
    if (open !== null) return keepListening(address, open, report, stop, this.name);
    report.trouble(`collectd ${addressText(address)}`, `collectd: ${addressText(address)} is not listened at: the runtime has no unix datagram sockets. Use udp:// or, for streams, unix:// in ${this.#plan.pointer}/service_address`);
    return Promise.resolve();
  }

  #opening(address: ListenAddress): (() => Promise<Opened>) | null {
    switch (address.protocol) {
      case 'udp': return () => openDatagrams(address, this, { who: this.name, receiveBytes: RECEIVE_BYTES, drops: this.#drops, report: this.#o.report });
      case 'tcp': return () => openTcp(address, takenBy(this, MAX_CONNECTIONS));
      case 'unix': return () => openUnix(address.path, takenBy(this, MAX_CONNECTIONS));
      case 'unixgram': return null;
      default: return address satisfies never;
    }
  }
}

/** True after that time, false as soon as it is over. */
const passed = (ms: number, stop: AbortSignal): Promise<boolean> => pause(ms, true, { signal: stop }).catch(() => false);

/** What the work gives; null once it is over, however long the work takes. */
async function unlessStopped<Result>(work: Promise<Result>, stop: AbortSignal): Promise<Result | null> {
  if (stop.aborted) return null;
  const over = Promise.withResolvers<null>();
  const end = (): void => { over.resolve(null); };
  stop.addEventListener('abort', end);
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    stop.removeEventListener('abort', end);
  }
}
