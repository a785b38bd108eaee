// What `run` would make of a file, shown instead of sent: the same stages, no state, no network.
import { closeSync, fstatSync, readSync } from 'node:fs';
import { skipByContent } from '../files/binary-content.ts';
import { Descriptors } from '../files/descriptors.ts';
import { errorCode } from '../files/file-id.ts';
import { ALL_IN_REACH } from '../files/reach.ts';
import { skipByName, skipByType } from '../files/skip.ts';
import { openFile } from '../files/tailer.ts';
import { Arena } from '../kernel/arena.ts';
import { createKernel } from '../kernel/kernel.ts';
import type { FileEntryPlan, RedactKind, UndeliverablePolicy } from '../plan.ts';
import { inferTimestamp } from '../records/infer-timestamp.ts';
import { LineCount } from './line-count.ts';
import { destinationsIn } from './preview-destination.ts';
import { PreviewReader } from './preview-reader.ts';
import type { PreviewedEvent } from './preview-event.ts';
import { PreviewReport } from './preview-report.ts';
import { WatchedTimes } from './preview-times.ts';
import { SharedParts } from './shared-parts.ts';
import { CHUNK_BYTES, arenaBytes, buildStages } from './stages.ts';

/** What is read of a file at first; four times as much each time it holds too few events, up to the most. */
const FIRST_WINDOW = CHUNK_BYTES;
const MOST_WINDOW = 67_108_864;
/** Lines are counted up to here: reading 64 MiB from the page cache takes about 20 ms. */
const COUNTED_BYTES = 67_108_864;
const BLOCK_BYTES = 262_144;
const NEWLINE = 10;
/** Of what is shown, so much is looked at for the form of its timestamps. */
const LINES_OF_EVENT = 20;
const LOOKED_AT_LINES = 200;

export interface PreviewSpec {
  /** Absolute. */
  readonly path: string;
  readonly entry: FileEntryPlan;
  readonly undeliverable: UndeliverablePolicy;
  /** Name of the host's time zone, for timestamps in `Local` time. */
  readonly localZone: string;
  /** The agent's own logs, which are never followed. */
  readonly ownLogs: readonly string[];
  /** Events to show: the first or the last of the file. */
  readonly events: number;
  readonly from: 'start' | 'end';
}

/** All events that were looked at, which are more than those that are shown. */
export interface PreviewSample {
  /** Bytes of the file they take, and where those begin. */
  readonly from: number;
  readonly sourceBytes: number;
  readonly events: number;
  readonly sentEvents: number;
  /** As the service counts them: messages and 26 bytes each. */
  readonly sentBytes: number;
  /** Dropped by each filter of the entry, in their order. */
  readonly filtered: readonly number[];
  readonly tooOld: number;
  readonly tooNew: number;
  /** Of both together, as the service would count them. */
  readonly agedBytes: number;
  /** Stretches made unreadable, by kind, in what is shown of each event. */
  readonly redacted: Readonly<Partial<Record<RedactKind, number>>>;
  /** Events in which no time was found, though the entry says how to find one; and the first of them. */
  readonly untimed: number;
  readonly firstUntimed: string | null;
  /** The first time found in an event, epoch milliseconds; null if there is none. */
  readonly firstTime: number | null;
}

export interface Preview {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where an event of now goes. */
  readonly destination: { readonly group: string; readonly stream: string };
  readonly events: readonly PreviewedEvent[];
  /** The first event shown began earlier than anything that was read. */
  readonly isCutOff: boolean;
  readonly sample: PreviewSample;
  /** NULs that stand for no text and are left out. */
  readonly nulBytes: number;
  /** What `run` would warn of. */
  readonly troubles: readonly string[];
  /** The timestamp_format that fits what is shown, where the entry has none, or one that fits less than half of the events. */
  readonly likelyFormat: string | null;
}

/** The preview of a file, or why `run` would not follow it. */
export function previewFile(spec: PreviewSpec): Preview | { readonly refused: string } {
  const { path, entry } = spec;
  const byName = skipByName(path, { logs: spec.ownLogs, stateDirectory: null });
  if (byName !== null) return { refused: byName };
  const opened = openFile(path);
  if ('error' in opened) return { refused: openFault(opened.error) };
  try {
    const reason = skipByType(fstatSync(opened.fd)) ?? skipByContent(opened.fd, entry.framing.encoding);
    return reason === null ? new Previewing(spec, opened).run() : { refused: reason };
  } catch (error) {
    return { refused: unreadable(errorCode(error)) };
  } finally {
    closeSync(opened.fd);
  }
}

const unreadable = (code: string): string => `cannot be read (${code}): check the disk, or the mount`;

function openFault(code: string): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return `this user may not read it (${code}): ask as the user the agent runs as, and give that user read permission on the file and search permission on its folders`;
  return `cannot be opened (${code})`;
}

class Previewing {
  readonly #spec: PreviewSpec;
  readonly #file: { readonly fd: number; readonly size: number; readonly mtimeMs: number };
  readonly #arena: Arena;

  constructor(spec: PreviewSpec, file: { readonly fd: number; readonly size: number; readonly mtimeMs: number }) {
    this.#spec = spec;
    this.#file = file;
    this.#arena = new Arena(arenaBytes({ entries: [spec.entry], journald: [] }));
  }

