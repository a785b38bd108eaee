// What is known of a log, in words.
import { eventsOf, type LineForm, type LineSample } from '../../config/line-form.ts';
import { ingestionCost } from '../../config/ingestion-cost.ts';
import type { LogGroupClass } from '../../plan.ts';
import { printable } from '../text-table.ts';
import { agoText, bytesText, countText, spanText } from '../units.ts';
import type { LogFlow } from './log-flow.ts';
import type { LogProposal } from './log-proposals.ts';

/** Events of a file shown, and lines of one event. */
const SHOWN_EVENTS = 3;
const SHOWN_LINES = 5;
/** Characters of a line shown. */
const SHOWN_WIDTH = 100;

/** `3 files, 12 MB, 3 s ago, nginx`: what tells a log from others in a list. */
export function proposalFacts({ files }: LogProposal, now: number): string {
  const { mtimeMs, writer, known } = files[0]!;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const program = known?.application ?? writer;
  return [...(files.length > 1 ? [countText(files.length, 'file')] : []), bytesText(size), agoText(mtimeMs, now), ...(program === null || program === '' ? [] : [printable(program)])].join(', ');
}

/** What the lines of a file were taken for, and its last events as they will be: a time or `-`, and the text. */
export function formText(sample: LineSample, form: LineForm): string {
  if (sample.lines.length === 0) return noLinesText(form);
  return [...formLines(sample, form), '', ...eventLines(sample, form)].join('\n');
}

function noLinesText({ format, field }: LineForm): string {
  const form = format ?? (field === null ? null : `field "${field}"`);
  return form === null ? 'There are no lines yet: events carry the time they are read.' : `time    ${form}: there are no lines yet, but this is how the program writes it`;
}

function formLines(sample: LineSample, { format, field, timezone, ambiguousWith, start, times }: LineForm): readonly string[] {
  if (format === null && field === null) return ['No timestamp was found in the lines: events carry the time they are read.'];
  const read = times.filter((time) => !Number.isNaN(time)).length;
  const zone = timezone === null ? '' : `, in ${timezone}`;
  return [
    `time    ${[...(field === null ? [] : [`field "${printable(field)}"`]), ...(format === null ? [] : [format])].join(' as ')}${zone}: found in ${read} of the last ${countText(sample.lines.length, 'line')}`,
    ...(ambiguousWith === null ? [] : [`        !! day and month cannot be told apart: it may be ${ambiguousWith} as well. Look at the dates below.`]),
    `events  begin at ${start === 'timestamp' ? 'a line with a timestamp; the lines behind it belong to it' : 'each line without leading white space'}`,
  ];
}

function eventLines(sample: LineSample, form: LineForm): readonly string[] {
  const events = eventsOf(sample, form, Infinity);
  const shown = events.slice(-SHOWN_EVENTS);
  // An event of several lines says most about where events begin.
  const long = events.findLast(({ lines }) => lines.length > 1);
  const telling = long === undefined || shown.includes(long) ? shown : [long, ...shown.slice(1)];
  return telling.flatMap(({ time, lines }) => [
    `${Number.isNaN(time) ? '-'.padEnd(24) : new Date(time).toISOString()}  ${shortened(lines[0]!)}`,
    ...lines.slice(1, SHOWN_LINES).map((line) => `${''.padEnd(24)}  ${shortened(line)}`),
    ...(lines.length > SHOWN_LINES ? [`${''.padEnd(24)}  … and ${countText(lines.length - SHOWN_LINES, 'line')} more`] : []),
  ]);
}

function shortened(line: string): string {
  const text = printable(line.replaceAll('\t', '    '));
  return text.length <= SHOWN_WIDTH ? text : `${text.slice(0, SHOWN_WIDTH - 1)}…`;
}

/** `about 1.2 MB a day (3 MB in the last 2 d), 0.01 USD a day`, with the basis it rests on. */
export function flowText(flow: LogFlow | null, groupClass: LogGroupClass, region: string): string {
  if (flow === null) return 'how much a day is not known yet: the file is too new, or empty';
  const { usdPerDay, billedBytesPerDay, exact } = ingestionCost({ ...flow, groupClass, region });
  return `about ${bytesText(billedBytesPerDay)} a day (${bytesText(flow.bytes)} in the last ${spanText(flow.spanMs)}), ${usdText(usdPerDay)} a day${exact ? '' : ' at the price of us-east-1'}`;
}

/** Dollars with as many digits as say something. */
export function usdText(usd: number): string {
  if (usd > 0 && usd < 0.01) return 'less than 0.01 USD';
  return `${usd.toFixed(2)} USD`;
}
