import type { Datum, Distribution } from '../metrics/datum.ts';
import type { Dimensions } from '../metrics-plan.ts';
import { EDGE_MARGIN_MS } from './limits.ts';
import { MAX_DIMENSIONS, MAX_DIMENSION_VALUE, MAX_MAGNITUDE, MAX_METRIC_AGE_MS, MAX_METRIC_AHEAD_MS, MAX_NAME, MAX_VALUES, UNITS } from './metric-limits.ts';

/** Why a datum can never be published. */
export type DatumFault = 'not-a-number' | 'out-of-range' | 'no-name' | 'name-too-long' | 'dimension-too-long' | 'too-old' | 'too-new';
/** What had to be changed so that a datum can be. */
export type DatumChange = 'characters' | 'dimensions' | 'unit';

/** A datum as elements of `MetricData`, in ASCII: one character is one byte. Several where it has more values than one may. */
export interface EncodedDatum {
  readonly texts: readonly string[];
  readonly changes: readonly DatumChange[];
}

const UNIT_OF = new Map(UNITS.map((unit) => [unit.toLowerCase(), unit]));

/** @param now epoch milliseconds. */
export function encodeDatum({ name, unit, dimensions, time, resolution, value }: Datum, now: number): EncodedDatum | DatumFault {
  const fault = typeof value === 'number' ? numberFault(value) : distributionFault(value);
  if (fault !== null) return fault;
  const ofTime = timeFault(time, now);
  if (ofTime !== null) return ofTime;
  const legalName = legal(name);
  if (isBlank(legalName)) return 'no-name';
  if (legalName.length > MAX_NAME) return 'name-too-long';
  const changes = new Set<DatumChange>();
  if (legalName !== name) changes.add('characters');
  const known = UNIT_OF.get(unit.toLowerCase());
  if (known === undefined) changes.add('unit');
  const published = encodeDimensions(dimensions, changes);
  if (typeof published === 'string') return published;
  // The service takes milliseconds, as seconds with a fraction.
  const head = `{"MetricName":${JSON.stringify(legalName)}${published.text},"Timestamp":${Math.round(time) / 1000},"Unit":"${known ?? 'None'}","StorageResolution":${resolution},`;
  const texts = typeof value === 'number' ? [`${head}"Value":${JSON.stringify(value)}}`] : encodeDistribution(value).map((text) => `${head}${text}}`);
  return { texts, changes: [...changes] };
}

/** Whether the service takes no datum of that time, now. Both in epoch milliseconds. */
export function timeFault(time: number, now: number): Extract<DatumFault, 'too-old' | 'too-new'> | null {
  if (!(time >= now - MAX_METRIC_AGE_MS + EDGE_MARGIN_MS)) return 'too-old';
  return time > now + MAX_METRIC_AHEAD_MS - EDGE_MARGIN_MS ? 'too-new' : null;
}

function encodeDimensions(dimensions: Dimensions, changes: Set<DatumChange>): { readonly text: string } | DatumFault {
  const published = new Map<string, string>();
  for (const [name, value] of dimensions) {
    // The CloudWatch agent leaves empty ones out too: the service takes none.
    if (isBlank(name) || isBlank(value)) continue;
    const legalName = legal(name.startsWith(':') ? `%3A${name.slice(1)}` : name);
    const legalValue = legal(value);
    if (legalName.length > MAX_NAME || legalValue.length > MAX_DIMENSION_VALUE) return 'dimension-too-long';
    if (legalName !== name || legalValue !== value) changes.add('characters');
    if (published.has(legalName)) changes.add('dimensions');
    else published.set(legalName, legalValue);
  }
  let pairs = [...published];
  if (pairs.length > MAX_DIMENSIONS) {
    changes.add('dimensions');
    // As the CloudWatch agent: `host` is kept in any case, then the first by name.
    pairs = [...pairs.filter(([name]) => name === 'host'), ...pairs.filter(([name]) => name !== 'host')].slice(0, MAX_DIMENSIONS);
  }
  if (pairs.length === 0) return { text: '' };
  return { text: `,"Dimensions":[${pairs.map(([name, value]) => `{"Name":${JSON.stringify(name)},"Value":${JSON.stringify(value)}}`).join(',')}]` };
}

/**
 * The exact statistics beside the values, as the CloudWatch agent sends them: the values may be rounded. Those of several
 * parts add up to the whole's.
 */
function encodeDistribution({ count, sum, minimum, maximum, values, counts }: Distribution): readonly string[] {
  if (values.length <= MAX_VALUES) return [statistics(count, sum, minimum, maximum, values, counts)];
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const texts: string[] = [];
  let [countLeft, sumLeft] = [count, sum];
  for (let from = 0; from < order.length; from += MAX_VALUES) {
    const part = order.slice(from, from + MAX_VALUES);
    const isLast = from + MAX_VALUES >= order.length;
    const [partValues, partCounts] = [part.map((i) => values[i]!), part.map((i) => counts[i]!)];
    const partCount = isLast ? countLeft : partCounts.reduce((a, b) => a + b, 0);
    // What rounding made of the sum is left to the last part, whose values are the largest.
    const partSum = isLast ? sumLeft : partValues.reduce((total, value, i) => total + value * partCounts[i]!, 0);
    texts.push(statistics(partCount, partSum, from === 0 ? minimum : partValues[0]!, isLast ? maximum : partValues.at(-1)!, partValues, partCounts));
    countLeft -= partCount;
    sumLeft -= partSum;
  }
  return texts;
}

function statistics(count: number, sum: number, minimum: number, maximum: number, values: readonly number[], counts: readonly number[]): string {
  return `"StatisticValues":{"SampleCount":${count},"Sum":${sum},"Minimum":${minimum},"Maximum":${maximum}},"Values":[${values.join(',')}],"Counts":[${counts.join(',')}]`;
}

function distributionFault({ count, sum, minimum, maximum, values, counts }: Distribution): DatumFault | null {
  for (const number of [count, sum, minimum, maximum, ...values, ...counts]) {
    const fault = numberFault(number);
    if (fault !== null) return fault;
  }
  return values.length === 0 || values.length !== counts.length || !(count > 0) || counts.some((each) => each <= 0) ? 'not-a-number' : null;
}

function numberFault(value: number): DatumFault | null {
  if (Number.isNaN(value)) return 'not-a-number';
  return Math.abs(value) > MAX_MAGNITUDE ? 'out-of-range' : null;
}

const isBlank = (text: string): boolean => text.trim() === '';

/**
 * The service takes printable ASCII. Other characters become what they are in a URL, so that names that differ in them alone,
 * such as two mount points, stay apart and can be read.
 */
function legal(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.toWellFormed().replace(/[^\x20-\x7e]/gu, (character) => escape(character));
}

const escape = (character: string): string => [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
