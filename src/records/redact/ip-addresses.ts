import { CONTEXT, NOTHING_BEFORE, byteSet } from './found.ts';
import type { Detector, Found } from './found.ts';

/** `1.1.1.1` */
const LEAST_V4 = 7;
const [DOT, COLON] = [0x2e, 0x3a];
const STANDS_IN_V4 = byteSet('0-9.');
const STANDS_IN_V6 = byteSet('0-9A-Fa-f:.');
const OCTET = '(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})';
const V4 = `(?:${OCTET}\\.){3}${OCTET}`;
/** More digits behind it, or a fifth part, and it is something else. */
const NOTHING_BEHIND = String.raw`[0-9A-Za-z]|\.[0-9]`;
const V4_ALONE = new RegExp(`(?<!${NOTHING_BEFORE}|\\.)${V4}(?!${NOTHING_BEHIND})`, 'g');
/** `Chrome/120.0.0.0`: browsers have frozen their versions so; of addresses it is one that no host has. */
const FROZEN_VERSION = /[A-Za-z]\/[0-9]+\.0\.0\.0$/;

const GROUP = '[0-9A-Fa-f]{1,4}';
const V6 = `(?:(?:${GROUP}:){7}${GROUP}|(?:${GROUP}:){6}${V4}|(?:${GROUP}(?::${GROUP}){0,6})?::(?:(?:${GROUP}:){0,5}${V4}|${GROUP}(?::${GROUP}){0,6})?)`;
const V6_ALONE = new RegExp(`(?<!${NOTHING_BEFORE}|\\.|[0-9A-Fa-f:]:)${V6}(?!${NOTHING_BEHIND}|:[0-9A-Fa-f:])`, 'g');
/** Colons of an address without `::`. */
const FULL_COLONS = 6;

/** IPv4 addresses; not versions of five parts, nor what has a letter before it (v1.2.3.4). */
export const ipv4Addresses: Detector = {
  crossesLines: false,
  mayOccur: () => true,
  find(text, found) {
    for (let at = LEAST_V4 - 1, done = 0; at < text.length;) {
      if (STANDS_IN_V4[text.charCodeAt(at)] !== 1) { at += LEAST_V4; continue; }
      let first = at;
      while (first > done && STANDS_IN_V4[text.charCodeAt(first - 1)] === 1) first--;
      let last = at + 1;
      while (last < text.length && STANDS_IN_V4[text.charCodeAt(last)] === 1) last++;
      if (last - first >= LEAST_V4 && count(text, DOT, first, last) >= 3) search(V4_ALONE, text, first, last, isFrozenVersion, found);
      done = last;
      at = last + LEAST_V4;
    }
  },
};

/** IPv6 addresses; not times (12:34:56), hardware addresses, fingerprints, nor names such as `std::begin`. */
export const ipv6Addresses: Detector = {
  crossesLines: false,
  mayOccur: (text) => text.includes(':'),
  find(text, found) {
    for (let at = text.indexOf(':'), done = 0; at !== -1;) {
      if (STANDS_IN_V6[text.charCodeAt(at + 1)] !== 1) { at = text.indexOf(':', at + 1); continue; }
      let first = at;
      while (first > done && STANDS_IN_V6[text.charCodeAt(first - 1)] === 1) first--;
      let last = at + 1;
      while (last < text.length && STANDS_IN_V6[text.charCodeAt(last)] === 1) last++;
      if (mayBeV6(text, at, last)) search(V6_ALONE, text, first, last, hasNoDigit, found);
      done = last;
      at = text.indexOf(':', last);
    }
  },
};

function search(address: RegExp, text: string, first: number, last: number, isOther: (text: string, from: number, to: number) => boolean, found: Found): void {
  const base = Math.max(0, first - CONTEXT);
  const stretch = text.slice(base, last + CONTEXT);
  address.lastIndex = 0;
  for (let match = address.exec(stretch); match !== null; match = address.exec(stretch)) {
    const from = base + match.index;
    const to = from + match[0].length;
    if (!isOther(text, from, to)) found.add(from, to);
  }
}

function isFrozenVersion(text: string, from: number, to: number): boolean {
  return text[from - 1] === '/' && FROZEN_VERSION.test(text.slice(Math.max(0, from - CONTEXT), to));
}

/** `Face::add` is a name; an address without any digit hardly exists. */
function hasNoDigit(text: string, from: number, to: number): boolean {
  return !/[0-9]/.test(text.slice(from, to));
}

function mayBeV6(text: string, from: number, to: number): boolean {
  if (count(text, COLON, from, to) >= FULL_COLONS) return true;
  for (let at = from + 1; at < to; at++) if (text.charCodeAt(at) === COLON && text.charCodeAt(at - 1) === COLON) return true;
  return false;
}

function count(text: string, code: number, from: number, to: number): number {
  let times = 0;
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === code) times++;
  return times;
}
