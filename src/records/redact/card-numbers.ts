import { CONTEXT, NOTHING_BEFORE, byteSet } from './found.ts';
import type { Detector, Found } from './found.ts';

const [ZERO, NINE] = [0x30, 0x39];
/** ISO/IEC 7812: up to 19 digits; the shortest in use have 13. */
const LEAST_DIGITS = 13;
const STANDS_IN = byteSet('0-9 -');
/** What networks issue begins with 2 to 6; RuPay also with 81 and 82, Troy with 9792. Times and counters begin with 1. */
const ISSUED = /^(?:[2-6]|8[12]|9792)/;

/** Digits in one piece, or in the groups that are printed on cards: 4-4-4-4(-3), 4-6-5, 4-6-4 and 4-3-3-3. */
const NUMBER = new RegExp(
  `(?<!${NOTHING_BEFORE}|[0-9]\\.)(?:[0-9]{13,19}|[0-9]{4}([ -])(?:[0-9]{4}\\1[0-9]{4}\\1[0-9]{4}(?:\\1[0-9]{3})?|[0-9]{6}\\1[0-9]{4,5}|[0-9]{3}\\1[0-9]{3}\\1[0-9]{3}))(?![0-9A-Za-z]|\\.[0-9])`,
  'g',
);
const LAST_GROUP = /[ -][0-9]{3}$/;

/** Numbers of payment cards: a known beginning and a right check digit, so that nine in ten other numbers stay. */
export const cardNumbers: Detector = {
  crossesLines: false,
  mayOccur: () => true,
  find(text, found) {
    // Thirteen characters in a row are of this class, so one in thirteen has to be looked at.
    for (let at = LEAST_DIGITS - 1, done = 0; at < text.length;) {
      if (STANDS_IN[text.charCodeAt(at)] !== 1) { at += LEAST_DIGITS; continue; }
      let first = at;
      while (first > done && STANDS_IN[text.charCodeAt(first - 1)] === 1) first--;
      let last = at + 1;
      while (last < text.length && STANDS_IN[text.charCodeAt(last)] === 1) last++;
      if (digitsIn(text, first, last) >= LEAST_DIGITS) search(text, first, last, found);
      done = last;
      at = last + LEAST_DIGITS;
    }
  },
};

function digitsIn(text: string, from: number, to: number): number {
  let digits = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) digits++;
  }
  return digits;
}

function search(text: string, first: number, last: number, found: Found): void {
  const base = Math.max(0, first - CONTEXT);
  const stretch = text.slice(base, last + CONTEXT);
  NUMBER.lastIndex = 0;
  for (let match = NUMBER.exec(stretch); match !== null; match = NUMBER.exec(stretch)) {
    const [number] = match;
    const length = isCard(number) ? number.length : isCard(number.replace(LAST_GROUP, '')) ? number.length - 4 : 0;
    if (length > 0) found.add(base + match.index, base + match.index + length);
    NUMBER.lastIndex = match.index + Math.max(1, length);
  }
}

function isCard(number: string): boolean {
  const digits = number.replaceAll(/[ -]/g, '');
  return digits.length >= LEAST_DIGITS && ISSUED.test(digits) && passesLuhn(digits);
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - ZERO;
    sum += i % 2 === 0 ? digit : 2 * digit - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
}
