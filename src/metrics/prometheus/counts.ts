/** What scraping did and did not do since the start; only ever grows. */
export interface PrometheusCounts {
  scrapes: number;
  failedScrapes: number;
  /** Scrapes that were left out because the one before took longer than the interval. */
  skippedScrapes: number;
  samples: number;
  events: number;
  /** Samples that `metric_relabel_configs` dropped. */
  relabeledAway: number;
  /** NaN, infinite values and those beyond 2^360, which no metric can have. */
  notFinite: number;
  /** First values of counters, from which growth is counted. */
  firstValues: number;
  /** Further samples of a series that was in the same answer already. */
  duplicates: number;
  /** Metrics named like a label of theirs, or like a member of the format. */
  clashing: number;
  /** Histograms whose buckets fall, or have no bounds. */
  brokenHistograms: number;
  /** Counters beyond the number that is remembered of one target. */
  unremembered: number;
  /** Metrics whose labels alone are larger than an event may be. */
  tooLarge: number;
}

export function newCounts(): PrometheusCounts {
  return {
    scrapes: 0, failedScrapes: 0, skippedScrapes: 0, samples: 0, events: 0, relabeledAway: 0, notFinite: 0, firstValues: 0,
    duplicates: 0, clashing: 0, brokenHistograms: 0, unremembered: 0, tooLarge: 0,
  };
}
