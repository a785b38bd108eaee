import type { MetricUnit } from '../metrics-plan.ts';
import { STANDARD_UNITS } from './metric-names.ts';

/** A unit as CloudWatch has it, and what a value in the other unit is multiplied by. */
export interface ConvertedUnit { readonly unit: MetricUnit; readonly scale: number }

const BY_NAME: ReadonlyMap<string, MetricUnit> = new Map(STANDARD_UNITS.map((unit) => [unit.toLowerCase(), unit]));
/** Times and plain numbers, as OpenTelemetry writes them (UCUM). */
const PLAIN: Readonly<Record<string, ConvertedUnit>> = {
  1: { unit: 'None', scale: 1 },
  '%': { unit: 'Percent', scale: 1 },
  s: { unit: 'Seconds', scale: 1 },
  ms: { unit: 'Milliseconds', scale: 1 },
  us: { unit: 'Microseconds', scale: 1 },
  ns: { unit: 'Microseconds', scale: 0.001 },
  min: { unit: 'Seconds', scale: 60 },
  h: { unit: 'Seconds', scale: 3_600 },
  d: { unit: 'Seconds', scale: 86_400 },
};
const PREFIXES = ['', 'k', 'm', 'g', 't'];
const PREFIX_NAMES = ['', 'Kilo', 'Mega', 'Giga', 'Tera'];

/** The unit of CloudWatch for a text, whatever its letter case; null when there is none. */
export function metricUnit(text: string): ConvertedUnit | null {
  const lower = text.toLowerCase();
  const standard = BY_NAME.get(lower);
  if (standard !== undefined) return { unit: standard, scale: 1 };
  if (Object.hasOwn(PLAIN, lower)) return PLAIN[lower]!;
  const found = /^(?<prefix>[kmgt]?)(?<binary>i?)(?<base>bi|by|b)(?<rate>\/s)?$/.exec(lower)?.groups;
  if (found === undefined || (found['prefix'] === '' && found['binary'] === 'i')) return null;
  const power = PREFIXES.indexOf(found['prefix']!);
  const base = found['base'] === 'bi' ? 'Bits' : 'Bytes';
  const name = `${PREFIX_NAMES[power]!}${power === 0 ? base : base.toLowerCase()}${found['rate'] === undefined ? '' : '/Second'}`;
  return { unit: name, scale: found['binary'] === 'i' ? (1_024 / 1_000) ** power : 1 };
}
