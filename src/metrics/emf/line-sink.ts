/** PutLogEvents: the largest message, which is an event without its 26 bytes of overhead. */
export const MAX_LINE = 1_048_576 - 26;

/** Where listeners put the lines that come in. */
export interface LineSink {
  /** Takes lines: what is taken is in a file when this returns. Gives those that are not taken, for want of room. */
  readonly take: (lines: readonly Buffer[]) => readonly Buffer[];
  /** Calls back, once, when it is worth trying again. */
  readonly whenRoom: (retry: () => void) => void;
  /** Lines that nobody has any more, and their bytes; of `kernel-full` datagrams, of which the kernel tells no more. */
  readonly lost: (reason: 'too-long' | 'unfinished' | 'spool-full' | 'kernel-full', lines: number, bytes: number, address: string) => void;
}

/** Bytes of lines. */
export const bytesOf = (lines: readonly Buffer[]): number => lines.reduce((sum, { length }) => sum + length, 0);
