import type { RedactKind } from '../../plan.ts';
import { ChunkText } from '../chunk-text.ts';
import type { Redaction } from './redaction.ts';

/** What was replaced: [from, to) of the text as it was, in UTF-16 units. */
export interface RedactHit { readonly kind: RedactKind; readonly from: number; readonly to: number }

/** One event's text as it is sent, and what was replaced in it: the same as in a chunk. */
export function redactText(redaction: Redaction, message: string): { readonly text: string; readonly hits: readonly RedactHit[] } {
  const bytes = Buffer.from(message);
  const text = new ChunkText();
  text.reset({ bytes, from: Int32Array.of(0), to: Int32Array.of(bytes.length), end: Int32Array.of(bytes.length), time: Float64Array.of(0), count: 1 });
  const redacted = redaction.redactFrame(text);
  let [offset, index] = [0, 0];
  const indexOf = (next: number): number => {
    index += bytes.toString('utf8', offset, next).length;
    offset = next;
    return index;
  };
  const hits = redacted.hits.map(({ rule, from, to }) => ({ kind: rule.kind, from: indexOf(from), to: indexOf(to) }));
  return { text: redacted.bytes.toString('utf8'), hits };
}
