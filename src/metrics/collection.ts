import type { Dimensions, MeasurementPlan, SamplerPlan } from '../metrics-plan.ts';
import type { Datum } from './datum.ts';
import { Deltas } from './deltas.ts';
import type { Reading, Sampler, SamplerReport } from './sampler.ts';

/** Takes what a collector has: the dimensions it appends, and which metrics are published in their copies alone, and whether none has the dimension `host`. */
export type Publish = (datums: readonly Datum[], append: Dimensions, isDropped: (datum: Datum) => boolean, withoutHost?: boolean) => void;

export interface CollectionOptions {
  readonly plan: SamplerPlan;
  readonly sampler: Sampler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly report: SamplerReport;
  readonly publish: Publish;
}

/** One sampler of the plan, running: what it reads becomes the datums that were asked for. */
export class Collection {
  readonly #o: CollectionOptions;
  readonly #deltas: Deltas;
  readonly #measurements: ReadonlyMap<string, MeasurementPlan>;
  readonly #dropped: ReadonlySet<string>;

  constructor(options: CollectionOptions) {
    const { plan, sampler } = options;
    this.#o = options;
    this.#deltas = new Deltas(sampler.fields);
    this.#measurements = new Map(plan.measurements.map((measurement) => [measurement.field, measurement]));
    this.#dropped = new Set(plan.kind === 'ethtool' ? plan.dropOriginal.map((name) => (name === '*' || name.startsWith('ethtool_') ? name : `ethtool_${name}`)) : plan.measurements.flatMap(({ name, dropOriginal }) => (dropOriginal ? name : [])));
  }

  /** The first look, from which growth and rates are counted: nothing is published of it. */
  async begin(): Promise<void> { await this.#readings(); }

  /** Samples once. @param at time of what is published, epoch milliseconds. Never rejects. */
  async collect(at: number): Promise<void> {
    const { plan, publish } = this.#o;
    const datums = (await this.#readings()).flatMap((reading) => this.#datums(reading, at));
    const all = this.#dropped.has('*');
    if (datums.length > 0) publish(datums, plan.append, ({ name }) => all || this.#dropped.has(name), plan.kind === 'nvme');
  }

  async #readings(): Promise<readonly Reading[]> {
    const { plan: { pointer }, sampler, now, report } = this.#o;
    try {
      const readings = this.#deltas.apply(await sampler.sample(now()));
      report.recovered(pointer, `${pointer}: can be collected again`);
      return readings;
    } catch (error) {
      report.trouble(pointer, `${pointer}: nothing is collected (${(error as Error).message}); it is tried again at each sample`);
      return [];
    }
  }

  #datums({ dimensions, values }: Reading, time: number): Datum[] {
    const { plan: { kind, resolution }, sampler } = this.#o;
    return Object.entries(values).flatMap(([field, value]) => {
      const measurement = this.#measurements.get(field);
      if (!Number.isFinite(value) || (measurement === undefined && kind !== 'ethtool')) return [];
      const { name = `ethtool_${field}`, unit = null, scale = 1 } = measurement ?? {};
      return { name, unit: unit ?? sampler.fields[field]?.unit ?? 'None', dimensions, time, resolution, value: value * scale };
    });
  }
}
