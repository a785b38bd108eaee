import { ServiceError, alreadyExists, notFound } from '../service-error.ts';
import { EVENT_OVERHEAD_BYTES, MAX_GROUPS, MAX_STREAMS } from './limits.ts';
import { LogStream } from './stream.ts';
import type { Block, StoredEvent } from './stream.ts';

export interface LogGroup {
  readonly name: string;
  readonly creationTime: number;
  readonly groupClass: string;
  readonly kmsKeyId: string | null;
  readonly tags: ReadonlyMap<string, string>;
  deletionProtected: boolean;
  retentionDays: number | null;
  /** Bytes ever stored in it: messages plus 26 each. */
  storedBytes: number;
  readonly streams: Map<string, LogStream>;
}

/** What was dropped to stay within the bound. */
export interface Evicted { readonly events: number; readonly bytes: number }

/** Told of every change, so that it can be kept on disk. */
export interface StoreObserver {
  groupChanged(group: LogGroup): void;
  groupDeleted(name: string): void;
  streamCreated(stream: LogStream): void;
  streamDeleted(stream: LogStream): void;
  stored(block: Block): void;
}

/** Groups, streams and events in memory. Of the events, the latest `maxBytes` are held; the oldest blocks go first. */
export class LogStore {
  readonly #maxBytes: number;
  readonly #groups = new Map<string, LogGroup>();
  readonly #observers: StoreObserver[] = [];
  /** Blocks in the order of arrival over all streams; those of deleted streams stay until they are the oldest. */
  #queue: Block[] = [];
  #head = 0;
  #bytes = 0;
  #places = 0;
  #streamCount = 0;
  #evictedEvents = 0;
  #evictedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  observe(observer: StoreObserver): void {
    this.#observers.push(observer);
  }

  /** Bytes held now: messages plus 26 each. */
  get bytes(): number { return this.#bytes; }
  get evicted(): Evicted { return { events: this.#evictedEvents, bytes: this.#evictedBytes }; }

  /** Names of the groups, in ASCII order. */
  groups(): readonly string[] {
    return [...this.#groups.keys()].sort();
  }

  /** Names of the group's streams, in ASCII order; none if there is no such group. */
  streams(group: string): readonly string[] {
    return [...(this.#groups.get(group)?.streams.keys() ?? [])].sort();
  }

  /** The stream's events in the order of arrival; none if there is no such stream. */
  events(group: string, stream: string): readonly StoredEvent[] {
    const found = this.#groups.get(group)?.streams.get(stream);
    return found === undefined ? [] : [...found.arrivals()].map(({ timestamp, ingestionTime, message }) => ({ timestamp, ingestionTime, message }));
  }

  /** The stream's messages in the order of arrival. */
  messages(group: string, stream: string): readonly string[] {
    return this.#groups.get(group)?.streams.get(stream)?.blocks.flatMap((block) => block.messages) ?? [];
  }

  /** Events held, over all streams. */
  count(): number {
    let sum = 0;
    for (const group of this.#groups.values()) for (const stream of group.streams.values()) sum += stream.count;
    return sum;
  }

  findGroup(name: string): LogGroup | undefined {
    return this.#groups.get(name);
  }

  /** Throws ResourceNotFoundException. */
  group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (group === undefined) throw notFound('The specified log group does not exist.');
    return group;
  }

  /** Throws ResourceNotFoundException for the group or the stream. */
  stream(group: string, name: string): LogStream {
    const stream = this.group(group).streams.get(name);
    if (stream === undefined) throw notFound('The specified log stream does not exist.');
    return stream;
  }

  createGroup(group: Omit<LogGroup, 'streams' | 'storedBytes'>): LogGroup {
    if (this.#groups.has(group.name)) throw alreadyExists('The specified log group already exists');
    if (this.#groups.size >= MAX_GROUPS) throw limitExceeded(`${MAX_GROUPS} log groups`);
    const created: LogGroup = { ...group, storedBytes: 0, streams: new Map() };
    this.#groups.set(group.name, created);
    for (const observer of this.#observers) observer.groupChanged(created);
    return created;
  }

  setRetention(name: string, days: number | null): void {
    const group = this.group(name);
    group.retentionDays = days;
    for (const observer of this.#observers) observer.groupChanged(group);
  }

  deleteGroup(name: string): void {
    const group = this.group(name);
    this.#groups.delete(name);
    for (const stream of group.streams.values()) this.#release(stream);
    for (const observer of this.#observers) observer.groupDeleted(name);
  }

  createStream(group: string, name: string, creationTime: number): LogStream {
    const { streams } = this.group(group);
    if (streams.has(name)) throw alreadyExists('The specified log stream already exists');
    if (this.#streamCount >= MAX_STREAMS) throw limitExceeded(`${MAX_STREAMS} log streams`);
    const stream = new LogStream(group, name, creationTime);
    this.#streamCount++;
    streams.set(name, stream);
    for (const observer of this.#observers) observer.streamCreated(stream);
    return stream;
  }

  deleteStream(group: string, name: string): void {
    const stream = this.stream(group, name);
    this.group(group).streams.delete(name);
    this.#release(stream);
    for (const observer of this.#observers) observer.streamDeleted(stream);
  }

  /** Appends events as they arrived and drops the oldest of all streams beyond the bound. `bytes` counts 26 for each event. */
  append(stream: LogStream, timestamps: Float64Array, messages: readonly string[], bytes: number, ingestionTime: number): void {
    if (messages.length === 0) return;
    const block: Block = { stream, ingestionTime, timestamps, messages, bytes, place: this.#places };
    this.#places += messages.length;
    stream.append(block);
    this.group(stream.group).storedBytes += bytes;
    this.#queue.push(block);
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes && this.#head < this.#queue.length - 1) this.#evictOldest();
    for (const observer of this.#observers) observer.stored(block);
  }

  #evictOldest(): void {
    const block = this.#queue[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (block === undefined || !block.stream.blocks.includes(block)) return;
    block.stream.evict(block);
    this.#bytes -= block.bytes;
    this.#evictedEvents += block.messages.length;
    this.#evictedBytes += block.bytes;
  }

  #release(stream: LogStream): void {
    this.#streamCount--;
    const gone = new Set(stream.blocks);
    for (const block of gone) {
      this.#bytes -= block.bytes;
      stream.evict(block);
    }
    this.#queue = this.#queue.slice(this.#head).filter((block) => !gone.has(block));
    this.#head = 0;
  }
}

function limitExceeded(what: string): ServiceError {
  return new ServiceError('LimitExceededException', `Resource limit exceeded: the local endpoint holds ${what} at most.`);
}

/** Bytes an event counts for: exact UTF-8 length of the message plus 26. An unpaired surrogate counts as U+FFFD, 3 bytes. */
export function eventBytes(message: string): number {
  return Buffer.byteLength(message, 'utf8') + EVENT_OVERHEAD_BYTES;
}
