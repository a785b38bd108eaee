// Is it text? Judged from the first bytes that were ever written: a file that begins with a hole is a log with a hole
// (truncated under a writer that does not append), not a binary.

import { readSync } from 'node:fs';

const SAMPLE_BYTES = 512;
/** Leading NULs looked through for the first written byte: 32 MiB take about 10 ms. Beyond it the file passes as text. */
const MAX_HOLE_BYTES = 32 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;

/** Control bytes that text has: tab, line feed, vertical tab, form feed, carriage return, backspace, bell, escape. */
const TEXT_CONTROLS = new Set([0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b]);

/** Where NULs stand at every other byte, and hardly elsewhere: UTF-16 of a Latin text. */
function looksUtf16(sample: Buffer): boolean {
  const nuls = [0, 0];
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) nuls[i & 1] = (nuls[i & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = nuls;
  const [more, fewer] = even > odd ? [even, odd] : [odd, even];
  return more > sample.length * 0.3 && fewer <= sample.length * 0.02;
}

/**
 * Reason why `sample`, the first written bytes of a file, is not text of `encoding` (canonical label), or null. One run of NULs between
 * clean text is a hole, not a binary; several, or one beside control bytes, are records.
 */
export function judgeSample(sample: Buffer, encoding: string): string | null {
  if (encoding.startsWith('utf-16')) return null;
  const bom = sample.length >= 2 ? sample.readUInt16BE(0) : 0;
  if (bom === 0xfffe || bom === 0xfeff) return null;
  let runs = 0;
  let controls = 0;
  for (let i = 0; i < sample.length; i++) {
    const byte = sample[i] as number;
    if (byte === 0) {
      if (i === 0 || sample[i - 1] !== 0) runs++;
    } else if (byte < 0x20 && !TEXT_CONTROLS.has(byte)) {
      controls++;
    }
  }
  if (runs === 0 || (runs === 1 && controls === 0)) return null;
  return looksUtf16(sample) ? 'UTF-16 text, but the entry has no encoding: set "encoding": "utf-16le" (or utf-16be)' : 'binary content (NUL bytes), not text';
}

/** Judges the open file `fd` by its first written bytes. Read errors are no verdict: null. */
export function skipByContent(fd: number, encoding: string): string | null {
  const sample = Buffer.allocUnsafe(SAMPLE_BYTES);
  try {
    const length = readSync(fd, sample, 0, SAMPLE_BYTES, 0);
    const written = firstWritten(sample.subarray(0, length));
    if (written === 0) return judgeSample(sample.subarray(0, length), encoding);
    if (written < length) return judgeAt(fd, written, encoding);
    if (length < SAMPLE_BYTES) return null;
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let at = SAMPLE_BYTES; at < MAX_HOLE_BYTES;) {
      const got = readSync(fd, block, 0, BLOCK_BYTES, at);
      if (got === 0) return null;
      const found = firstWritten(block.subarray(0, got));
      if (found < got) return judgeAt(fd, at + found, encoding);
      at += got;
    }
  } catch {
    return null;
  }
  return null;
}

function firstWritten(bytes: Buffer): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return i;
  return bytes.length;
}

function judgeAt(fd: number, at: number, encoding: string): string | null {
  const sample = Buffer.allocUnsafe(SAMPLE_BYTES);
  // UTF-16 big endian begins with a NUL that belongs to the first character: keep the pair whole.
  const start = at - (at & 1);
  return judgeSample(sample.subarray(0, readSync(fd, sample, 0, SAMPLE_BYTES, start)), encoding);
}
