import type { Growth, Unknown } from '../../agent/growth.ts';
import type { PreviewSample } from '../../agent/preview.ts';
import { LISTED_REGION, ingestionCost } from '../../config/ingestion-cost.ts';
import type { IngestionCost } from '../../config/ingestion-cost.ts';
import { EVENT_OVERHEAD_BYTES } from '../../plan.ts';
import type { LogGroupClass } from '../../plan.ts';
import { bytesText } from '../units.ts';

const DAYS_OF_MONTH = 30;

/** Whose price a group is taken in at. */
export interface PriceSpec {
  readonly region: string;
  /** Null: a group that exists, or is created without a class, is taken for STANDARD. */
  readonly groupClass: LogGroupClass | null;
  /** US dollars for a gigabyte that the user knows better, or null. */
  readonly given: number | null;
}

/** What of a sample a cost is told by. */
export type CostSample = Pick<PreviewSample, 'sentBytes' | 'sentEvents' | 'tooOld' | 'tooNew' | 'agedBytes' | 'sourceBytes'>;

/**
 * What a day of the file costs if it grows on like this and its events stay like those of the sample; null where nothing was seen.
 * Events too old to be sent count: those that come will be younger.
 */
export function costOfDay(growth: Growth | Unknown, { sentBytes, sentEvents, tooOld, tooNew, agedBytes, sourceBytes }: CostSample, price: PriceSpec): IngestionCost | null {
  const events = sentEvents + tooOld + tooNew;
  if ('unknown' in growth || sourceBytes === 0 || events === 0) return null;
  const perByte = growth.bytesPerDay / sourceBytes;
  return ingestionCost({
    bytesPerDay: perByte * (sentBytes + agedBytes - events * EVENT_OVERHEAD_BYTES), eventsPerDay: perByte * events, region: price.region, groupClass: price.groupClass ?? 'STANDARD',
    ...(price.given === null ? {} : { usdPerGigabyte: price.given }),
  });
}

/** A cost in words: per day and month, and what it is made of. */
export function costText(cost: IngestionCost | null, { region, groupClass, given }: PriceSpec): string {
  if (cost === null) return 'not known';
  const { usdPerDay, billedBytesPerDay, exact } = cost;
  const source = given === null ? `${groupClass ?? 'STANDARD'}, list price of ${exact ? region : `${LISTED_REGION}; ${region} may ask more, --price-per-gb tells`}` : 'as given';
  return `about ${dollars(usdPerDay)} USD a day, ${dollars(usdPerDay * DAYS_OF_MONTH)} in ${DAYS_OF_MONTH} days, to take in ${bytesText(billedBytesPerDay)} a day (${source}); storage and queries come on top`;
}

/** US dollars with the digits that mean something: `0.00`, `0.0042`, `0.42`, `1,234`. */
export function dollars(amount: number): string {
  if (amount >= 100) return Math.round(amount).toLocaleString('en-US');
  return amount >= 0.01 || amount < 0.00005 ? amount.toFixed(2) : amount.toPrecision(2);
}
