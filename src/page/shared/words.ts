// Numbers and times as a person reads them. Pure: the zone is that of the browser.
const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const AGES = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]] as const;

/** Bytes in powers of 1000: `0 B`, `1.5 kB`, `20 MB`. */
export function bytesText(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (unit < SIZES.length - 1 && Number(value.toPrecision(3)) >= 1000) { value /= 1000; unit++; }
  const digits = unit === 0 || value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${bytes < 0 ? '-' : ''}${digits} ${SIZES[unit]}`;
}

/** A span of milliseconds in its largest whole unit, two of it at least: `5 s`, `26 h`. */
export function spanText(milliseconds: number): string {
  for (const [unit, size] of AGES) if (milliseconds >= (unit === 's' ? size : 2 * size)) return `${Math.floor(milliseconds / size)} ${unit}`;
  return '0 s';
}

export function agoText(then: number | null, now: number): string {
  if (then === null) return 'never';
  return now - then < 1000 ? 'now' : `${spanText(now - then)} ago`;
}

export function countText(count: number, one: string, many: string = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

export function numberText(value: number): string {
  return value.toLocaleString('en-US');
}

/** A measured value: four significant digits, large ones in short (12.3k, 4.5M). */
export function valueText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e5) return Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 }).format(value);
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** Of something a second: whole numbers but for the smallest. */
export function rateText(perSecond: number): string {
  return perSecond < 10 ? String(Math.round(perSecond * 10) / 10) : numberText(Math.round(perSecond));
}

const two = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** `14:03:22.118`, and in front of it the day where it is not today. */
export function clockText(at: number, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}`;
  return date.toDateString() === new Date(now).toDateString() ? clock : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}
