import type { Frames } from '../flow.ts';
import type { Spans } from './spans.ts';

/**
 * Takes the matched timestamp out of each frame (trim_timestamp), then white space (space, tab, CR, LF) off its front.
 * What stood before the timestamp moves up to what stood behind it, inside the frame, so `to` and `end` stay; a frame
 * may become empty. Answers whether anything changed: then the chunk's text has to be `reset`.
 */
export function trimTimestamps(frames: Frames, spans: Spans): boolean {
  const { bytes, from, to, count } = frames;
  let changed = false;
  for (let i = 0; i < count; i++) {
    const start = spans.from[i]!;
    if (start < 0) continue;
    const stop = spans.to[i]!;
    const lead = start - from[i]!;
    if (lead > 0) bytes.copyWithin(stop - lead, from[i]!, start);
    let first = stop - lead;
    while (first < to[i]! && isBlank(bytes[first]!)) first++;
    from[i] = first;
    changed = true;
  }
  return changed;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
