/** Bytes written in a span of milliseconds that ends now. */
export interface WrittenIn {
  readonly bytes: number;
  readonly spanMs: number;
}

/** How much a log writes. */
export interface LogFlow {
  readonly bytesPerDay: number;
  readonly eventsPerDay: number;
  /** What it rests on: bytes written in a span of milliseconds that ends now. */
  readonly bytes: number;
  readonly spanMs: number;
}

/** What the lines themselves say: written since the time of the first of them. Null where no time stands in them, or all is of one minute. */
export function growthOfLines(lines: readonly string[], times: readonly number[], now: number): WrittenIn | null {
  const first = times.findIndex((time) => !Number.isNaN(time));
  const spanMs = first === -1 ? 0 : now - times[first]!;
  if (spanMs < MINUTE_MS) return null;
  return { bytes: lines.slice(first).reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0), spanMs };
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The flow of files together, each by its own growth, or null where none of them is known.
 * @param bytesPerEvent mean length of an event with its newline.
 */
export function flowOf(growths: readonly (WrittenIn | null)[], bytesPerEvent: number): LogFlow | null {
  const known = growths.filter((growth) => growth !== null && growth.bytes > 0) as readonly WrittenIn[];
  if (known.length === 0) return null;
  const bytesPerDay = known.reduce((sum, { bytes, spanMs }) => sum + bytes / spanMs * DAY_MS, 0);
  return {
    bytesPerDay, eventsPerDay: bytesPerDay / Math.max(1, bytesPerEvent),
    bytes: known.reduce((sum, { bytes }) => sum + bytes, 0), spanMs: Math.max(...known.map(({ spanMs }) => spanMs)),
  };
}
