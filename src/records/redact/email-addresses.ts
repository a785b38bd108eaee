import { byteSet } from './found.ts';
import type { Detector } from './found.ts';

const LOCAL = byteSet('A-Za-z0-9._+%-');
/** First bytes in UTF-8 of Latin, Greek and Cyrillic letters. Scripts that are written without blanks are text before an address. */
const [FIRST_LETTERS, LAST_LETTERS] = [0xc3, 0xd4];
/** RFC 5321 §4.5.3.1.1: octets of a local part. */
const MAX_LOCAL = 64;
const LETTER = String.raw`(?:[A-Za-z0-9]|[\xc2-\xf4][\x80-\xbf]{1,3})`;
const DOMAIN = new RegExp(String.raw`(?:${LETTER}(?:-{0,8}${LETTER}){0,62}\.){1,8}(?:xn--[A-Za-z0-9-]{1,59}|[A-Za-z]{2,63}|(?:[\xc2-\xf4][\x80-\xbf]{1,3}){2,16})`, 'y');
/** `logo@2x.png`: a picture for denser screens. */
const PICTURE = /^[1-9]x\.(?:png|jpe?g|gif|webp|avif|svg)$/i;
/** Letters that make an escape of a JSON string with the backslash before them. */
const ESCAPED = /[bfnrt]/;
const ENCODED_AT = '%40';

/** Email addresses, with @ or, in URLs, %40. */
export const emailAddresses: Detector = {
  crossesLines: false,
  mayOccur: (text) => text.includes('@') || text.includes(ENCODED_AT),
  find(text, found) {
    const next = (sign: string, from: number): number => { const at = text.indexOf(sign, from); return at === -1 ? Infinity : at; };
    let plain = next('@', 0);
    let encoded = next(ENCODED_AT, 0);
    for (let done = 0; ;) {
      const at = Math.min(plain, encoded);
      if (at === Infinity) return;
      const behind = at === plain ? at + 1 : at + ENCODED_AT.length;
      const from = localFrom(text, done, at);
      DOMAIN.lastIndex = behind;
      if (from < at && DOMAIN.test(text) && !PICTURE.test(text.slice(behind, DOMAIN.lastIndex))) {
        done = DOMAIN.lastIndex;
        found.add(from, done);
      }
      const on = Math.max(done, behind);
      if (plain < on) plain = next('@', on);
      if (encoded < on) encoded = next(ENCODED_AT, on);
    }
  },
};

/** Where the local part of an address begins whose sign stands at `at`; `at` if there is none. */
function localFrom(text: string, floor: number, at: number): number {
  const least = Math.max(floor, at - MAX_LOCAL);
  let from = at;
  for (;;) {
    if (from > least && LOCAL[text.charCodeAt(from - 1)] === 1) from--;
    else if (from - 1 > least && isLetter(text.charCodeAt(from - 2), text.charCodeAt(from - 1))) from -= 2;
    else break;
  }
  if (from > 0 && text[from - 1] === '\\' && ESCAPED.test(text[from]!)) from++;
  while (from < at && text[from] === '.') from++;
  return from;
}

function isLetter(first: number, second: number): boolean {
  return first >= FIRST_LETTERS && first <= LAST_LETTERS && second >= 0x80 && second < 0xc0;
}
