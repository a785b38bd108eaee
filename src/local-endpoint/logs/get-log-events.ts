import type { Operation } from '../call.ts';
import { invalidParameter } from '../service-error.ts';
import { Shape } from '../wire/shape.ts';
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS } from './limits.ts';
import { countBefore } from './merge.ts';
import { groupNameOrIdentifier, streamName } from './names.ts';
import { TOKEN_LIFE_MS } from '../wire/token.ts';
import { eventBytes } from './store.ts';
import type { LogStore } from './store.ts';
import type { PlacedEvent } from './stream.ts';

/** A gap between two events in the order (timestamp, place): just before the event that has these values. */
interface Position { readonly timestamp: number; readonly place: number }

interface Token { readonly forward: boolean; readonly position: Position; readonly issued: number }

const TOKEN = /^([fb])\/(\d{2})(\d{16})(\d{22})(\d{16})$/;

/** The service's form: `f/` or `b/` and 56 digits. Here: check, time of issue, timestamp and place. */
function tokenOf(forward: boolean, { timestamp, place }: Position, now: number): string {
  const body = `${String(now).padStart(16, '0')}${String(timestamp).padStart(22, '0')}${String(place).padStart(16, '0')}`;
  return `${forward ? 'f' : 'b'}/${checkDigits(body)}${body}`;
}

function checkDigits(body: string): string {
  let sum = 0;
  for (const digit of body) sum = (sum * 10 + Number(digit)) % 97;
  return String(sum).padStart(2, '0');
}

function parseToken(token: string, now: number): Token {
  const [, direction, check, issued = '', timestamp = '', place = ''] = TOKEN.exec(token) ?? [];
  if (direction === undefined || check !== checkDigits(issued + timestamp + place)) throw invalidParameter('The specified nextToken is invalid.');
  if (now - Number(issued) > TOKEN_LIFE_MS) throw invalidParameter('The specified nextToken has expired.');
  return { forward: direction === 'f', position: { timestamp: Number(timestamp), place: Number(place) }, issued: Number(issued) };
}

/** The end of the page that starts at `from`, or, backwards, the start of the page that ends there. */
function pageBound(events: readonly PlacedEvent[], from: number, step: 1 | -1, stop: number, limit: number): number {
  let bytes = 0;
  let at = from;
  while (at !== stop && Math.abs(at - from) < limit) {
    const event = events[step === 1 ? at : at - 1];
    bytes += eventBytes(event?.message ?? '');
    // A single event is never larger than a page, so a page is never empty for lack of room.
    if (bytes > MAX_PAGE_BYTES) break;
    at += step;
  }
  return at;
}

/** GetLogEvents: start inclusive, end exclusive; the latest page first unless `startFromHead`; at the end the token that was given comes back. */
export function getLogEvents(store: LogStore): Operation {
  return (input, call) => {
    const shape = new Shape(input);
    const group = groupNameOrIdentifier(shape);
    const stream = streamName(shape);
    const startTime = shape.integer('startTime', { min: 0 }) ?? 0;
    const endTime = shape.integer('endTime', { min: 0 }) ?? Number.MAX_SAFE_INTEGER;
    const limit = shape.integer('limit', { min: 1, max: MAX_PAGE_EVENTS }) ?? MAX_PAGE_EVENTS;
    const startFromHead = shape.boolean('startFromHead') ?? false;
    shape.boolean('unmask');
    const given = shape.string('nextToken', { min: 1 });
    shape.check();
    const events = store.stream(group, stream).sorted();
    const first = countBefore(events, { timestamp: startTime, place: 0 });
    const end = Math.max(first, countBefore(events, { timestamp: endTime, place: 0 }));
    const token = given === undefined ? null : parseToken(given, call.now);
    const forward = token?.forward ?? startFromHead;
    const unlimited = forward ? first : end;
    const here = Math.min(Math.max(token === null ? unlimited : countBefore(events, token.position), first), end);
    const there = forward ? pageBound(events, here, 1, end, limit) : pageBound(events, here, -1, first, limit);
    const from = Math.min(here, there);
    const to = Math.max(here, there);
    const firstOfPage = events[from];
    const lastOfPage = events[to - 1];
    const before: Position = to > from && firstOfPage !== undefined ? firstOfPage : (token?.position ?? { timestamp: forward ? startTime : endTime, place: 0 });
    const after: Position = to > from && lastOfPage !== undefined ? { timestamp: lastOfPage.timestamp, place: lastOfPage.place + 1 } : before;
    const unchanged = given !== undefined && to === from;
    return {
      events: events.slice(from, to).map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
      nextForwardToken: unchanged && forward ? given : tokenOf(true, after, call.now),
      nextBackwardToken: unchanged && !forward ? given : tokenOf(false, before, call.now),
    };
  };
}
