import type { Growth, Unknown } from '../../agent/growth.ts';
import type { Preview, PreviewSample } from '../../agent/preview.ts';
import type { PreviewedEvent, TimeSource, Verdict } from '../../agent/preview-event.ts';
import type { FileEntryPlan, UndeliverablePolicy } from '../../plan.ts';
import { describeEntry } from '../plan-text.ts';
import { printable } from '../text-table.ts';
import { bytesText, countText, spanText } from '../units.ts';
import { costOfDay, costText } from './cost.ts';
import type { PriceSpec } from './cost.ts';
import { messageText, verdictText } from './event-text.ts';
import { COLOUR, PLAIN, clockOf } from './paint.ts';
import type { Paint } from './paint.ts';

/** Of a text, this much is shown in a line of the summary. */
const QUOTED = 120;

/** What a preview of one file under one entry is told with. */
export interface PreviewTelling {
  readonly preview: Preview;
  readonly entry: FileEntryPlan;
  readonly undeliverable: UndeliverablePolicy;
  readonly growth: Growth | Unknown;
  readonly price: PriceSpec;
  /** IANA name of the host's zone. */
  readonly localZone: string;
  /** What a person should know beside it, one line each. */
  readonly notes: readonly string[];
}

/** The whole preview as text. */
export function previewText(telling: PreviewTelling, colour: boolean): string {
  const { preview, entry, notes } = telling;
  const paint = colour ? COLOUR : PLAIN;
  const clock = clockOf(telling.localZone);
  const first = preview.events[0];
  return [
    `${printable(preview.path)}: ${bytesText(preview.size)}, to log group ${preview.destination.group}, stream ${preview.destination.stream}\n`,
    `by the entry ${describeEntry(entry, null)}`,
    ...[...notes, ...preview.troubles].map((note) => `${paint.loud('note')} ${printable(note)}\n`),
    '\n',
    ...(preview.isCutOff && first !== undefined ? [paint.loud(`the first event began before byte ${first.offset.toLocaleString('en-US')}, further back than is read: only its rest is shown\n`)] : []),
    ...preview.events.map((event, i) => eventText(event, i + 1, telling, clock, paint)),
    preview.events.length === 0 ? `no event: ${preview.size === 0 ? 'the file is empty' : 'nothing in it is one yet'}\n` : '\n',
    summaryText(telling, paint),
  ].join('');
}

function eventText(event: PreviewedEvent, number: number, { preview: { destination }, entry, undeliverable }: PreviewTelling, clock: (time: number) => string, paint: Paint): string {
  const { line, offset, time, timeFrom, bytes, verdict, piece, waits } = event;
  const isDropped = verdict.kind !== 'sent';
  const facts = [
    line === null ? `byte ${offset.toLocaleString('en-US')}` : `line ${line.toLocaleString('en-US')}`,
    `${clock(time)} ${timeFrom === 'text' && entry.timestamp?.field != null ? `(from the field ${entry.timestamp.field})` : SOURCES[timeFrom]}`,
    `${bytes.toLocaleString('en-US')} bytes`,
    isDropped ? paint.loud(verdictText(verdict, (filter) => filteredText(filter, entry), undeliverable)) : 'sent',
    ...(event.stream === destination.stream ? [] : [`to stream ${event.stream}`]),
    ...(piece > 1 || (piece === 1 && waits !== 'partial') ? [`piece ${piece} of a message above ${entry.framing.maxEventBytes.toLocaleString('en-US')} bytes`] : []),
    ...(waits === 'lines' ? [`after ${entry.framing.multilineTimeoutMs / 1000} s without another line`] : []),
    ...(waits === 'partial' ? [`without its newline, marked, after ${entry.framing.partialLineTimeoutMs / 1000} s`] : []),
  ];
  const marks = [...(event.span === null ? [] : [{ ...event.span, paint: paint.time }]), ...event.redacted.map(({ from, to }) => ({ from, to, paint: paint.redacted }))];
  return `${paint.faint(`#${number}  ${facts.join('  ')}`)}\n${messageText(event, isDropped, marks, paint)}`;
}

const SOURCES: Readonly<Record<TimeSource, string>> = {
  text: '(from the text)', reading: '(time of reading)', before: '(none found: that of the event before)', piece: '(that of its first piece)', clamped: '(moved to what the service takes)',
};

function filteredText(index: number, { filters }: FileEntryPlan): string {
  const filter = filters[index];
  return filter === undefined ? 'dropped by a filter' : `dropped by filter ${index + 1}: ${filter.type} ${JSON.stringify(filter.pattern.source)}`;
}

