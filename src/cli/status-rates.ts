import type { DestinationStatus, StatusDocument } from '../control/status-document.ts';

/** Since the look before, per second. */
export interface Rate {
  /** UTF-8 bytes of the messages the service took. */
  readonly bytes: number;
  readonly events: number;
}

export interface Rates {
  readonly total: Rate;
  /** Null: it was not there at the look before. */
  of(destination: DestinationStatus): Rate | null;
  /** By how much what is not acknowledged has grown, bytes per second. */
  readonly lagGrowth: number;
}

const keyOf = ({ group, stream, service }: DestinationStatus): string => JSON.stringify([group, stream, service]);

/** What went on between two looks at one agent; null where they are of two, or of one moment. */
export function ratesOf(before: StatusDocument, now: StatusDocument): Rates | null {
  const seconds = (now.at - before.at) / 1000;
  if (seconds <= 0 || before.agent.startedAt !== now.agent.startedAt || before.agent.pid !== now.agent.pid) return null;
  // The clock of a destination that was forgotten meanwhile begins anew.
  const perSecond = (was: number, is: number): number => Math.max(0, is - was) / seconds;
  const known = new Map(before.destinations.list.map((one) => [keyOf(one), one]));
  return {
    total: { bytes: perSecond(before.counters.deliveredMessageBytes, now.counters.deliveredMessageBytes), events: perSecond(before.counters.deliveredEvents, now.counters.deliveredEvents) },
    of: (one) => {
      const was = known.get(keyOf(one));
      return was === undefined ? null : { bytes: perSecond(was.messageBytes, one.messageBytes), events: perSecond(was.events, one.events) };
    },
    lagGrowth: (lagOf(now) - lagOf(before)) / seconds,
  };
}

/** Bytes of the listed files that are not acknowledged. */
export function lagOf({ files }: StatusDocument): number { return files.list.reduce((sum, { lagBytes }) => sum + lagBytes, 0); }
