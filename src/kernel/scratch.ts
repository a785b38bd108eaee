/**
 * Columns beside those of the arena, one value per frame, in which the stages note what they find out about the frames of
 * one chunk. All entries share them, because a chunk passes all stages in one synchronous run: an entry with columns of its
 * own would cost a hundred kilobytes before it has read anything.
 *
 * What other entries noted still stands there when a step begins, and nobody finds it again when the step is over. So each
 * column has one purpose, and is read only after the step has written it, for as many frames as it has written:
 *
 *     begins     written by the start rule's `begin`     read by Grouping until it has joined the lines
 *     continues  written by Pieces where it cuts any     read while `framer.hasPieces`, up to the marks of the step
 *     spans      written by the reader of timestamps     read by the trim just behind it
 *     untimed    written by the stamper with the times   read by the stamper until it has counted them
 *     keep       written by the stamper if it filters    read by the stamper until it has moved the frames together
 *     age        written by the stamper if one is amiss  read by the stamper until it has dropped those
 */
export class Scratch {
  /** 1: line i begins an event. */
  readonly begins: Uint8Array;
  /** 1: frame i continues the message of the frame before it (frame 0: of the split that was handed in). */
  readonly continues: Uint8Array;
  /** Where the timestamp of frame i stood; -1 for none. Indices of the arena's bytes. */
  readonly spans: { readonly from: Int32Array; readonly to: Int32Array };
  /** 1: frame i has no time of its own. */
  readonly untimed: Uint8Array;
  /** 0: frame i is not to be sent. */
  readonly keep: Uint8Array;
  /** What the service says to the time of frame i. */
  readonly age: Uint8Array;

  /** @param frames the most that a chunk is cut into. */
  constructor(frames: number) {
    this.begins = new Uint8Array(frames);
    this.continues = new Uint8Array(frames);
    this.spans = { from: new Int32Array(frames), to: new Int32Array(frames) };
    this.untimed = new Uint8Array(frames);
    this.keep = new Uint8Array(frames);
    this.age = new Uint8Array(frames);
  }
}
