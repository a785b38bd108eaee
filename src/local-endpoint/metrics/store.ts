export type Dimensions = readonly { readonly name: string; readonly value: string }[];

/** One accepted datum: a set of samples at one time. */
export interface Datum {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly unit: string;
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** 1 or 60 seconds. */
  readonly resolution: number;
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  /** In the order of their names. */
  readonly dimensions: Dimensions;
  readonly datums: readonly Datum[];
}

interface Series extends Metric { readonly key: string; datums: Datum[] }

/** Datums held; the oldest go first. */
const MAX_HELD = 500_000;

function keyOf(namespace: string, name: string, dimensions: Dimensions): string {
  return JSON.stringify([namespace, name, dimensions.map(({ name, value }) => [name, value])]);
}

export function sortDimensions(dimensions: Dimensions): Dimensions {
  return dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The metrics that arrived: a metric is a namespace, a name and its exact dimensions. */
export class MetricStore {
  readonly #series = new Map<string, Series>();
  #order: Series[] = [];
  #evicted = 0;

  /** Series and datums held. */
  get size(): number { return this.#series.size; }
  get held(): number { return this.#order.length; }
  /** Datums dropped to stay within the bound. */
  get evicted(): number { return this.#evicted; }

  add(namespace: string, name: string, dimensions: Dimensions, datum: Datum): void {
    const sorted = sortDimensions(dimensions);
    const key = keyOf(namespace, name, sorted);
    const series = this.#series.get(key) ?? { key, namespace, name, dimensions: sorted, datums: [] };
    this.#series.set(key, series);
    series.datums.push(datum);
    this.#order.push(series);
    if (this.#order.length > MAX_HELD) this.#evict(this.#order.length - Math.floor(MAX_HELD * 0.9));
  }

  metrics(): readonly Metric[] {
    return [...this.#series.values()];
  }

  find(namespace: string, name: string, dimensions: Dimensions): Metric | undefined {
    return this.#series.get(keyOf(namespace, name, sortDimensions(dimensions)));
  }

  #evict(n: number): void {
    const drops = new Map<Series, number>();
    for (const series of this.#order.slice(0, n)) drops.set(series, (drops.get(series) ?? 0) + 1);
    for (const [series, count] of drops) {
      series.datums = series.datums.slice(count);
      if (series.datums.length === 0) this.#series.delete(series.key);
    }
    this.#order = this.#order.slice(n);
    this.#evicted += n;
  }
}
