// Numbers and times of a page; bytes, spans and counts have the words of the commands (cli/units.ts). Pure: the zone is that of the browser.
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
