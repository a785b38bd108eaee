import { MAX_PAGE_BYTES } from '../logs/limits.ts';
import { mergeStreams } from '../logs/merge.ts';
import { eventBytes } from '../logs/store.ts';
import type { LogStore } from '../logs/store.ts';
import { parseFilterPattern } from '../pattern/filter-pattern.ts';
import type { ShownEvent, ShownEvents, ShownGroup, ShownStream } from './facts.ts';

/** Events of one page of the search, and events looked at for it. */
const MAX_EVENTS = 300;
const MAX_SCANNED = 100_000;

export function shownGroups(store: LogStore): readonly ShownGroup[] {
  return store.groups().map((name) => {
    const { streams, storedBytes, retentionDays } = store.group(name);
    let events = 0;
    let lastEvent: number | null = null;
    for (const stream of streams.values()) {
      events += stream.count;
      if (stream.lastEventTimestamp !== null) lastEvent = Math.max(lastEvent ?? 0, stream.lastEventTimestamp);
    }
    return { name, streams: streams.size, events, storedBytes, lastEvent, retentionDays };
  });
}

/** The stream that had events last comes first. Throws ResourceNotFoundException. */
export function shownStreams(store: LogStore, group: string): readonly ShownStream[] {
  return [...store.group(group).streams.values()]
    .map(({ name, count, lastEventTimestamp, lastIngestionTime }) => ({ name, events: count, lastEvent: lastEventTimestamp, lastArrival: lastIngestionTime }))
    .sort((a, b) => (b.lastArrival ?? 0) - (a.lastArrival ?? 0) || (a.name < b.name ? -1 : 1));
}

/**
 * Events of a group, of the streams `stream` or of all, that match `pattern` (a CloudWatch filter pattern), from `before`
 * backwards. Throws InvalidParameterException for the pattern, ResourceNotFoundException for the group or a stream.
 */
export function shownEvents(store: LogStore, group: string, query: URLSearchParams): ShownEvents {
  const pattern = parseFilterPattern(query.get('pattern') ?? '');
  const names = query.getAll('stream');
  const streams = names.length === 0 ? [...store.group(group).streams.values()] : names.map((name) => store.stream(group, name));
  const [timestamp = Number.MAX_SAFE_INTEGER, place = Number.MAX_SAFE_INTEGER] = (query.get('before') ?? '').split(' ').filter((word) => word !== '').map(Number);
  const events: ShownEvent[] = [];
  let bytes = 0;
  let scanned = 0;
  let before: string | null = null;
  for (const { stream, event } of mergeStreams(streams, { timestamp, place }, -1)) {
    const matches = pattern.matches(event.message);
    bytes += matches ? eventBytes(event.message) : 0;
    if (events.length >= MAX_EVENTS || scanned >= MAX_SCANNED || (bytes > MAX_PAGE_BYTES && events.length > 0)) {
      // Asked on with, what stands at the position is left out: so it is the one just behind this event.
      before = `${event.timestamp} ${event.place + 1}`;
      break;
    }
    scanned++;
    if (matches) events.push({ group, stream, at: event.timestamp, arrivedAt: event.ingestionTime, place: event.place, message: event.message });
  }
  return { events, before, scanned };
}
