// How the lines of a file become events, told from the lines themselves, in the words of the config.
import { inferStart, lastEvents, type EventStart, type SampleEvent } from '../records/infer-events.ts';
import { fieldTimes, inferJsonTime } from '../records/infer-json-time.ts';
import { inferTimestamp } from '../records/infer-timestamp.ts';
import { readTimes, type LineSample } from '../records/read-times.ts';
import { namesZone } from '../records/time-forms.ts';

export type { EventStart, LineSample, SampleEvent };

/** What an entry needs to say of a file's lines. */
export interface LineForm {
  /** `timestamp_format`, or null for none: events carry the time of reading, or that of `field`. */
  readonly format: string | null;
  /** `timestamp_field`, or null for none. */
  readonly field: string | null;
  /** `timezone`, or null for the default. */
  readonly timezone: string | null;
  /** Another format that reads the same texts as other times; null where there is no doubt. */
  readonly ambiguousWith: string | null;
  readonly start: EventStart;
  /** Epoch milliseconds, or NaN, by line of the sample. */
  readonly times: readonly number[];
}

/** What the lines say. */
export function inferLineForm(sample: LineSample): LineForm {
  const json = inferJsonTime(sample);
  if (json !== null) return { ...json, start: 'line without leading white space' };
  const text = inferTimestamp(sample);
  if (text === null) return formless(sample);
  return { format: text.format, field: null, timezone: text.timezone, ambiguousWith: text.ambiguousWith, start: inferStart(sample.lines, text.found.times), times: text.found.times };
}

/** What a person says of the lines: the keys of an entry, null where nothing is said. */
export type ChosenForm = Pick<LineForm, 'format' | 'field' | 'timezone' | 'start'>;

/** That, held against the lines; what cannot be read is a problem. */
export function chosenLineForm(sample: LineSample, { format, field, timezone, start }: ChosenForm): LineForm | { readonly problem: string } {
  if (field !== null) {
    const found = fieldTimes(sample, field, format, timezone);
    return 'problem' in found ? found : { ...found, start: 'line without leading white space' };
  }
  if (format === null) return formless(sample);
  const found = readTimes(sample, format, timezone ?? 'Local');
  return 'problem' in found ? found : { format, field: null, timezone, ambiguousWith: null, start, times: found.times };
}

const formless = (sample: LineSample): LineForm =>
  ({ format: null, field: null, timezone: null, ambiguousWith: null, start: 'line without leading white space', times: sample.lines.map(() => Number.NaN) });

/** The last events of the sample, as this form cuts them. */
export const eventsOf = (sample: LineSample, form: LineForm, count: number): readonly SampleEvent[] => lastEvents(sample.lines, form.times, form.start, count);

/** Whether the text of a timestamp says its zone: then `timezone` changes nothing. */
export const saysZone = ({ format }: LineForm): boolean => format !== null && namesZone(format);

/** The keys of an entry that say it. */
export function entryKeys({ format, field, timezone, start }: LineForm): Readonly<Record<string, string>> {
  return {
    ...(field !== null && { timestamp_field: field }),
    ...(format !== null && { timestamp_format: format }),
    ...(timezone !== null && { timezone }),
    ...(start === 'timestamp' && { multi_line_start_pattern: '{timestamp_format}' }),
  };
}
