// What `run` would make of the entries of a journal, shown instead of sent: the same stages, no state, no network.
import { entryText } from '../../journald/entry-text.ts';
import { ExportEntries, ExportFormatError } from '../../journald/export-entries.ts';
import type { JournalEntry } from '../../journald/export-entries.ts';
import { NO_PROGRAM, findJournalctl, startJournalctl } from '../../journald/journal-program.ts';
import { journalFault, newestArgs, readingArgs, seesPartOnly } from '../../journald/journalctl.ts';
import { Arena } from '../../kernel/arena.ts';
import { EVENT_OVERHEAD_BYTES } from '../../plan.ts';
import type { JournalEntryPlan, RedactKind, UndeliverablePolicy } from '../../plan.ts';
import { ChunkText } from '../../records/chunk-text.ts';
import { Redaction } from '../../records/redact/redaction.ts';
import { redactText } from '../../records/redact/redact-text.ts';
import type { RedactHit } from '../../records/redact/redact-text.ts';
import { destinationsIn } from '../preview-destination.ts';
import { shownText } from '../preview-event.ts';
import { PreviewReport } from '../preview-report.ts';
import { SharedParts } from '../shared-parts.ts';
import { arenaBytes } from '../stages.ts';
import { Trail } from '../trail.ts';
import { machineId, userName } from './journal-check.ts';
import { JournalSource, messageOf } from './journal-source.ts';
import { buildJournalStages, journalDateZone } from './journal-stages.ts';
import { MessageFilter } from './message-filter.ts';

/** Nobody waits longer for a journal of many files in which little is selected: what has come until then is shown. */
const PATIENCE_MS = 60_000;
const now = (): number => performance.now();

/** What becomes of an entry. `filter` counts from 0; null: none of those that include matches. */
export type EntryVerdict =
  | { readonly kind: 'sent' | 'too-old' | 'too-new' }
  | { readonly kind: 'filtered'; readonly filter: number | null };

/** One entry of the journal as `run` would make an event of it. */
export interface PreviewedEntry {
  readonly cursor: string;
  /** Where it goes, or would go if it were sent. */
  readonly group: string;
  readonly stream: string;
  /** Epoch milliseconds: as the journal has it, or moved into what the service takes. */
  readonly time: number;
  readonly isClamped: boolean;
  /** As JSON, before and after it was redacted. At most 4,096 bytes of each. */
  readonly original: string;
  readonly message: string;
  /** What of `original` is made unreadable, in characters, in their order. */
  readonly redacted: readonly RedactHit[];
  /** As the service counts it: the message and 26 bytes. */
  readonly bytes: number;
  /** Bytes of the entry that are left out because it is longer than an event. */
  readonly cutBytes: number;
  readonly verdict: EntryVerdict;
}

/** All of them together. */
export interface EntrySample {
  readonly events: number;
  /** Bytes that journalctl printed for them. */
  readonly sourceBytes: number;
  readonly sentEvents: number;
  readonly sentBytes: number;
  readonly filtered: number;
  readonly tooOld: number;
  readonly tooNew: number;
  /** Of both together, as the service would count them. */
  readonly agedBytes: number;
  /** Stretches made unreadable, by kind, in what is shown of each event. */
  readonly redacted: Readonly<Partial<Record<RedactKind, number>>>;
  /** Epoch milliseconds; null where there is no entry. */
  readonly firstTime: number | null;
  readonly lastTime: number | null;
}

export interface JournalPreview {
  /** Where an event of now goes. */
  readonly destination: { readonly group: string; readonly stream: string };
  readonly events: readonly PreviewedEntry[];
  readonly sample: EntrySample;
  /** What keeps some of it from being read, and what `run` would warn of. */
  readonly troubles: readonly string[];
}

export interface JournalPreviewSpec {
  readonly entry: JournalEntryPlan;
  readonly undeliverable: UndeliverablePolicy;
  /** Name of the host's time zone, for streams named by dates. */
  readonly localZone: string;
  /** Entries to show: the first or the last of those that the entry of the config selects. */
  readonly events: number;
  readonly from: 'start' | 'end';
}

/** The preview of a journal, or why nothing of it can be read. */
export async function previewJournal(spec: JournalPreviewSpec): Promise<JournalPreview | { readonly refused: string }> {
  const { entry, events: wanted, from } = spec;
  const program = await findJournalctl();
  if (program === null) return { refused: NO_PROGRAM };
  const own = machineId();
  const run = startJournalctl(program, from === 'end' ? newestArgs(entry, own, wanted) : readingArgs(entry, own, null, false));
  const previewing = new Previewing(spec);
  const parser = new ExportEntries(entry.maxEventBytes);
  let isTooSlow = false;
  const timer = setTimeout(() => { isTooSlow = true; run.stop(); }, PATIENCE_MS);
  try {
    for await (const chunk of run.output) {
      for (const one of parser.push(chunk)) if (previewing.count < wanted) previewing.take(one);
      if (from === 'start' && previewing.count === wanted) run.stop();
    }
  } catch (error) {
    run.stop();
    if (!(error instanceof ExportFormatError)) throw error;
    return { refused: `what journalctl prints cannot be read: ${error.message}` };
  } finally {
    clearTimeout(timer);
  }
  const { code, complaint } = await run.ended;
  if (!run.isStopped && code !== 0) return { refused: journalFault(complaint, entry, userName()) };
  return previewing.end([
    ...(isTooSlow ? [`journalctl had not come to its end after ${PATIENCE_MS / 1000} s: this is what it had found`] : []),
    ...(seesPartOnly(complaint) ? [`only a part of it can be read: ${journalFault('insufficient permissions', entry, userName())}`] : []),
  ]);
}

