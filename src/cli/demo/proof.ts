// Did every line arrive, once, in order? Pure: what was written and what was stored go in, a verdict comes out.

/** In lines. `twice` counts the surplus copies, `outOfOrder` lines that came after a later one of their file. */
export interface Verdict {
  readonly expected: number;
  readonly delivered: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  /** Some of what is missing or too many, for a person; empty when nothing is. */
  readonly examples: readonly string[];
}

const MOST_EXAMPLES = 5;
const FIRST_CAPACITY = 65_536;
/** Copies of a line are counted up to here: a byte each. */
const MOST_COPIES = 255;
/** The marks at the end and the beginning of the pieces of a cut message. */
const PIECE_END = '[Truncated...]';
const PIECE_START = '[...Continued]';

export const isProven = ({ lost, twice, outOfOrder }: Verdict): boolean => lost === 0 && twice === 0 && outOfOrder === 0;

/** What of a writer's numbered lines (0, 1, 2, …) has arrived; a byte of memory for each. */
export class NumberedReceipt {
  readonly #pattern: RegExp;
  #copies = new Uint8Array(FIRST_CAPACITY);
  #highest = -1;
  #delivered = 0;
  #twice = 0;
  #outOfOrder = 0;

  /** @param pattern finds every line number of a text, as its first group; must be global. */
  constructor(pattern: RegExp) { this.#pattern = pattern; }

  /** A stored message, in the order of arrival. It may hold several lines. */
  take(message: string): void {
    for (const [, digits] of message.matchAll(this.#pattern)) this.#count(Number(digits));
  }

  /** Judges the lines 0 to `written` - 1. */
  verdict(written: number): Verdict {
    const missing: number[] = [];
    let lost = 0;
    for (let n = 0; n < written; n++) {
      if ((this.#copies[n] ?? 0) > 0) continue;
      lost++;
      if (missing.length < MOST_EXAMPLES) missing.push(n);
    }
    return { expected: written, delivered: this.#delivered, lost, twice: this.#twice, outOfOrder: this.#outOfOrder, examples: missing.map((n) => `line ${n} is missing`) };
  }

  #count(number: number): void {
    if (number >= this.#copies.length) {
      const larger = new Uint8Array(Math.max(2 * this.#copies.length, number + 1));
      larger.set(this.#copies);
      this.#copies = larger;
    }
    const copies = this.#copies[number]!;
    if (copies > 0) this.#twice++;
    else {
      this.#delivered++;
      if (number < this.#highest) this.#outOfOrder++;
    }
    if (copies < MOST_COPIES) this.#copies[number] = copies + 1;
    this.#highest = Math.max(this.#highest, number);
  }
}

/**
 * The lines of a text as they count here: without the carriage returns at their end and NUL bytes at their beginning
 * (the hole of a truncated file), blank ones left out, because none of these is part of a delivered event.
 */
export function* textLines(text: string): Generator<string> {
  for (const line of text.split('\n')) {
    const bare = line.replace(/^\0+/, '').replace(/\r+$/, '');
    if (bare.trim() !== '') yield bare;
  }
}

/** The lines of stored messages, in the order of arrival; pieces of a cut message are put together again. */
export function* storedLines(messages: Iterable<string>): Generator<string> {
  let open: string | null = null;
  for (const message of messages) {
    const continues = open !== null && message.startsWith(PIECE_START);
    const text: string = continues ? open + message.slice(PIECE_START.length) : message;
    if (open !== null && !continues) yield* textLines(open + PIECE_END);
    open = text.endsWith(PIECE_END) ? text.slice(0, -PIECE_END.length) : null;
    if (open === null) yield* textLines(text);
  }
  if (open !== null) yield* textLines(open + PIECE_END);
}

/**
 * Compares what was stored of a file with its lines. The first `due` of them must be there; those after them may be
 * (they were written while the comparison was prepared), but nothing else may.
 */
export function compareLines(file: readonly string[], due: number, stored: readonly string[]): Verdict {
  if (stored.length >= due && stored.length <= file.length && stored.every((line, i) => line === file[i])) {
    return { expected: stored.length, delivered: stored.length, lost: 0, twice: 0, outOfOrder: 0, examples: [] };
  }
  const expected = Math.max(due, Math.min(stored.length, file.length));
  const open = new Map<string, number>();
  for (const line of file.slice(0, expected)) open.set(line, (open.get(line) ?? 0) + 1);
  let delivered = 0;
  let twice = 0;
  const examples: string[] = [];
  for (const [i, line] of stored.entries()) {
    const left = open.get(line) ?? 0;
    if (left > 0) { open.set(line, left - 1); delivered++; } else twice++;
    if (line !== file[i] && examples.length === 0) examples.push(`stored line ${i + 1} is not line ${i + 1} of the file`);
  }
  const lost = expected - delivered;
  return { expected, delivered, lost, twice, outOfOrder: lost === 0 && twice === 0 ? 1 : 0, examples };
}
