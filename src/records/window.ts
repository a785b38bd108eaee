import { MONTHS, WEEKDAYS } from './strptime.ts';
import type { Step } from './strptime.ts';

const LETTER = /[A-Za-z]/;
/** Wider windows gain nothing, and a shift has to fit in a byte. */
const MAX_WIDTH = 24;
/** Cost of a byte that fits against one that does not. */
const FITTING_COST = 4;
/** Percent of the bytes of common logs (access logs, JSON lines, syslog), roughly. */
const USUAL_BYTES: readonly (readonly [char: string, percent: number])[] = [
  ...Array.from('abcdefghijklmnopqrstuvwxyz', (char) => [char, 1.8] as const),
  ...Array.from('0123456789', (char) => [char, 2.5] as const),
  ...Array.from('JFMASONDT', (char) => [char, 0.3] as const),
  [' ', 5] as const, ['"', 5] as const, [':', 3.5] as const, ['.', 3] as const, ['/', 3] as const, [',', 2] as const, ['-', 2.5] as const, ['[', 0.4] as const, [']', 0.4] as const,
];
const UNUSUAL = 0.1;
const WEIGHTS = new Float64Array(256).fill(UNUSUAL);
for (const [char, percent] of USUAL_BYTES) WEIGHTS[char.charCodeAt(0)] = percent;
/** Longest text that `%s` reads: nanoseconds. */
const EPOCH_WIDTHS = [10, 19] as const;

/**
 * The longest run of steps of fixed width in a format, as one class of bytes per position, and a search for it that
 * looks at a fraction of the bytes (Horspool's: how far to move on is told by the byte at the window's end).
 * It stands `least` to `most` bytes behind the beginning of the text.
 */
export class Window {
  readonly least: number;
  readonly most: number;
  readonly width: number;
  /** `classes[256 * i + byte]` is 1 if the byte may stand at position i. */
  readonly #classes: Uint8Array;
  /** How far the window can move on, by the byte at its end; 0 where that byte fits. */
  readonly #shift: Uint8Array;
  /** The same for a byte that fits, once the rest of the window was seen not to. */
  readonly #after: Uint8Array;

  private constructor(classes: readonly Uint8Array[], least: number, most: number) {
    this.least = least;
    this.most = most;
    this.width = classes.length;
    this.#classes = new Uint8Array(256 * this.width);
    classes.forEach((set, i) => this.#classes.set(set, 256 * i));
    this.#after = new Uint8Array(256).fill(this.width);
    for (const [i, set] of classes.slice(0, -1).entries()) {
      for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) this.#after[byte] = this.width - 1 - i;
    }
    this.#shift = this.#after.map((shift, byte) => (classes.at(-1)![byte] === 1 ? 0 : shift));
  }

  /** The window that moves furthest per byte it looks at; null if no step of the format has a fixed width. */
  static of(steps: readonly Step[]): Window | null {
    const fixed = steps.map(classesOf);
    let best: { readonly pace: number; readonly first: number; readonly classes: readonly Uint8Array[] } | null = null;
    for (let first = 0; first < steps.length; first++) {
      const classes: Uint8Array[] = [];
      const after = new Uint8Array(256);
      for (const next of fixed.slice(first)) {
        if (next === null || classes.length + next.length > MAX_WIDTH) break;
        for (const set of next) {
          // Each byte lies one further from the end than before, but those that may stand where the end was.
          for (let byte = 0; byte < 256; byte++) after[byte] = classes.at(-1)?.[byte] === 1 ? 1 : after[byte]! + 1;
          classes.push(set);
          const pace = paceOf(set, after);
          if (best === null || pace > best.pace) best = { pace, first, classes: [...classes] };
        }
      }
    }
    if (best === null) return null;
    const widths = steps.slice(0, best.first).map(widthOf);
    return new Window(best.classes, widths.reduce((sum, [least]) => sum + least, 0), widths.reduce((sum, [, most]) => sum + most, 0));
  }

  /** Beginning of the first window in bytes[from, to), or -1. */
  find(bytes: Buffer, from: number, to: number): number {
    const { width } = this;
    const classes = this.#classes;
    const shift = this.#shift;
    for (let last = from + width - 1; last < to;) {
      const move = shift[bytes[last]!]!;
      if (move > 0) {
        last += move;
        continue;
      }
      const start = last - width + 1;
      let i = 0;
      while (i < width && classes[(i << 8) | bytes[start + i]!] === 1) i++;
      if (i === width) return start;
      last += this.#after[bytes[last]!]!;
    }
    return -1;
  }
}


/** Bytes moved on per byte looked at, in a text of usual bytes; one that fits costs a look at the rest of the window. */
function paceOf(last: Uint8Array, after: Uint8Array): number {
  let moved = 0;
  let cost = 0;
  for (let byte = 0; byte < 256; byte++) {
    const weight = WEIGHTS[byte]!;
    moved += weight * after[byte]!;
    cost += weight * (last[byte] === 1 ? FITTING_COST : 1);
  }
  return moved / cost;
}

function classesOf(step: Step): readonly Uint8Array[] | null {
  switch (step.kind) {
    case 'literal': return step.bytes.length > MAX_WIDTH ? null : Array.from(step.bytes, (char) => classOf((other) => other === char));
    case 'digits': return step.blank || step.min !== step.max ? null : Array.from({ length: step.min }, () => classOf((char) => char >= '0' && char <= '9'));
    case 'monthName': case 'dayName': {
      if (step.full) return null;
      const names: readonly string[] = step.kind === 'monthName' ? MONTHS : WEEKDAYS;
      return [0, 1, 2].map((i) => classOf((char) => LETTER.test(char) && names.some((name) => name[i] === char.toLowerCase())));
    }
    case 'half': return ['ap', 'm'].map((letters) => classOf((char) => LETTER.test(char) && letters.includes(char.toLowerCase())));
    case 'fraction': case 'offset': case 'zone': case 'epoch': return null;
    default: return step satisfies never;
  }
}

function classOf(has: (char: string) => boolean): Uint8Array {
  const set = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) set[byte] = has(String.fromCharCode(byte)) ? 1 : 0;
  return set;
}

function widthOf(step: Step): readonly [least: number, most: number] {
  switch (step.kind) {
    case 'literal': return [step.bytes.length, step.bytes.length];
    case 'digits': return [step.min, step.max + (step.blank ? 1 : 0)];
    case 'monthName': case 'dayName': return [3, step.full ? 9 : 3];
    case 'fraction': return [1, 9];
    case 'half': return [2, 2];
    case 'offset': return [1, 6];
    case 'zone': return [1, 5];
    case 'epoch': return EPOCH_WIDTHS;
    default: return step satisfies never;
  }
}
