import { EVENT_OVERHEAD_BYTES } from '../plan.ts';
import type { LogGroupClass } from '../plan.ts';

/** The service's pricing is by the decimal gigabyte. */
const GIGABYTE = 1_000_000_000;

/** US dollars for the ingestion of a gigabyte: the price list of CloudWatch for the region, November 2026. */
const PRICES: Readonly<Record<string, Readonly<Record<LogGroupClass, number>>>> = {
  'us-east-1': { STANDARD: 0.5, INFREQUENT_ACCESS: 0.25 },
};
/** The region whose prices stand for those that are not listed. */
export const LISTED_REGION = 'us-east-1';

/** What an amount of log costs. */
export interface IngestionCost {
  /** Bytes a day as the service counts them: text and overhead. */
  readonly billedBytesPerDay: number;
  /** US dollars a day for ingestion alone; storage and queries come on top. */
  readonly usdPerDay: number;
  /** False where the region's price is not in the table and another one's stands for it. */
  readonly exact: boolean;
}

/**
 * The price of ingesting a stream of events.
 * @param bytesPerDay of text, UTF-8.
 * @param usdPerGigabyte the operator's own price, in place of the table's.
 */
export function ingestionCost({ bytesPerDay, eventsPerDay, groupClass, region, usdPerGigabyte }: {
  readonly bytesPerDay: number;
  readonly eventsPerDay: number;
  readonly groupClass: LogGroupClass;
  readonly region: string;
  readonly usdPerGigabyte?: number;
}): IngestionCost {
  const listed = PRICES[region];
  const price = usdPerGigabyte ?? (listed ?? PRICES[LISTED_REGION]!)[groupClass];
  const billedBytesPerDay = bytesPerDay + eventsPerDay * EVENT_OVERHEAD_BYTES;
  return { billedBytesPerDay, usdPerDay: billedBytesPerDay / GIGABYTE * price, exact: usdPerGigabyte !== undefined || listed !== undefined };
}
