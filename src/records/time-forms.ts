// The forms of timestamps that logs usually have, for telling which one a file's lines have.
import { ABBREVIATIONS } from './zone-abbreviations.ts';

/** Date and time of day, without what may follow (fraction, zone). Of those that read the same lines the longest text counts, then the first one here. */
export const DATED_FORMS: readonly string[] = [
  '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d_%H:%M:%S', '%Y-%m-%d-%H:%M:%S', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d-%H:%M:%S', '%Y.%m.%d %H:%M:%S',
  '%Y%m%dT%H%M%S', '%Y%m%d %H:%M:%S', '%Y%m%d-%H:%M:%S', '%Y%m%d%H%M%S', '%Y%m%d %H%M%S',
  '%d/%b/%Y:%H:%M:%S', '%d/%b/%Y %H:%M:%S', '%d-%b-%Y %H:%M:%S', '%d %b %Y %H:%M:%S',
  '%b %d, %Y %H:%M:%S', '%b %d %Y %H:%M:%S', '%b %d, %Y %I:%M:%S %p',
  '%a %b %d %H:%M:%S.%f %Y', '%a %b %d %H:%M:%S %Y', '%a %b %d %H:%M:%S %Z %Y', '%b %d %H:%M:%S',
  '%d.%m.%Y %H:%M:%S', '%d/%m/%Y %H:%M:%S', '%m/%d/%Y %H:%M:%S', '%d/%m/%Y %I:%M:%S %p', '%m/%d/%Y %I:%M:%S %p',
  '%d-%m-%Y %H:%M:%S', '%m-%d-%Y %H:%M:%S', '%d/%m/%y %H:%M:%S', '%m/%d/%y %H:%M:%S', '%y/%m/%d %H:%M:%S', '%y-%m-%d %H:%M:%S',
  '%y%m%d %H:%M:%S', '%m%d %H:%M:%S', '%m-%d %H:%M:%S',
];

/** A time of day alone: only where no form with a date fits. */
export const TIME_FORMS: readonly string[] = ['%H:%M:%S'];

/** Numbers since 1970, by their digits: where no other form fits. */
export const EPOCH_FORMS: readonly string[] = ['epoch_ms', 'epoch_s', 'epoch_us', 'epoch_ns'];

const FRACTION = /^(?:([.,])\d{1,9}|(:)\d{3})(?!\d)/;
const OFFSET = /^(?:[Zz](?![A-Za-z])|[+-]\d{2}:?\d{2}(?!\d)| [+-]\d{2}:?\d{2}(?!\d))/;
const ZONE_NAME = /^ ([A-Z]{3,4})(?![A-Za-z])/;

/** What follows date and time in one line: directives to append, or an empty string. `tail`: the text from there on. */
export function suffixOf(tail: string): string {
  const fraction = FRACTION.exec(tail);
  const separator = fraction?.[1] ?? fraction?.[2];
  const rest = tail.slice(fraction?.[0].length ?? 0);
  const offset = OFFSET.exec(rest)?.[0];
  const name = ZONE_NAME.exec(rest)?.[1];
  const named = name !== undefined && (name === 'UTC' || name === 'GMT' || Object.hasOwn(ABBREVIATIONS, name));
  const zone = offset === undefined ? (named ? ' %Z' : '') : offset.startsWith(' ') ? ' %z' : '%z';
  return `${separator === undefined ? '' : `${separator}%f`}${zone}`;
}

/** Whether a format says in which zone its times are. */
export const namesZone = (format: string): boolean => /%[zZs]|^epoch_/.test(format);
