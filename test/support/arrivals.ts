import type { Arrival } from './overheard.ts';
import type { Rig } from './rig.ts';

/** Everything the endpoint ever stored, request by request: what a deleted group held too. */
export function arrivalsOf(rig: Pick<Rig, 'observe'>): readonly Arrival[] {
  const arrivals: Arrival[] = [];
  rig.observe((arrival) => { arrivals.push(arrival); });
  return arrivals;
}

/** Messages of a stream (of `g`/`s` unless told) in the order of arrival. */
export function messagesIn(arrivals: readonly Arrival[], group = 'g', stream = 's'): string[] {
  return arrivals.filter((arrival) => arrival.group === group && arrival.stream === stream).flatMap(({ messages }) => messages);
}

/** Error answers of one operation, by type. */
export function errorsOf(rig: Pick<Rig, 'errors'>, operation = 'PutLogEvents'): Readonly<Record<string, number>> { return rig.errors(operation); }
