// What CloudWatch Logs asks for taking in logs. Storage, queries and the free tier are left out.
import type { Preview } from '../../agent/preview.ts';
import type { Growth } from '../../agent/growth.ts';
import type { LogGroupClass } from '../../plan.ts';

/** Bytes of a gigabyte on the bill. */
const GIGABYTE = 1_073_741_824;

/** The region whose prices are known here. */
export const PRICED_REGION = 'us-east-1';
/**
 * US dollars for each gigabyte that is taken in, for custom logs. List prices of us-east-1 as published at
 * aws.amazon.com/cloudwatch/pricing, June 2026; the same since the class INFREQUENT_ACCESS came in November 2023. Other regions
 * ask up to half more.
 */
const PRICES = { asOf: 'June 2026', perGigabyte: { STANDARD: 0.5, INFREQUENT_ACCESS: 0.25 } } as const;

export interface Price {
  /** US dollars for a gigabyte. */
  readonly perGigabyte: number;
  /** In words: whose it is. */
  readonly source: string;
}

/** The price of a group of this class in a region; `given` is a price that the user knows better. */
export function priceOf(region: string, groupClass: LogGroupClass | null, given: number | null): Price {
  if (given !== null) return { perGigabyte: given, source: 'the price given' };
  const charged = groupClass ?? 'STANDARD';
  const source = `${charged} in ${PRICED_REGION}, list price of ${PRICES.asOf}`;
  return { perGigabyte: PRICES.perGigabyte[charged], source: region === PRICED_REGION ? source : `${source}; ${region} may ask more, --price-per-gb tells` };
}

/** Bytes that a day's growth is charged for: what the filters leave, with the service's 26 bytes for each event; null where nothing was seen. */
export function chargedBytes(growth: Growth, { sentBytes, sourceBytes }: Preview['sample']): number | null {
  return sourceBytes === 0 ? null : growth.bytesPerDay * sentBytes / sourceBytes;
}

/** US dollars for taking in this many bytes. */
export const costOf = (bytes: number, { perGigabyte }: Price): number => bytes / GIGABYTE * perGigabyte;

/** US dollars with the digits that mean something: `0.00`, `0.0042`, `0.42`, `1,234`. */
export function dollars(amount: number): string {
  if (amount >= 100) return Math.round(amount).toLocaleString('en-US');
  return amount >= 0.01 || amount < 0.00005 ? amount.toFixed(2) : amount.toPrecision(2);
}
