import { PART, PART_HEAD_BYTES } from './packet.ts';

const BEGINNINGS: ReadonlySet<number> = new Set([PART.host, PART.signature, PART.encryption]);

/**
 * Cuts what a connection brings into whole parts, and before each part that begins a packet: a host, a signature (with what follows
 * it), an encrypted part. Holds back less than one part, so 64 KiB at most.
 */
export class StreamParts {
  #rest: Buffer = Buffer.alloc(0);
  #broken = false;

  /** Bytes of a part whose end has not come. */
  get held(): number { return this.#rest.length; }
  /** A part was no part: where the next one begins nobody can tell. */
  get broken(): boolean { return this.#broken; }

  push(chunk: Buffer): readonly Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const pieces: Buffer[] = [];
    let [from, at, before] = [0, 0, -1];
    while (!this.#broken && bytes.length - at >= PART_HEAD_BYTES) {
      const type = bytes.readUInt16BE(at);
      const end = at + bytes.readUInt16BE(at + 2);
      if (end < at + PART_HEAD_BYTES) this.#broken = true;
      if (end > bytes.length || this.#broken) break;
      if (at > from && before !== PART.signature && BEGINNINGS.has(type)) {
        pieces.push(bytes.subarray(from, at));
        from = at;
      }
      [before, at] = [type, end];
    }
    if (at > from) pieces.push(bytes.subarray(from, at));
    // A copy, so that a few bytes do not keep a whole chunk.
    this.#rest = this.#broken ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    return pieces;
  }
}
