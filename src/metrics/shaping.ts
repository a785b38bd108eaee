import type { Dimensions, MetricsPlan } from '../metrics-plan.ts';
import type { Datum } from './datum.ts';
import { MAX_DIMENSIONS, mergedDimensions, reducedDimensions } from './dimensions.ts';

const AUTO_SCALING_GROUP = 'AutoScalingGroupName';

/** Gives datums the dimensions of all metrics, and makes their copies with fewer. */
export class Shaping {
  readonly #rollups: MetricsPlan['rollups'];
  readonly #withoutHost: boolean;
  readonly #cut: (metric: string) => void;
  #common: Dimensions;
  #isCutSaid = false;

  /** @param cut told of the first metric that loses dimensions, because CloudWatch takes 30 */
  constructor({ dimensions: { host, withoutHost, append }, rollups }: Pick<MetricsPlan, 'dimensions' | 'rollups'>, cut: (metric: string) => void = () => undefined) {
    this.#cut = cut;
    this.#rollups = rollups;
    this.#withoutHost = withoutHost;
    this.#common = mergedDimensions(host === null ? [] : [['host', host]], append);
  }

  /** Known by now: metrics have it from here on. */
  set autoScalingGroup(name: string) { this.#common = mergedDimensions([[AUTO_SCALING_GROUP, name]], this.#common); }

  /**
   * What is published of the datums.
   * @param append dimensions of their collector
   * @param isDropped whether only the copies of a metric are published
   * @param withoutHost whether none of them has the dimension `host`
   */
  shape(datums: readonly Datum[], append: Dimensions, isDropped: (datum: Datum) => boolean, withoutHost = false): readonly Datum[] {
    return datums.flatMap((datum) => {
      const merged = mergedDimensions(datum.dimensions, append, this.#common);
      if (merged.length === MAX_DIMENSIONS) this.#lookAtCut(datum, append);
      const dimensions = withoutHost || this.#withoutHost ? merged.filter(([name]) => name !== 'host') : merged;
      const whole: Datum = { ...datum, dimensions };
      const copies = this.#rollups.flatMap((names) => {
        const reduced = reducedDimensions(dimensions, names);
        return reduced === null ? [] : { ...datum, dimensions: reduced };
      });
      return isDropped(datum) ? copies : [whole, ...copies];
    });
  }

  #lookAtCut({ name, dimensions }: Datum, append: Dimensions): void {
    if (this.#isCutSaid || new Set([...dimensions, ...append, ...this.#common].flatMap(([each, value]) => (value === '' ? [] : each))).size <= MAX_DIMENSIONS) return;
    this.#isCutSaid = true;
    this.#cut(name);
  }
}