  run(): Preview | { readonly refused: string } {
    const { size } = this.#file;
    const atEnd = this.#spec.from === 'end';
    for (let window = FIRST_WINDOW; ; window *= 4) {
      const whole = window >= size;
      const pass = atEnd ? this.#pass(whole ? 0 : size - window, size) : this.#pass(0, Math.min(window, size));
      if (whole || window >= MOST_WINDOW || 'refused' in pass || pass.events.length >= this.#spec.events) return pass;
    }
  }

  #pass(after: number, to: number): Preview | { readonly refused: string } {
    const { path, entry, events: wanted, localZone, undeliverable } = this.#spec;
    const { fd, size, mtimeMs } = this.#file;
    const report = new PreviewReport();
    const now = (): number => performance.now();
    const stages = buildStages(entry, {
      arena: this.#arena, kernel: createKernel(this.#arena), descriptors: new Descriptors(1, report), reach: ALL_IN_REACH, report, now, parts: new SharedParts(localZone),
      undeliverable, undelivered: { add: () => {} },
    });
    const destinationAt = destinationsIn(path, entry, stages.dateZone);
    if (typeof destinationAt === 'string') return { refused: destinationAt };
    const from = after === 0 ? 0 : lineAfter(fd, after, size, stages.stamper.wide) ?? after;
    const line = stages.stamper.wide || from > COUNTED_BYTES ? null : new LineCount(fd).lineAt(from);
    const tally = new Tally(entry.filters.length);
    const shown: PreviewedEvent[] = [];
    // From the middle of a file on, the first message may be the rest of one, and so are its pieces.
    let unsure: PreviewedEvent | null = null;
    const parser = stages.stamper.newParser();
    const times = parser === null ? null : new WatchedTimes(parser);
    const end = new PreviewReader({ fd, entry, stages, report, times, path, mtimeMs, destinationAt, from, to, isEnd: to === size, line }, (event) => {
      if (from > 0 && tally.events === 0 && (unsure === null || event.piece > 1)) { unsure ??= event; return; }
      tally.add(event);
      if (this.#spec.from === 'end') {
        shown.push(event);
        if (shown.length > wanted) shown.shift();
      } else if (shown.length < wanted) shown.push(event);
    }).run();
    if (end.failure !== null) return { refused: unreadable(end.failure) };
    const isCutOff = shown.length === 0 && unsure !== null;
    if (isCutOff) { shown.push(unsure!); tally.add(unsure!); }
    const destination = destinationAt(Date.now());
    return {
      path, size, destination: { group: destination.group, stream: destination.stream }, events: shown, isCutOff,
      sample: tally.sample(from, end.offset - from), nulBytes: end.nulBytes, troubles: report.troubles,
      likelyFormat: entry.timestamp === null || 2 * tally.untimed > tally.events ? likelyFormat(shown, mtimeMs, localZone) : null,
    };
  }
}

class Tally {
  readonly #filtered: number[];
  events = 0;
  #sentEvents = 0;
  #sentBytes = 0;
  #tooOld = 0;
  #agedBytes = 0;
  #tooNew = 0;
  readonly #redacted: Partial<Record<RedactKind, number>> = {};
  untimed = 0;
  #firstUntimed: string | null = null;
  #firstTime: number | null = null;

  constructor(filters: number) { this.#filtered = Array.from({ length: filters }, () => 0); }

  add({ verdict, bytes, isUntimed, original, redacted, time, timeFrom }: PreviewedEvent): void {
    this.events++;
    switch (verdict.kind) {
      case 'sent': this.#sentEvents++; this.#sentBytes += bytes; break;
      case 'too-old': this.#tooOld++; this.#agedBytes += bytes; break;
      case 'too-new': this.#tooNew++; this.#agedBytes += bytes; break;
      case 'filtered': this.#filtered[verdict.filter] = (this.#filtered[verdict.filter] ?? 0) + 1; break;
      default: verdict satisfies never;
    }
    if (timeFrom === 'text') this.#firstTime ??= time;
    for (const { kind } of redacted) this.#redacted[kind] = (this.#redacted[kind] ?? 0) + 1;
    if (!isUntimed) return;
    this.untimed++;
    this.#firstUntimed ??= original;
  }

  sample(from: number, sourceBytes: number): PreviewSample {
    return {
      from, sourceBytes, events: this.events, sentEvents: this.#sentEvents, sentBytes: this.#sentBytes, filtered: this.#filtered,
      tooOld: this.#tooOld, tooNew: this.#tooNew, agedBytes: this.#agedBytes, redacted: this.#redacted, untimed: this.untimed, firstUntimed: this.#firstUntimed,
      firstTime: this.#firstTime,
    };
  }
}

function likelyFormat(shown: readonly PreviewedEvent[], writtenAt: number, localZone: string): string | null {
  const lines = shown.flatMap(({ original }) => original.split('\n', LINES_OF_EVENT)).slice(-LOOKED_AT_LINES);
  return inferTimestamp({ lines, writtenAt, localZone })?.format ?? null;
}

/** Offset of the first line that begins at or after `offset`, or null if none does. @param wide code units of two bytes, in either order. */
function lineAfter(fd: number, offset: number, size: number, wide: boolean): number | null {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = wide ? offset - (offset % 2) : offset; at < size;) {
    const got = readSync(fd, block, 0, BLOCK_BYTES, at);
    if (got === 0) return null;
    for (let i = block.indexOf(NEWLINE); i !== -1 && i < got; i = block.indexOf(NEWLINE, i + 1)) {
      if (!wide) return at + i + 1;
      if (block[i ^ 1] === 0) return at + (i | 1) + 1;
    }
    at += got;
  }
  return null;
}
