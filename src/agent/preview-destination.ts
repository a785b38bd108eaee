import type { Destination } from '../flow.ts';
import { isDated, nameOf } from '../naming/template.ts';
import type { FileEntryPlan } from '../plan.ts';
import type { Zone } from '../records/zone.ts';
import { DatedLanes } from './dated-lanes.ts';
import { Destinations } from './destination.ts';

/**
 * Where an event of a time (epoch milliseconds) goes that stands in the file at `path`; or why the file can go nowhere, as text.
 * @param zone whose dates name the streams; null where none does
 */
export function destinationsIn(path: string, entry: Pick<FileEntryPlan, 'naming' | 'service'>, zone: Zone | null): ((time: number) => Destination) | string {
  const destination = new Destinations(entry).of(path);
  if (typeof destination === 'string') return destination;
  if (zone === null || !isDated(destination.stream)) {
    const one = { ...destination, stream: nameOf(destination.stream, null) };
    return () => one;
  }
  const dated = new DatedLanes(destination, { zone, laneFor: () => { throw new Error('a preview opens no lane'); } });
  return (time) => dated.destinationAt(time);
}
