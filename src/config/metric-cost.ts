/** US dollars a month for each custom metric up to so many of an account: the price list of CloudWatch for us-east-1, November 2026. */
const TIERS: readonly (readonly [upTo: number, usd: number])[] = [[10_000, 0.3], [250_000, 0.1], [1_000_000, 0.05], [Infinity, 0.02]];

/** US dollars a month for so many metrics, where the account has no others. */
export function metricCost(metrics: number): number {
  let [usd, from] = [0, 0];
  for (const [upTo, price] of TIERS) {
    usd += Math.max(0, Math.min(metrics, upTo) - from) * price;
    from = upTo;
  }
  return usd;
}