/** Hands entries to the stages of `run` one by one, which tells what becomes of each. */
class Previewing {
  readonly #entry: JournalEntryPlan;
  readonly #report = new PreviewReport();
  readonly #source: JournalSource;
  readonly #destinationAt: ReturnType<typeof destinationsIn> & object;
  readonly #redaction: Redaction | null;
  readonly #excludes: readonly { readonly index: number; readonly filter: MessageFilter }[];
  /** One for all: matchers tell texts apart by its versions. */
  readonly #text = new ChunkText();
  readonly #events: PreviewedEntry[] = [];
  /** Of the entry under way, once it has passed the stages: what is sent of it. */
  #sent: { readonly time: number; readonly message: Buffer } | null = null;
  #sourceBytes = 0;

  constructor({ entry, undeliverable, localZone }: JournalPreviewSpec) {
    const arena = new Arena(arenaBytes({ entries: [], journald: [entry] }));
    const parts = new SharedParts(localZone);
    const destinationAt = destinationsIn('', entry, journalDateZone(entry, parts));
    // Its names are made of nothing that a file would have to say.
    if (typeof destinationAt === 'string') throw new Error(`${entry.pointer}: ${destinationAt}`);
    this.#entry = entry;
    this.#destinationAt = destinationAt;
    this.#redaction = entry.redact.length === 0 ? null : new Redaction(entry.redact, entry.maxEventBytes - EVENT_OVERHEAD_BYTES);
    this.#excludes = entry.filters.flatMap((plan, index) => plan.type === 'exclude' ? [{ index, filter: new MessageFilter([plan], now, parts.searchOf) }] : []);
    this.#source = new JournalSource({
      name: entry.key, handle: null,
      outlet: {
        lanes: [], destinationAt, tryRoom: () => null, roomChange: () => Promise.resolve(), admit: () => arena.count,
        add: (first, last) => { if (last > first) this.#sent = { time: arena.time[first]!, message: Buffer.from(arena.bytes.subarray(arena.from[first], arena.to[first])) }; },
      },
      track: () => { throw new Error('a preview keeps no position'); },
      trail: new Trail(),
      rewound: () => undefined,
    }, buildJournalStages(entry, { arena, parts, report: this.#report, now, undeliverable, undelivered: { add: () => undefined } }));
  }

  get count(): number { return this.#events.length; }

  take(entry: JournalEntry): void {
    const { text, cut } = entryText(entry, this.#entry.maxEventBytes - EVENT_OVERHEAD_BYTES);
    const report = this.#report;
    report.begin();
    this.#sent = null;
    this.#source.take([entry], 0);
    const { time, message } = this.#sent ?? { time: entry.time, message: Buffer.from(text) };
    const original = shownText(Buffer.from(text));
    const { group, stream } = this.#destinationAt(time);
    this.#sourceBytes += entry.bytes;
    this.#events.push({
      cursor: entry.cursor, group, stream, time, isClamped: report.isClamped, original, message: shownText(message), cutBytes: cut,
      redacted: report.redactions.size === 0 || this.#redaction === null ? [] : redactText(this.#redaction, original).hits,
      bytes: message.length + EVENT_OVERHEAD_BYTES,
      verdict: this.#sent !== null ? { kind: 'sent' } : report.age !== null ? { kind: report.age } : { kind: 'filtered', filter: this.#dropping(entry) },
    });
  }

  end(troubles: readonly string[]): JournalPreview {
    const events = this.#events;
    const of = (kind: EntryVerdict['kind']): readonly PreviewedEntry[] => events.filter(({ verdict }) => verdict.kind === kind);
    const bytesOf = (some: readonly PreviewedEntry[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
    const [sent, tooOld, tooNew] = [of('sent'), of('too-old'), of('too-new')];
    const redacted: Partial<Record<RedactKind, number>> = {};
    for (const { kind } of events.flatMap((event) => event.redacted)) redacted[kind] = (redacted[kind] ?? 0) + 1;
    const { group, stream } = this.#destinationAt(Date.now());
    return {
      destination: { group, stream }, events,
      sample: {
        events: events.length, sourceBytes: this.#sourceBytes, sentEvents: sent.length, sentBytes: bytesOf(sent), filtered: of('filtered').length,
        tooOld: tooOld.length, tooNew: tooNew.length, agedBytes: bytesOf(tooOld) + bytesOf(tooNew), redacted,
        firstTime: events[0]?.time ?? null, lastTime: events.at(-1)?.time ?? null,
      },
      troubles: [...troubles, ...this.#report.troubles],
    };
  }

  /** The first of those that exclude which drops it when asked alone; null: none of those that include matches. */
  #dropping(entry: JournalEntry): number | null {
    const message = messageOf(entry);
    const text = this.#text;
    // A line end behind it, as searches like it.
    text.reset({ bytes: Buffer.concat([message, Buffer.from('\n')]), from: Int32Array.of(0), to: Int32Array.of(message.length), end: Int32Array.of(message.length), time: Float64Array.of(0), count: 1 });
    return this.#excludes.find(({ filter }) => filter.verdicts(text)[0] === 0)?.index ?? null;
  }
}
