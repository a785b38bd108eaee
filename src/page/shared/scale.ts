/** Round numbers from about `from` to about `to`, some `wanted` of them: 1, 2 or 5 times a power of ten apart. */
export function ticks(from: number, to: number, wanted: number): readonly number[] {
  const span = to - from;
  if (!(span > 0) || !Number.isFinite(span)) return [from];
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.7) ?? 10 * power;
  // What adding left behind the digits of the step is noise.
  const digits = Math.min(100, Math.max(0, -Math.floor(Math.log10(step))));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(digits)));
}

/** The range a chart of these values has: with 0 where they begin near it, never empty. */
export function range(values: readonly number[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  if (low > high) return [0, 1];
  if (low >= 0 && low < high * 0.7) low = 0;
  if (high <= 0 && high > low * 0.7) high = 0;
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high)];
  return [low, high + (high - low) * 0.05];
}

const STEPS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400].map((seconds) => seconds * 1000);

/** Times (epoch milliseconds) at round clock times, some `wanted` of them; `offset` is that of the zone, in milliseconds east. */
export function timeTicks(from: number, to: number, wanted: number, offset: number): readonly number[] {
  const rough = (to - from) / Math.max(1, wanted);
  const step = STEPS.find((each) => each >= rough) ?? Math.ceil(rough / 86_400_000) * 86_400_000;
  const times: number[] = [];
  for (let at = Math.ceil((from + offset) / step) * step - offset; at <= to; at += step) times.push(at);
  return times;
}
