import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };
/** A day: whoever wants longer wants something else. */
const LONGEST_MS = 86_400_000;

/** Milliseconds of `110s`, `2m`, `1.5h`, `500ms`, or of plain seconds; at most a day. For an option: throws InvalidArgumentError. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)?$/.exec(text);
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2] ?? 's']!);
  if (!(ms > 0 && ms <= LONGEST_MS)) throw new InvalidArgumentError('A time such as 110s, 2m or 1h is expected, at most 24h.');
  return ms;
}