function summaryText({ preview, entry, undeliverable, growth, price }: PreviewTelling, paint: Paint): string {
  const { sample } = preview;
  const rows: [string, string][] = [
    ['looked at', `${countText(sample.events, 'event')} in ${sample.from === 0 ? sample.sourceBytes >= preview.size ? 'all' : 'the first' : 'the last'} ${bytesText(sample.sourceBytes)} of the file`],
    ['sent', `${countText(sample.sentEvents, 'event')}, ${bytesText(sample.sentBytes)} as the service counts them (26 for each event)`],
    ...droppedRows(sample, entry, undeliverable),
    ...redactedRow(sample),
    ...(preview.nulBytes > 0 ? [['left out', `${preview.nulBytes.toLocaleString('en-US')} NUL bytes, which stand for no text`] as [string, string]] : []),
    ['growth', 'unknown' in growth ? `not known: ${growth.unknown}; --watch 60 measures it` : growthText(growth)],
    ['cost', costText(costOfDay(growth, sample, price), price)],
  ];
  return `${timesText(preview, entry, paint)}${rows.map(([name, text]) => `  ${name.padEnd(10)}${text}\n`).join('')}`;
}

function droppedRows(sample: PreviewSample, entry: FileEntryPlan, undeliverable: UndeliverablePolicy): readonly [string, string][] {
  const counts: readonly (readonly [number, Verdict])[] = [...sample.filtered.map((count, filter) => [count, { kind: 'filtered', filter }] as const), [sample.tooOld, { kind: 'too-old' }], [sample.tooNew, { kind: 'too-new' }]];
  return counts.filter(([count]) => count > 0).map(([count, verdict]) => ['not sent', `${countText(count, 'event')} ${verdictText(verdict, (filter) => filteredText(filter, entry), undeliverable)}`]);
}

/** Stretches by kind, where there are any. */
export function redactedRow({ redacted }: Pick<PreviewSample, 'redacted'>): readonly [string, string][] {
  const kinds = Object.entries(redacted).map(([kind, times]) => `${kind.replaceAll('_', ' ')} ${times.toLocaleString('en-US')}`);
  return kinds.length === 0 ? [] : [['redacted', kinds.join(', ')]];
}

/** A loud line where a format fits few events, or where there is none and one would fit. */
function timesText({ sample: { untimed, events, firstUntimed }, likelyFormat }: Preview, { timestamp }: FileEntryPlan, paint: Paint): string {
  const likely = likelyFormat === null ? '' : `    ${timestamp === null ? 'the lines fit' : 'they fit'} timestamp_format ${JSON.stringify(likelyFormat)}\n`;
  if (timestamp === null) return likely === '' ? '' : `${paint.loud('events carry the time of reading, but there are times in the text:')}\n${likely}\n`;
  if (untimed === 0) return '';
  const text = `${countText(untimed, 'event')} of ${events.toLocaleString('en-US')} ${untimed === 1 ? 'has' : 'have'} no time ${timestamp.field === null ? `of the form ${timestamp.format}` : `in the field ${timestamp.field}${timestamp.format === null ? '' : ` of the form ${timestamp.format}`}`}`;
  const isMost = 2 * untimed > events;
  const first = firstUntimed === null ? '' : `    wanted ${timestamp.format ?? `field ${timestamp.field}`}\n    event  ${printable(firstLine(firstUntimed))}\n`;
  return `${isMost ? paint.loud(`${text}: most of them, so the format is likely to be wrong. The first:`) : `${text}. The first:`}\n${first}${likely}\n`;
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > QUOTED ? `${line.slice(0, QUOTED)}…` : line;
}

/** A growth in words, and what says so. */
export function growthText(growth: Growth): string {
  const { basis, bytes, spanMs, files, bytesPerDay } = growth;
  const how = {
    watched: `${bytesText(bytes)} while it was watched for ${spanText(spanMs)}`,
    rotations: `${bytesText(bytes)} in ${spanText(spanMs)}, since an older life of it was written last${files > 1 ? `, in ${countText(files, 'file')}` : ''}`,
    birth: `${bytesText(bytes)} in ${spanText(spanMs)}, since the file was begun`,
    events: `${bytesText(bytes)} in ${spanText(spanMs)}, since the first event that was looked at`,
  }[basis];
  return `${bytesText(bytesPerDay)} a day (${how})`;
}
