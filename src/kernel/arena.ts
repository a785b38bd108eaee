import type { Frames } from '../flow.ts';
import { KERNEL_STATIC_BYTES } from './kernel.generated.ts';
import { Scratch } from './scratch.ts';

/** Entries one chunk may be cut into; a chunk with more is framed in several rounds. */
export const MAX_FRAMES = 16_384;
/** SIMD loads and stores may touch this many bytes beyond what they are asked for. */
const SLACK = 64;

const PAGE = 65_536;
const align = (n: number): number => Math.ceil(n / 16) * 16;

/**
 * The one linear memory a chunk passes through, from the read to the encoded events:
 *
 *     | constants | columns: from to end time | input + SLACK | spill + SLACK | output + SLACK |
 *
 * `input` takes the bytes of a read, `spill` what a slower stage has to write anew (decoded text, repaired UTF-8, pieces
 * with marks, redacted messages), `output` the escaped events before they are copied into a batch. Reading, framing and encoding of a chunk
 * are one synchronous run, so all files share one arena, and only the pages that were used are resident.
 */
export class Arena implements Frames {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Buffer;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly end: Int32Array;
  readonly time: Float64Array;
  /** What the stages note about the frames, valid within a step only. */
  readonly scratch = new Scratch(MAX_FRAMES);
  count = 0;
  readonly input: number;
  readonly inputSize: number;
  readonly spill: number;
  readonly spillSize: number;
  readonly output: number;
  readonly outputLimit: number;
  /** Next free byte of the spill; the chunk's reader resets it. */
  spillAt: number;

  /** @param inputSize bytes of the largest read: at least the largest event plus a window. */
  constructor(inputSize: number) {
    let at = align(KERNEL_STATIC_BYTES);
    const place = (size: number): number => { const start = at; at = align(at + size); return start; };
    const from = place(4 * MAX_FRAMES);
    const to = place(4 * MAX_FRAMES);
    const end = place(4 * MAX_FRAMES);
    const time = place(8 * MAX_FRAMES);
    this.inputSize = inputSize;
    this.input = place(inputSize + SLACK);
    // Decoded text and repaired UTF-8 take up to threefold, its pieces are written once more, and so is what is redacted; the 28
    // bytes of marks of a piece come on top, for as many pieces as a chunk has frames.
    this.spillSize = 9 * inputSize + 2 * 28 * MAX_FRAMES;
    this.spill = place(this.spillSize + SLACK);
    this.spillAt = this.spill;
    // Worst case of one event: every byte a control character, six bytes each.
    const outputSize = 6 * inputSize + PAGE;
    this.output = place(outputSize + SLACK);
    this.outputLimit = this.output + outputSize;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(at / PAGE) });
    const buffer = this.memory.buffer;
    this.bytes = Buffer.from(buffer);
    this.from = new Int32Array(buffer, from, MAX_FRAMES);
    this.to = new Int32Array(buffer, to, MAX_FRAMES);
    this.end = new Int32Array(buffer, end, MAX_FRAMES);
    this.time = new Float64Array(buffer, time, MAX_FRAMES);
  }
}
