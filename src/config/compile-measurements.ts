import type { MeasurementPlan } from '../metrics-plan.ts';
import type { MeasuredMetric } from './generated/document.generated.ts';
import { MEASUREMENTS, hasNoValue, shortName } from './metric-names.ts';
import { metricUnit } from './metric-units.ts';

/** What of a plugin says what it measures. */
interface Measured {
  readonly measurement?: readonly (string | MeasuredMetric)[];
  readonly drop_original_metrics?: readonly string[];
}

/** Published names that are not `<plugin>_<field>`. */
const PREFIXES: Readonly<Record<string, string>> = { nvidia_gpu: 'nvidia_smi_' };
const NAMES: Readonly<Record<string, string>> = { procstat_pid_count: 'procstat_lookup_pid_count' };

/** What of a plugin is measured, each field once; names and units were checked before. */
export function compileMeasurements(plugin: string, { measurement = [], drop_original_metrics: dropped = [] }: Measured): readonly MeasurementPlan[] {
  const found = new Map<string, MeasurementPlan>();
  for (const item of measurement) {
    const { name, rename, unit } = typeof item === 'string' ? { name: item } : item;
    const field = name === undefined ? '' : shortName(plugin, name);
    if (MEASUREMENTS[plugin]?.includes(field) !== true || hasNoValue(plugin, field) || found.has(field)) continue;
    const converted = unit === undefined ? null : metricUnit(unit) ?? { unit: 'None', scale: 1 };
    const plain = `${plugin}_${field}`;
    const published = rename ?? NAMES[plain] ?? `${PREFIXES[plugin] ?? `${plugin}_`}${field}`;
    const dropOriginal = dropped.some((word) => word === '*' || (rename === undefined ? shortName(plugin, word) === field : word === rename));
    found.set(field, { field, name: published, unit: converted?.unit ?? null, scale: converted?.scale ?? 1, dropOriginal });
  }
  return [...found.values()];
}
