const [TAB, LINE_FEED, RETURN, SPACE, QUOTE, COMMA, MINUS, DOT, ZERO, NINE, COLON] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x39, 0x3a];
const [OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, UPPER_E, LOWER_E, PLUS] = [0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x45, 0x65, 0x2b];

/**
 * Finds one field of events that are JSON objects, reading no further than to its value. Dots of the path lead into inner
 * objects; a key that has the dots itself (`"log.ts"`) is found too. Of a field that is there twice the first counts. What
 * comes behind the value is not looked at, so an event whose end was cut off has its field.
 */
export class JsonField {
  readonly #path: Buffer;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;
  /** Of the string read last. */
  #from = 0;
  #escaped = false;
  /** The text of the value found last, a string without its quotes or a number: `value[valueFrom, valueTo)`. */
  value: Buffer = this.#bytes;
  valueFrom = 0;
  valueTo = 0;

  constructor(path: string) { this.#path = Buffer.from(path); }

  /** Whether bytes[from, to) have the field, as a string or a number: false too if they are no JSON that far. */
  find(bytes: Buffer, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    return this.#next() === OPEN_OBJECT && this.#object(0) === 'found';
  }

  /** Reads an object, the rest of the path being looked for in it. `ended`: there is nothing more to look for. */
  #object(start: number): 'found' | 'absent' | 'ended' {
    this.#at++;
    if (this.#next() === CLOSE_OBJECT) { this.#at++; return 'absent'; }
    for (;;) {
      if (this.#next() !== QUOTE || !this.#string()) return 'ended';
      const matched = this.#matched(start);
      if (this.#next() !== COLON) return 'ended';
      this.#at++;
      const first = this.#next();
      if (matched === this.#path.length) return this.#read(first) ? 'found' : 'ended';
      if (matched > start && first === OPEN_OBJECT) {
        const inside = this.#object(matched);
        if (inside !== 'absent') return inside;
      } else if (!this.#skip(first)) return 'ended';
      const behind = this.#next();
      this.#at++;
      if (behind === CLOSE_OBJECT) return 'absent';
      if (behind !== COMMA) return 'ended';
    }
  }

  /**
   * How much of the path the key that was just read covers: all of it, up to behind a dot, or nothing more (`start`).
   */
  #matched(start: number): number {
    const path = this.#path;
    const key = this.#escaped ? this.#unescaped() : null;
    const bytes = key ?? this.#bytes;
    const from = key === null ? this.#from : 0;
    const to = key === null ? this.#at - 1 : key.length;
    const end = start + to - from;
    if (end > path.length || (end < path.length && path[end] !== DOT)) return start;
    for (let i = 0; i < to - from; i++) if (path[start + i] !== bytes[from + i]) return start;
    return end < path.length ? end + 1 : end;
  }

  #read(first: number): boolean {
    if (first === QUOTE) {
      if (!this.#string()) return false;
      if (!this.#escaped) return this.#found(this.#bytes, this.#from, this.#at - 1);
      const text = this.#unescaped();
      return text !== null && this.#found(text, 0, text.length);
    }
    const from = this.#at;
    while (this.#at < this.#to && isOfNumber(this.#bytes[this.#at]!)) this.#at++;
    return this.#at > from && this.#found(this.#bytes, from, this.#at);
  }

  #found(bytes: Buffer, from: number, to: number): true {
    this.value = bytes;
    this.valueFrom = from;
    this.valueTo = to;
    return true;
  }

  /** Passes over white space; the byte it stopped at, or -1 at the end. */
  #next(): number {
    const bytes = this.#bytes;
    const to = this.#to;
    let at = this.#at;
    while (at < to && (bytes[at] === SPACE || bytes[at] === LINE_FEED || bytes[at] === RETURN || bytes[at] === TAB)) at++;
    this.#at = at;
    return at < to ? bytes[at]! : -1;
  }

  /** Passes over a string from its quote on; false if it has no end, or what no string may have. */
  #string(): boolean {
    const bytes = this.#bytes;
    const to = this.#to;
    let at = this.#from = this.#at + 1;
    this.#escaped = false;
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) { this.#escaped = true; at++; } else if (byte < SPACE) return false;
    }
    this.#at = at + 1;
    return at < to;
  }

  /** The string read last, with its escapes; null if one of them is none. */
  #unescaped(): Buffer | null {
    try {
      return Buffer.from(JSON.parse(this.#bytes.toString('utf8', this.#from - 1, this.#at)) as string);
    } catch {
      return null;
    }
  }

  /** Passes over a value: lists and objects by counting, without asking whether all in them is right. */
  #skip(first: number): boolean {
    if (first === QUOTE) return this.#string();
    if (first !== OPEN_OBJECT && first !== OPEN_LIST) {
      const bytes = this.#bytes;
      let at = this.#at;
      while (at < this.#to && !isEnd(bytes[at]!)) at++;
      const any = at > this.#at;
      this.#at = at;
      return any;
    }
    const bytes = this.#bytes;
    for (let at = this.#at, depth = 0; at < this.#to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#at = at;
        if (!this.#string()) return false;
        at = this.#at - 1;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) {
        this.#at = at + 1;
        return true;
      }
    }
    return false;
  }
}

function isEnd(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST || byte <= SPACE;
}

function isOfNumber(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === DOT || byte === MINUS || byte === PLUS || byte === LOWER_E || byte === UPPER_E;
}
