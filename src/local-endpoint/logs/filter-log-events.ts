import type { Operation } from '../call.ts';
import { parseFilterPattern } from '../pattern/filter-pattern.ts';
import { invalidParameter } from '../service-error.ts';
import { Shape } from '../wire/shape.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS } from './limits.ts';
import { mergeStreams } from './merge.ts';
import { groupNameOrIdentifier, optionalStreamName, streamNames } from './names.ts';
import { eventBytes } from './store.ts';
import type { LogStore } from './store.ts';
import type { StreamEvent } from './merge.ts';
import { issueToken, redeemToken } from '../wire/token.ts';

/** Events looked at for one page: like the service, a call that finds little ends with an empty page and a token. */
const MAX_SCANNED = 100_000;
/** `startFromHead: false` is supported from this startTime on. */
const BACKWARDS_SINCE = Date.UTC(2024, 0, 1);

function shown({ stream, event }: StreamEvent): object {
  const { timestamp, message, ingestionTime, place } = event;
  return { logStreamName: stream, timestamp, message, ingestionTime, eventId: `3${String(timestamp).padStart(19, '0')}${String(place).padStart(36, '0')}` };
}

function positionOf(text: string): { readonly timestamp: number; readonly place: number } {
  const [timestamp = 0, place = 0] = text.split(' ').map(Number);
  return { timestamp, place };
}

/** FilterLogEvents: both ends of the time range inclusive, all streams or some, in the order of time. */
export function filterLogEvents(store: LogStore): Operation {
  return (input, call) => {
    const shape = new Shape(input);
    const group = groupNameOrIdentifier(shape);
    const names = streamNames(shape, 'logStreamNames');
    const prefix = optionalStreamName(shape, 'logStreamNamePrefix');
    const startTime = shape.integer('startTime', { min: 0 }) ?? 0;
    const endTime = shape.integer('endTime', { min: 0 }) ?? Number.MAX_SAFE_INTEGER;
    const patternText = shape.string('filterPattern', { max: 1024 }) ?? '';
    const limit = shape.integer('limit', { min: 1, max: MAX_PAGE_EVENTS }) ?? MAX_PAGE_EVENTS;
    const forward = shape.boolean('startFromHead') ?? true;
    const token = shape.string('nextToken', { min: 1 });
    shape.boolean('interleaved');
    shape.boolean('unmask');
    shape.check();
    if (names !== undefined && prefix !== undefined) throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
    if (!forward && startTime < BACKWARDS_SINCE) throw invalidParameter('startFromHead=false requires a startTime of 2024-01-01 or later.');
    const pattern = parseFilterPattern(patternText);
    const streams = names === undefined
      ? [...store.group(group).streams.values()].filter((stream) => stream.name.startsWith(prefix ?? ''))
      : [...new Set(names)].map((name) => store.stream(group, name));
    const purpose = JSON.stringify([group, names ?? null, prefix ?? null, startTime, endTime, patternText, forward]);
    const edge = forward ? { timestamp: startTime, place: 0 } : { timestamp: endTime, place: Number.MAX_SAFE_INTEGER };
    const from = token === undefined ? edge : positionOf(redeemToken(token, purpose, call.now));
    const events: object[] = [];
    let bytes = 0;
    let scanned = 0;
    let next: string | null = null;
    for (const found of mergeStreams(streams, from, forward ? 1 : -1)) {
      const { event } = found;
      if (forward ? event.timestamp > endTime : event.timestamp < startTime) break;
      const matches = pattern.matches(event.message);
      const full = matches && (events.length >= limit || bytes + eventBytes(event.message) > MAX_PAGE_BYTES);
      if (full || ++scanned > MAX_SCANNED) {
        next = `${event.timestamp} ${forward ? event.place : event.place + 1}`;
        break;
      }
      if (!matches) continue;
      bytes += eventBytes(event.message);
      events.push(shown(found));
    }
    return { events, searchedLogStreams: [], ...(next !== null && { nextToken: issueToken(next, purpose, call.now) }) };
  };
}
