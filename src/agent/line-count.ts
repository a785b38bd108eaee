import { readSync } from 'node:fs';

const BLOCK_BYTES = 262_144;
const NEWLINE = 10;

/** Counts the lines of an open file, forwards from its start. Of UTF-16 it counts nonsense. */
export class LineCount {
  readonly #fd: number;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  /** The byte at this offset is of this line, from 1. */
  #at = 0;
  #line = 1;

  constructor(fd: number) { this.#fd = fd; }

  /** The line, from 1, that the byte at `offset` is of; null: the file ends before that. No call may ask for less than the one before it. */
  lineAt(offset: number): number | null {
    while (this.#at < offset) {
      const got = readSync(this.#fd, this.#block, 0, Math.min(BLOCK_BYTES, offset - this.#at), this.#at);
      if (got === 0) return null;
      for (let i = this.#block.indexOf(NEWLINE); i !== -1 && i < got; i = this.#block.indexOf(NEWLINE, i + 1)) this.#line++;
      this.#at += got;
    }
    return readSync(this.#fd, this.#block, 0, 1, offset) === 0 ? null : this.#line;
  }

  /** The offset at which a line begins; null: the file ends before that. The last to be asked. */
  beginOf(line: number): number | null {
    for (;;) {
      if (this.#line >= line) return this.#at;
      const got = readSync(this.#fd, this.#block, 0, BLOCK_BYTES, this.#at);
      if (got === 0) return null;
      for (let i = this.#block.indexOf(NEWLINE); i !== -1 && i < got; i = this.#block.indexOf(NEWLINE, i + 1)) {
        this.#line++;
        if (this.#line === line) return this.#at + i + 1;
      }
      this.#at += got;
    }
  }
}
