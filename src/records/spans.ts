/** Where in each frame the timestamp stood; -1 for none. Indices of `frames.bytes`. */
export interface Spans { readonly from: Int32Array; readonly to: Int32Array }

/** Notes where the timestamp of a frame stood; a time of NaN is none. */
export function noteSpan(spans: Spans, frame: number, time: number, from: number, to: number): void {
  const none = Number.isNaN(time);
  spans.from[frame] = none ? -1 : from;
  spans.to[frame] = none ? -1 : to;
}
