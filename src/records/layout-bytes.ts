// Reads timestamps straight out of bytes, for formats whose steps need no going back.
import { DIGIT_FIELDS, MONTHS, WEEKDAYS } from './strptime.ts';
import type { StampFields } from './stamp-fields.ts';
import type { Step } from './strptime.ts';
import type { Window } from './window.ts';

const [ZERO, NINE, COLON, PLUS, MINUS] = [0x30, 0x39, 0x3a, 0x2b, 0x2d];
const [LOWER_A, LOWER_M, LOWER_P, LOWER_Z] = [0x61, 0x6d, 0x70, 0x7a];

const [LITERAL, DIGITS, NAME, TEXT] = [0, 1, 2, 3];
const TEXTS = ['fraction', 'half', 'offset', 'zone', 'epoch'] as const;
const MONTH_FIELD = DIGIT_FIELDS.indexOf('month');

/** Three letters in lower case as one number. */
const key = (name: string): number => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2);
const MONTH_KEYS: readonly number[] = MONTHS.map(key);
const DAY_KEYS: readonly number[] = WEEKDAYS.map(key);

export class ByteLayout {
  readonly #program: Int32Array;
  readonly #window: Window;
  readonly #fields: StampFields;
  /** Just after the last text that was read. */
  end = 0;

  /** @param fields takes the values that are read. Only for formats whose reading is deterministic (see Layout). */
  constructor(steps: readonly Step[], window: Window, fields: StampFields) {
    this.#program = programOf(steps);
    this.#window = window;
    this.#fields = fields;
  }

  /**
   * Beginning of the first text in bytes[from, to) that has the format, or -1. A text that begins before the places tried
   * for one window has its own window further left, so trying them in order finds the leftmost.
   */
  find(bytes: Buffer, from: number, to: number): number {
    const window = this.#window;
    const { least, most } = window;
    let untried = from;
    for (let at = window.find(bytes, from + least, to); at !== -1; at = window.find(bytes, at + 1, to)) {
      for (let start = Math.max(untried, at - most); start <= at - least; start++) {
        if (this.#read(bytes, start, to)) return start;
      }
      untried = at - least + 1;
    }
    return -1;
  }

  #read(bytes: Buffer, start: number, to: number): boolean {
    const fields = this.#fields;
    const program = this.#program;
    let at = start;
    for (let i = 0; i < program.length; i += 4) {
      const operation = program[i]!;
      if (operation === LITERAL) {
        if (at >= to || bytes[at] !== program[i + 1]) return false;
        at += 1;
        continue;
      }
      if (operation === DIGITS) {
        if (program[i + 3] === 1 && at < to && isBlank(bytes[at]!)) at += 1;
        const most = program[i + 2]! & 0xff;
        let value = 0;
        let length = 0;
        for (; length < most && at < to; length++, at++) {
          const digit = bytes[at]! - ZERO;
          if (digit < 0 || digit > 9) break;
          value = value * 10 + digit;
        }
        if (length < program[i + 2]! >> 8) return false;
        fields.values[program[i + 1]!] = value;
        continue;
      }
      if (operation === NAME) {
        const keys = program[i + 1] === 1 ? MONTH_KEYS : DAY_KEYS;
        const index = at + 3 <= to ? keys.indexOf(keyAt(bytes, at)) : -1;
        if (index === -1) return false;
        if (program[i + 1] === 1) fields.values[MONTH_FIELD] = index + 1;
        at += program[i + 2] === 1 ? nameLength((program[i + 1] === 1 ? MONTHS : WEEKDAYS)[index]!, bytes, at, to) : 3;
        continue;
      }
      const kind = TEXTS[program[i + 1]!]!;
      const length = textLength(kind, bytes, at, to);
      if (length === 0) return false;
      if (kind === 'fraction') fields.fraction = milliseconds(bytes, at, length);
      else if (kind === 'offset') fields.offset = offset(bytes, at, length);
      else fields.takeText(kind, bytes.toString('latin1', at, at + length));
      at += length;
    }
    this.end = at;
    return true;
  }
}

