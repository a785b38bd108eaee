import { isObject } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { wrongType } from '../wire/json.ts';
import { MAX_AGE_MS, MAX_AHEAD_MS, MAX_DIMENSIONS, MAX_DIMENSION_VALUE, MAX_MAGNITUDE, MAX_NAME, MAX_VALUES, UNITS } from './limits.ts';
import { invalidCombination, invalidValue, missing } from './refusal.ts';
import type { Datum, Dimensions } from './store.ts';

export interface NamedDatum { readonly name: string; readonly dimensions: Dimensions; readonly datum: Datum }

const PRINTABLE = /^[\x20-\x7e]+$/;

function string(value: Json | undefined, at: string): string {
  if (value === undefined || value === null) throw missing(at);
  if (typeof value !== 'string') throw wrongType(value, 'String');
  return value;
}

/** A finite number within ±2^360; the JSON protocols write the others as strings. */
function finite(value: Json | undefined, at: string): number {
  if (value === undefined || value === null) throw missing(at);
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') throw invalidValue(`The value ${value} for parameter ${at} is invalid.`);
  if (typeof value !== 'number') throw wrongType(value, 'Double');
  if (Math.abs(value) > MAX_MAGNITUDE) throw invalidValue(`The value ${value} for parameter ${at} is invalid: it must lie between -2^360 and 2^360.`);
  return value;
}

function list(value: Json | undefined, at: string): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(value, `List at ${at}`);
  return value as readonly Json[];
}

/** Reads dimensions; shared by what is put and what is asked for. */
export function readDimensions(value: Json | undefined, at: string): Dimensions {
  const members = list(value, at);
  if (members.length > MAX_DIMENSIONS) throw invalidValue(`The collection ${at} must not have a size greater than ${MAX_DIMENSIONS}.`);
  const dimensions = members.map((member, i) => {
    const here = `${at}.member.${i + 1}`;
    if (!isObject(member)) throw wrongType(member, 'Dimension');
    const name = string(member['Name'], `${here}.Name`);
    const content = string(member['Value'], `${here}.Value`);
    if (name.length < 1 || name.length > MAX_NAME || !PRINTABLE.test(name) || name.trim() === '' || name.startsWith(':')) throw invalidValue(`The value of ${here}.Name must be 1 to ${MAX_NAME} ASCII characters, not blank, and must not start with a colon.`);
    if (content.length < 1 || content.length > MAX_DIMENSION_VALUE || !PRINTABLE.test(content) || content.trim() === '') throw invalidValue(`The value of ${here}.Value must be 1 to ${MAX_DIMENSION_VALUE} ASCII characters and not blank.`);
    return { name, value: content };
  });
  if (new Set(dimensions.map(({ name }) => name)).size < dimensions.length) throw invalidValue(`${at} names a dimension twice.`);
  return dimensions;
}

type Samples = Pick<Datum, 'count' | 'sum' | 'minimum' | 'maximum'>;

function readValues(datum: JsonObject, at: string): Samples {
  const values = list(datum['Values'], `${at}.Values`).map((value, i) => finite(value, `${at}.Values.member.${i + 1}`));
  const counts = datum['Counts'] === undefined || datum['Counts'] === null
    ? values.map(() => 1) : list(datum['Counts'], `${at}.Counts`).map((value, i) => finite(value, `${at}.Counts.member.${i + 1}`));
  if (values.length !== counts.length) throw invalidValue(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`);
  if (values.length === 0 || values.length > MAX_VALUES) throw invalidValue(`The collection ${at}.Values must have 1 to ${MAX_VALUES} members.`);
  if (counts.some((count) => count <= 0)) throw invalidValue(`The members of ${at}.Counts must be greater than 0.`);
  return {
    count: counts.reduce((a, b) => a + b, 0), sum: values.reduce((sum, value, i) => sum + value * (counts[i] ?? 1), 0),
    minimum: Math.min(...values), maximum: Math.max(...values),
  };
}

function readStatistics(value: Json, at: string): Samples {
  if (!isObject(value)) throw wrongType(value, 'StatisticSet');
  const count = finite(value['SampleCount'], `${at}.SampleCount`);
  const sum = finite(value['Sum'], `${at}.Sum`);
  const minimum = finite(value['Minimum'], `${at}.Minimum`);
  const maximum = finite(value['Maximum'], `${at}.Maximum`);
  if (count <= 0) throw invalidValue(`The value of ${at}.SampleCount must be greater than 0.`);
  if (minimum > maximum) throw invalidCombination(`${at}.Minimum must not be greater than ${at}.Maximum.`);
  return { count, sum, minimum, maximum };
}

function readSamples(datum: JsonObject, at: string): Samples {
  const present = (['Value', 'Values', 'StatisticValues'] as const).filter((name) => datum[name] !== undefined && datum[name] !== null);
  const [only, another] = present;
  // The CloudWatch agent sends statistics beside values: they count, the values are rounded.
  if (only === 'Values' && another === 'StatisticValues') {
    readValues(datum, at);
    return readStatistics(datum[another] ?? null, `${at}.${another}`);
  }
  if (another !== undefined) throw invalidCombination(`The parameters ${at}.${only} and ${at}.${another} are mutually exclusive and you have specified both.`);
  if (only === undefined) throw missing(`${at}.Value, ${at}.Values or ${at}.StatisticValues`);
  if (only === 'StatisticValues') return readStatistics(datum[only] ?? null, `${at}.${only}`);
  if (only === 'Values') return readValues(datum, at);
  const value = finite(datum['Value'], `${at}.Value`);
  return { count: 1, sum: value, minimum: value, maximum: value };
}

/** Checks one MetricDatum; `now` in epoch milliseconds. Throws the refusal of the whole request. */
export function readDatum(value: Json, at: string, now: number): NamedDatum {
  if (!isObject(value)) throw wrongType(value, 'MetricDatum');
  const name = string(value['MetricName'], `${at}.MetricName`);
  if (name.length < 1 || name.length > MAX_NAME || !PRINTABLE.test(name) || name.trim() === '') throw invalidValue(`The value of ${at}.MetricName must be 1 to ${MAX_NAME} ASCII characters and not blank.`);
  const dimensions = readDimensions(value['Dimensions'], `${at}.Dimensions`);
  const samples = readSamples(value, at);
  const unit = value['Unit'] === undefined || value['Unit'] === null ? 'None' : string(value['Unit'], `${at}.Unit`);
  if (!UNITS.includes(unit)) throw invalidValue(`The parameter ${at}.Unit must be a value in the set [ ${UNITS.join(', ')} ].`);
  const given = value['Timestamp'];
  const timestamp = given === undefined || given === null ? now : Math.round(finite(given, `${at}.Timestamp`) * 1000);
  if (timestamp < now - MAX_AGE_MS) throw invalidValue(`The parameter ${at}.Timestamp must specify a time no more than two weeks in the past.`);
  if (timestamp > now + MAX_AHEAD_MS) throw invalidValue(`The parameter ${at}.Timestamp must specify a time no more than two hours in the future.`);
  const stored = value['StorageResolution'];
  const resolution = stored === undefined || stored === null ? 60 : finite(stored, `${at}.StorageResolution`);
  if (resolution !== 1 && resolution !== 60) throw invalidValue(`The value ${resolution} for parameter ${at}.StorageResolution is invalid: it must be 1 or 60.`);
  return { name, dimensions, datum: { timestamp, unit, resolution, ...samples } };
}
