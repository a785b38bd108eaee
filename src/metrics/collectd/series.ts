import type { CollectdPlan, Dimensions } from '../../metrics-plan.ts';
import type { Datum } from '../datum.ts';
import { LARGEST_VALUE } from '../samples.ts';
import type { TypeNames } from './types-db.ts';
import type { ValueList } from './value-list.ts';

/** What CloudWatch takes lies at most two weeks behind and two hours ahead of its clock (PutMetricData). */
const BEHIND_MS = 14 * 86_400_000;
const AHEAD_MS = 2 * 3_600_000;

/** Why values of a packet that was taken are not published. */
export type ListFault = 'unknown-type' | 'other-values' | 'wrong-time' | 'out-of-range';

export interface Series {
  readonly datums: readonly Datum[];
  /** NaN, as collectd says that there is no value. */
  readonly absent: number;
  /** Why values are left out, and how many. */
  readonly fault: { readonly kind: ListFault; readonly values: number } | null;
}

/**
 * The metrics of a value list: each value under the name that its type has for it. All kinds are published as they are: a counter
 * is what it has counted so far, as the CloudWatch agent has it.
 * @param types null where the config names none: then one value is `value`, several are numbered
 * @param wallNow epoch milliseconds
 */
export function seriesOf(list: ValueList, types: TypeNames | null, { prefix, resolution }: Pick<CollectdPlan, 'prefix' | 'resolution'>, wallNow: number): Series {
  const faulty = (kind: ListFault, values: number, datums: readonly Datum[] = [], absent = 0): Series => ({ datums, absent, fault: { kind, values } });
  const { values, plugin, type } = list;
  const names = types === null ? numbered(values.length) : types.get(type);
  if (names === undefined) return faulty('unknown-type', values.length);
  if (names.length !== values.length) return faulty('other-values', values.length);
  const time = list.time ?? wallNow;
  if (time < wallNow - BEHIND_MS || time > wallNow + AHEAD_MS) return faulty('wrong-time', values.length);
  const dimensions = dimensionsOf(list);
  const datums: Datum[] = [];
  let absent = 0;
  for (const [index, { value }] of values.entries()) {
    if (Number.isNaN(value)) absent++;
    else if (Math.abs(value) <= LARGEST_VALUE) datums.push({ name: `${prefix}${plugin}_${names[index]!}`, unit: 'None', dimensions, time, resolution, value });
  }
  const beyond = values.length - absent - datums.length;
  return beyond > 0 ? faulty('out-of-range', beyond, datums, absent) : { datums, absent, fault: null };
}

const numbered = (count: number): readonly string[] => (count === 1 ? ['value'] : Array.from({ length: count }, (_, index) => String(index)));

/** A text that was not sent is no dimension. */
function dimensionsOf({ host, pluginInstance, type, typeInstance }: ValueList): Dimensions {
  return ([['host', host], ['instance', pluginInstance], ['type', type], ['type_instance', typeInstance]] as const).filter(([, value]) => value !== '');
}
