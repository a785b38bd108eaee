import type { Frames } from '../../../src/flow.ts';

/** Frames over `parts`, with `between` behind each in memory. */
export function framesOf(parts: readonly (string | Buffer)[], between = '\n', before = ''): Frames {
  const pieces: Buffer[] = [Buffer.from(before)];
  let length = pieces[0]!.length;
  const frames = {
    from: new Int32Array(parts.length), to: new Int32Array(parts.length), end: new Int32Array(parts.length),
    time: new Float64Array(parts.length).fill(Number.NaN), count: parts.length,
  };
  parts.forEach((part, i) => {
    const bytes = Buffer.from(part as string);
    frames.from[i] = length;
    length += bytes.length;
    frames.to[i] = length;
    length += between.length;
    frames.end[i] = length;
    pieces.push(bytes, Buffer.from(between, 'latin1'));
  });
  return { ...frames, bytes: Buffer.concat(pieces) };
}

export function textsOf(frames: Frames): string[] {
  return Array.from({ length: frames.count }, (_, i) => frames.bytes.toString('utf8', frames.from[i], frames.to[i]));
}
