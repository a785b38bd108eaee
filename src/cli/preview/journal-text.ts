import { growthOfEvents } from '../../agent/growth.ts';
import type { Growth, Unknown } from '../../agent/growth.ts';
import type { EntryVerdict, JournalPreview, PreviewedEntry } from '../../agent/journald/journal-preview.ts';
import type { JournalEntryPlan, UndeliverablePolicy } from '../../plan.ts';
import { describeJournal } from '../journal-text.ts';
import { printable } from '../text-table.ts';
import { bytesText, countText } from '../units.ts';
import { costOfDay, costText } from './cost.ts';
import type { PriceSpec } from './cost.ts';
import { messageText, verdictText } from './event-text.ts';
import { COLOUR, PLAIN, clockOf } from './paint.ts';
import type { Paint } from './paint.ts';
import { growthText, redactedRow } from './text.ts';

/** What a preview of the journal under one entry is told with. */
export interface JournalTelling {
  readonly preview: JournalPreview;
  readonly entry: JournalEntryPlan;
  readonly undeliverable: UndeliverablePolicy;
  readonly growth: Growth | Unknown;
  readonly price: PriceSpec;
  /** IANA name of the host's zone. */
  readonly localZone: string;
  /** What a person should know beside it, one line each. */
  readonly notes: readonly string[];
}

/** The growth that the entries of a preview show. @param from which of them were looked at: the newest tell of the time until now (epoch milliseconds) */
export function growthOfEntries({ sample: { sourceBytes, firstTime, lastTime } }: JournalPreview, from: 'start' | 'end', now: number): Growth | Unknown {
  if (firstTime === null || lastTime === null) return { unknown: 'there is no entry' };
  return growthOfEvents(sourceBytes, firstTime, from === 'end' ? now : lastTime);
}

/** The whole preview as text. */
export function journalPreviewText(telling: JournalTelling, colour: boolean): string {
  const { preview: { destination, events, troubles }, entry, notes, localZone } = telling;
  const paint = colour ? COLOUR : PLAIN;
  const clock = clockOf(localZone);
  return [
    `${printable(entry.key)}: to log group ${destination.group}, stream ${destination.stream}\n`,
    `by the entry ${describeJournal(entry, null)}`,
    ...[...notes, ...troubles].map((note) => `${paint.loud('note')} ${printable(note)}\n`),
    '\n',
    ...events.map((event, i) => eventText(event, i + 1, telling, clock, paint)),
    events.length === 0 ? 'no event: the journal has no entry that is selected\n' : '\n',
    summaryText(telling, clock),
  ].join('');
}

function eventText(event: PreviewedEntry, number: number, { preview: { destination }, entry, undeliverable }: JournalTelling, clock: (time: number) => string, paint: Paint): string {
  const { time, isClamped, bytes, cutBytes, verdict, stream } = event;
  const isDropped = verdict.kind !== 'sent';
  const facts = [
    `${clock(time)} ${isClamped ? '(moved to what the service takes)' : '(as the journal has it)'}`,
    `${bytes.toLocaleString('en-US')} bytes`,
    isDropped ? paint.loud(verdictText(verdict, (filter) => filteredText(filter, entry), undeliverable)) : 'sent',
    ...(cutBytes > 0 ? [paint.loud(`without ${cutBytes.toLocaleString('en-US')} bytes: it is longer than an event can be`)] : []),
    ...(stream === destination.stream ? [] : [`to stream ${stream}`]),
  ];
  const marks = event.redacted.map(({ from, to }) => ({ from, to, paint: paint.redacted }));
  return `${paint.faint(`#${number}  ${facts.join('  ')}`)}\n${messageText(event, isDropped, marks, paint)}`;
}

function filteredText(filter: number | null, { filters }: JournalEntryPlan): string {
  return filter === null ? 'dropped: its message matches no filter that includes' : `dropped by filter ${filter + 1}: exclude ${JSON.stringify(filters[filter]?.pattern.source)}`;
}

function summaryText({ preview: { sample }, growth, price, undeliverable, entry }: JournalTelling, clock: (time: number) => string): string {
  const { events, sourceBytes, sentEvents, sentBytes, filtered, tooOld, tooNew, firstTime, lastTime } = sample;
  const aged: readonly (readonly [number, EntryVerdict])[] = [[tooOld, { kind: 'too-old' }], [tooNew, { kind: 'too-new' }]];
  const rows: readonly (readonly [string, string])[] = [
    ['looked at', `${countText(events, 'entry', 'entries')}${firstTime === null || lastTime === null ? '' : `, ${bytesText(sourceBytes)} as journalctl prints them, from ${clock(firstTime)} to ${clock(lastTime)}`}`],
    ['sent', `${countText(sentEvents, 'event')}, ${bytesText(sentBytes)} as the service counts them (26 for each event)`],
    ...(filtered > 0 ? [['not sent', `${countText(filtered, 'event')} dropped by filters`] as const] : []),
    ...aged.filter(([count]) => count > 0).map(([count, verdict]) => ['not sent', `${countText(count, 'event')} ${verdictText(verdict, (filter) => filteredText(filter, entry), undeliverable)}`] as const),
    ...redactedRow(sample),
    ['growth', 'unknown' in growth ? `not known: ${growth.unknown}` : growthText(growth)],
    ['cost', costText(costOfDay(growth, sample, price), price)],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(10)}${text}\n`).join('');
}
