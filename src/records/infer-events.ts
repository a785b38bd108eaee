// Where the events of a file begin, told from its own lines, and the last of them as a person would see them.

/** An event of a sample. */
export interface SampleEvent {
  /** Epoch milliseconds, or NaN where no time stands in it. */
  readonly time: number;
  readonly lines: readonly string[];
}

/** How the events of a file begin. */
export type EventStart = 'line without leading white space' | 'timestamp';

/** Lines with a time that are enough to say that those without one belong to them. */
const ENOUGH_STARTS = 3;
/** Below this share of its events a few lines without a time are single events of another program. */
const FOLLOWED = 0.02;

/**
 * How events begin, by the lines' times (NaN for none): at a timestamp where lines without one that are not indented follow those that have
 * one (`Caused by:` of a stack trace); else at each line without leading white space, which is what both agents imply.
 */
export function inferStart(lines: readonly string[], times: readonly number[]): EventStart {
  const starts = times.filter((time) => !Number.isNaN(time)).length;
  const first = times.findIndex((time) => !Number.isNaN(time));
  const loose = lines.filter((line, i) => i > first && Number.isNaN(times[i]!) && /^\S/.test(line)).length;
  return first !== -1 && starts >= ENOUGH_STARTS && loose > FOLLOWED * starts ? 'timestamp' : 'line without leading white space';
}

/** The last whole events of the sample, oldest first. */
export function lastEvents(lines: readonly string[], times: readonly number[], start: EventStart, count: number): readonly SampleEvent[] {
  const events: { time: number; lines: string[] }[] = [];
  for (const [i, line] of lines.entries()) {
    const time = times[i]!;
    const begins = start === 'timestamp' ? !Number.isNaN(time) : /^\S/.test(line);
    const open = events.at(-1);
    if (begins) events.push({ time, lines: [line] });
    else if (open !== undefined && line !== '') open.lines.push(line);
  }
  return events.slice(-count);
}