/** The steps, four numbers each: the operation, then what it needs. */
function programOf(steps: readonly Step[]): Int32Array {
  return Int32Array.from(steps.flatMap((step): number[] => {
    switch (step.kind) {
      case 'literal': return Array.from(step.bytes, (char) => [LITERAL, char.charCodeAt(0), 0, 0]).flat();
      case 'digits': return [DIGITS, DIGIT_FIELDS.indexOf(step.field), (step.min << 8) | step.max, step.blank ? 1 : 0];
      case 'monthName': case 'dayName': return [NAME, step.kind === 'monthName' ? 1 : 0, step.full ? 1 : 0, 0];
      case 'fraction': case 'half': case 'offset': case 'zone': case 'epoch': return [TEXT, TEXTS.indexOf(step.kind), 0, 0];
      default: return step satisfies never;
    }
  }));
}

/** Length of the text at `at` that a step of variable form takes; 0 if there is none. */
function textLength(kind: (typeof TEXTS)[number], bytes: Buffer, at: number, to: number): number {
  if (at >= to) return 0;
  const first = bytes[at]!;
  switch (kind) {
    case 'fraction': return digitsAt(bytes, at, Math.min(to, at + 9));
    case 'half': return at + 2 <= to && ((first | 32) === LOWER_A || (first | 32) === LOWER_P) && (bytes[at + 1]! | 32) === LOWER_M ? 2 : 0;
    case 'offset': {
      if ((first | 32) === LOWER_Z) return 1;
      if (!isSign(first) || digitsAt(bytes, at + 1, Math.min(to, at + 3)) < 2) return 0;
      const colon = at + 3 < to && bytes[at + 3] === COLON ? 1 : 0;
      return digitsAt(bytes, at + 3 + colon, Math.min(to, at + 5 + colon)) === 2 ? 5 + colon : 3;
    }
    case 'zone': {
      if (isSign(first)) {
        const digits = digitsAt(bytes, at + 1, Math.min(to, at + 5));
        if (digits === 4 && lettersAt(bytes, at + 5, to) === 0) return 5;
        return digits >= 2 && lettersAt(bytes, at + 3, to) === 0 ? 3 : 0;
      }
      const length = lettersAt(bytes, at, to);
      return (length >= 2 && length <= 5) || (length === 1 && (first | 32) === LOWER_Z) ? length : 0;
    }
    case 'epoch': {
      const length = at > 0 && digitsAt(bytes, at - 1, at) === 1 ? 0 : digitsAt(bytes, at, to);
      return length === 10 || length === 13 || length === 16 || length === 19 ? length : 0;
    }
    default: return kind satisfies never;
  }
}

function milliseconds(bytes: Buffer, at: number, length: number): number {
  const digit = (i: number): number => (i < length ? bytes[at + i]! - ZERO : 0);
  return digit(0) * 100 + digit(1) * 10 + digit(2);
}

/** Of `+hhmm`, `+hh:mm`, `+hh` or `Z`. */
function offset(bytes: Buffer, at: number, length: number): number {
  if (length === 1) return 0;
  const two = (i: number): number => bytes[at + i]! * 10 + bytes[at + i + 1]! - 11 * ZERO;
  const minutes = two(1) * 60 + (length === 3 ? 0 : two(length - 2));
  return (bytes[at] === MINUS ? -60_000 : 60_000) * minutes;
}

function keyAt(bytes: Buffer, at: number): number {
  return ((bytes[at]! | 32) << 16) | ((bytes[at + 1]! | 32) << 8) | bytes[at + 2]! | 32;
}

/** Length of the whole name if it stands at `at`, else of its first three letters. */
function nameLength(name: string, bytes: Buffer, at: number, to: number): number {
  if (at + name.length > to) return 3;
  for (let i = 3; i < name.length; i++) if ((bytes[at + i]! | 32) !== name.charCodeAt(i)) return 3;
  return name.length;
}

function digitsAt(bytes: Buffer, at: number, to: number): number {
  let end = at;
  while (end < to && bytes[end]! >= ZERO && bytes[end]! <= NINE) end++;
  return end - at;
}

function lettersAt(bytes: Buffer, at: number, to: number): number {
  let end = at;
  while (end < to && (bytes[end]! | 32) >= LOWER_A && (bytes[end]! | 32) <= LOWER_Z) end++;
  return end - at;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d;
}

function isSign(byte: number): boolean {
  return byte === PLUS || byte === MINUS;
}
