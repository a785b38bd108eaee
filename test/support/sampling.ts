import { join } from 'node:path';
import type { CollectorPlan, Dimensions, MeasurementPlan } from '../../src/metrics-plan.ts';
import type { AttachedVolumes } from '../../src/metrics/volume-of-device.ts';
import type { KernelFolders, Reading, SamplerReport } from '../../src/metrics/sampler.ts';

/** A host whose every number is known: sockets and processes. */
export const FIXED_HOST: KernelFolders = { proc: join(import.meta.dirname, '../fixtures/proc-processes'), sys: '/nonexistent/sys' };
export const THIS_HOST: KernelFolders = { proc: '/proc', sys: '/sys' };

/** What a plan says of fields that are published as they are. */
export const measurementsOf = (prefix: string, ...fields: readonly string[]): readonly MeasurementPlan[] =>
  fields.map((field) => ({ field, name: `${prefix}_${field}`, unit: null, scale: 1, dropOriginal: false }));

export const EACH_MINUTE: CollectorPlan = { pointer: '/metrics/metrics_collected/tested', intervalMs: 60_000, resolution: 60, append: [] };

/** Keeps what a sampler says, `-` before a trouble and `+` before its end. */
export class SaidBySampler implements SamplerReport {
  readonly said: string[] = [];
  trouble(_subject: string, message: string): void { this.said.push(`- ${message}`); }
  recovered(_subject: string, message: string): void { this.said.push(`+ ${message}`); }
}

/** The only reading of a sampler without dimensions. */
export function soleValues(readings: readonly Reading[]): Readonly<Record<string, number>> {
  if (readings.length !== 1 || readings[0]!.dimensions.length > 0) throw new Error(`one reading without dimensions was expected: ${JSON.stringify(readings)}`);
  return readings[0]!.values;
}

/** The units of the fields, to compare with a table. */
export const unitsOf = ({ fields }: { readonly fields: Readonly<Record<string, { readonly unit: string }>> }): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).map(([field, { unit }]) => [field, unit]));

export const dimension = (dimensions: Dimensions, name: string): string | undefined => dimensions.find(([key]) => key === name)?.[1];

/** EC2 knows of no volume. */
export const NOTHING_ATTACHED: AttachedVolumes = { of: () => null };
