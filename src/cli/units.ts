const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const AGES = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]] as const;

/** Bytes as a person reads them, in powers of 1000: `0 B`, `999 B`, `1.5 kB`, `20 MB`. */
export function bytesText(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (unit < SIZES.length - 1 && Number(value.toPrecision(3)) >= 1000) { value /= 1000; unit++; }
  const digits = unit === 0 || value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${bytes < 0 ? '-' : ''}${digits} ${SIZES[unit]}`;
}

/** A span of milliseconds in its largest whole unit: `0 s`, `5 s`, `3 min`, `26 h`, `2 d`. */
export function spanText(milliseconds: number): string {
  for (const [unit, size] of AGES) {
    // Two of a unit at least, so that 26 h is not one day.
    if (milliseconds >= (unit === 's' ? size : 2 * size)) return `${Math.floor(milliseconds / size)} ${unit}`;
  }
  return '0 s';
}

/** How long ago `then` (epoch milliseconds) was; `now` below a second, `never` for null. */
export function agoText(then: number | null, now: number): string {
  if (then === null) return 'never';
  return now - then < 1000 ? 'now' : `${spanText(now - then)} ago`;
}

export function countText(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
