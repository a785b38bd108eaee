import type { Loss } from './report.ts';

/** Sums up by reason. */
export function joinLosses(some: readonly Loss[], more: readonly Loss[]): readonly Loss[] {
  if (some.length === 0) return more;
  return more.reduce((all, { reason, events, bytes }) => {
    const before = all.find((loss) => loss.reason === reason);
    return before === undefined ? [...all, { reason, events, bytes }]
      : all.map((loss) => (loss === before ? { reason, events: loss.events + events, bytes: loss.bytes + bytes } : loss));
  }, some);
}
