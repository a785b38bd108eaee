// The events of an encoded body one by one: needed only when a batch must be sorted, cut in two, or searched.

/**
 * Where one event ends and the next begins. It cannot stand inside a message: there every quote is escaped.
 */
const SEPARATOR = Buffer.from('"},{"timestamp":');
const TIME_AT = '{"timestamp":'.length;

/** One encoded event: [from, to) of the events' buffer, without commas around it. */
export interface EventSlice { readonly index: number; readonly from: number; readonly to: number; readonly time: number }

/** Cuts encoded events, as LogBatch.events gives them, into slices. */
export function sliceEvents(events: Buffer): EventSlice[] {
  const slices: EventSlice[] = [];
  let from = 0;
  while (from < events.length) {
    const at = events.indexOf(SEPARATOR, from);
    const to = at === -1 ? events.length : at + 2;
    const digits = from + TIME_AT;
    slices.push({ index: slices.length, from, to, time: Number(events.toString('latin1', digits, events.indexOf(0x2c, digits))) });
    from = to + 1;
  }
  return slices;
}

/** The message of one slice, decoded. */
export function messageOf(events: Buffer, slice: EventSlice): string {
  return (JSON.parse(events.toString('utf8', slice.from, slice.to)) as { message: string }).message;
}

/** Encoded events in the given order, separated by commas. */
export function joinEvents(events: Buffer, slices: readonly EventSlice[]): Buffer {
  const parts: Buffer[] = [];
  const comma = Buffer.from(',');
  for (const [i, { from, to }] of slices.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(events.subarray(from, to));
  }
  return Buffer.concat(parts);
}

/** The slices in order of time; equal times keep their order. */
export function sortByTime(slices: readonly EventSlice[]): EventSlice[] {
  return slices.toSorted((a, b) => a.time - b.time);
}
