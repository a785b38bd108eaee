const [NEWLINE, RETURN] = [0x0a, 0x0d];
const NOTHING = Buffer.alloc(0);
/** First room for an unfinished line; it doubles as the line grows. */
const FIRST_BYTES = 1_024;

/** Cuts what comes in into lines. Holds at most one unfinished line; one that is too long is passed over and counted. */
export class LineBuffer {
  readonly #maxLine: number;
  /** The unfinished line: the first `held` bytes. */
  #line: Buffer = NOTHING;
  #held = 0;
  #passing = false;
  #tooLong = { lines: 0, bytes: 0 };

  /** @param maxLine bytes of a line without its end */
  constructor(maxLine: number) { this.#maxLine = maxLine; }

  /** Bytes of the unfinished line. */
  get held(): number { return this.#held; }

  /** Lines that were passed over since the last call, and their bytes. */
  takeTooLong(): { readonly lines: number; readonly bytes: number } {
    const taken = this.#tooLong;
    this.#tooLong = { lines: 0, bytes: 0 };
    return taken;
  }

  /** The lines that end in `chunk`, without their ends; empty ones are left out. They may be parts of it. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end);
      if (this.#held === 0 && !this.#passing && rest.length <= this.#maxLine) addText(lines, rest);
      else {
        this.#hold(rest);
        lines.push(...this.end());
      }
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  /** The line under way, as if its end had come; none if there is nothing, or too much of it. */
  end(): readonly Buffer[] {
    const lines: Buffer[] = [];
    addText(lines, this.#line.subarray(0, this.#held));
    this.#passing = false;
    this.#forget();
    return lines;
  }

  #hold(part: Buffer): void {
    const length = this.#held + part.length;
    if (!this.#passing && length > this.#maxLine) {
      this.#passing = true;
      this.#tooLong.lines++;
      this.#tooLong.bytes += this.#held;
      this.#forget();
    }
    if (this.#passing) { this.#tooLong.bytes += part.length; return; }
    if (length > this.#line.length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_BYTES, length, Math.min(2 * this.#line.length, this.#maxLine)));
      this.#line.copy(grown, 0, 0, this.#held);
      this.#line = grown;
    }
    part.copy(this.#line, this.#held);
    this.#held = length;
  }

  #forget(): void {
    this.#line = NOTHING;
    this.#held = 0;
  }
}

function addText(lines: Buffer[], line: Buffer): void {
  const text = line.at(-1) === RETURN ? line.subarray(0, -1) : line;
  if (text.length > 0) lines.push(text);
}
