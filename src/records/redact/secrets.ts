// What opens doors: keys, tokens, passwords. Each detector leaves the name beside the value, so that a reader sees what it was.
import { REPLACED } from './found.ts';
import type { Detector, Found } from './found.ts';

/** The end of a text without quotes: white space, or what ends a value in a URL, JSON, XML or a list. */
const END = String.raw`[ \t\r\n\f\v&"<>,;)}\]']|$`;
/** Values that are none. */
const EMPTY = String.raw`(?:null|nil|none|true|false|undefined)(?:${END})`;
/**
 * A value: in quotes, in the escaped quotes of JSON inside JSON, or up to white space, a quote, or the next key of a list. Each
 * way ends in the match's only group that took part, and that ends the match.
 */
const PLAIN = String.raw`(?:(?![,;][\w.-]{1,64}["']?[=:])[^ \t\r\n\f\v&"<>])*[^ \t\r\n\f\v&"<>,;)}\]'\\]`;
const VALUE = String.raw`(?:"(?!${REPLACED})((?:[^"\\\r\n]|\\.)+)|'(?!${REPLACED})((?:[^'\\\r\n]|\\.)+)|\\+"(?!${REPLACED})([^"\\\r\n]+)|(?!${REPLACED}|${EMPTY}|["'\\])(${PLAIN}))`;

const KEY = '(?:passw(?:or)?d(?:[_-]?confirmation)?|passphrase|(?<![a-z])pass|pwd|secret|token|credentials?'
  + '|(?:api|access|secret|private|signing|encryption|auth|shared|master|account|storage)[_-]?key(?:[_-]base)?)';
const KEYED = new RegExp(String.raw`${KEY}(?:\\*["'])?(?:[ \t]{0,8}[:=]{1,3}>?(?![:=>])[ \t]{0,8}|%3D|>)${VALUE}`, 'gi');

/** `--password hunter2` of a command line. */
const OPTION = new RegExp(String.raw`--[\w-]{0,40}?${KEY}[ \t]{1,8}(?!-)${VALUE}`, 'gi');

const SCHEME = '(?:basic|bearer|digest|negotiate|ntlm|token|apikey)[ \\t]+';
const HEADER = new RegExp(String.raw`authorization\\*["']?[ \t]{0,8}[:=][ \t]{0,8}(?:\\*["'])?(?:${SCHEME})?(?!${SCHEME}|${REPLACED})([^ \t\r\n\f\v"'\\,;<>]+)`, 'gi');
/** Outside of a header a word may follow; a token has a digit, both cases in a word, or padding. */
const BEARER = /(?<![A-Za-z])(?:[Bb]earer|[Bb]asic|BEARER|BASIC)[ \t]+((?=[\w.~+/-]{0,512}(?:[0-9]|[a-z][A-Z]|=))[\w.~+/=-]{8,})/g;
const SIGNATURE = /\bsignature(?:=|%3D)([0-9a-f]{64})/gi;

/** Tokens that are known by their beginning, and JSON web tokens. */
const KNOWN = new RegExp([
  String.raw`(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])`,
  'gh[pousr]_[A-Za-z0-9]{20,}', 'github_pat_[A-Za-z0-9_]{20,}', 'glpat-[A-Za-z0-9_-]{20,}',
  'xox[a-z]-[A-Za-z0-9-]{10,}', 'xapp-[A-Za-z0-9-]{10,}', '[rs]k_(?:live|test)_[A-Za-z0-9]{10,}', 'whsec_[A-Za-z0-9+/=]{16,}',
  'AIza[A-Za-z0-9_-]{35}', String.raw`ya29\.[A-Za-z0-9_-]{20,}`, 'npm_[A-Za-z0-9]{36}', 'pypi-[A-Za-z0-9_-]{16,}', 'dop_v1_[a-f0-9]{64}',
  'hf_[A-Za-z0-9]{30,}', String.raw`SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, '(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}',
  // Begun in the middle of a run, each search would read to its end.
  String.raw`(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}`,
].join('|'), 'g');

/** `scheme://user:password@host`, from the colon on. */
const USERINFO = new RegExp(String.raw`:\/\/[^ \t\r\n\f\v/:@"'<>]{0,256}:(?!${REPLACED})([^ \t\r\n\f\v/"'<>]{1,512})(?=@)`, 'y');

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----/g;
const PEM_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----/g;

/** Passwords and keys beside their name: in text, JSON, XML, query strings, command lines; and authorization headers. */
export const keyedSecrets: readonly Detector[] = [byPattern(KEYED), byPattern(OPTION, '--'), byPattern(HEADER), byPattern(BEARER), byPattern(SIGNATURE)];

/** Tokens by their form alone. */
export const knownTokens: Detector = byPattern(KNOWN);

/** Passwords of URLs. */
export const urlPasswords: Detector = {
  crossesLines: false,
  mayOccur: (text) => text.includes('://'),
  find(text, found) {
    for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 1)) {
      USERINFO.lastIndex = at;
      const match = USERINFO.exec(text);
      if (match === null) continue;
      found.add(USERINFO.lastIndex - match[1]!.length, USERINFO.lastIndex);
      at = USERINFO.lastIndex - 1;
    }
  },
};

/** Private keys in PEM, also OpenSSH's and PGP's: the whole block, and without its end all that follows. */
export const privateKeys: Detector = {
  crossesLines: true,
  mayOccur: (text) => text.includes('-----BEGIN '),
  find(text, found) {
    PEM_BEGIN.lastIndex = 0;
    for (let begin = PEM_BEGIN.exec(text); begin !== null; begin = PEM_BEGIN.exec(text)) {
      PEM_END.lastIndex = PEM_BEGIN.lastIndex;
      const to = PEM_END.test(text) ? PEM_END.lastIndex : text.length;
      found.add(begin.index, to);
      PEM_BEGIN.lastIndex = to;
    }
  },
};

/** Lines of RFC 7468 and of OpenSSH. */
const KEY_LINES: ReadonlySet<number> = new Set([64, 70]);
const BASE64_LINE = /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]+$/;

/**
 * Lines that are base64 alone, as long as those of a key in PEM: where each line of a key is an event of its own, only this
 * tells it. Also takes certificates, but no hashes.
 */
export const keyLines: Detector = {
  crossesLines: false,
  mayOccur: () => true,
  find(text, found) {
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf('\n', from);
      const next = newline === -1 ? text.length : newline;
      const to = text[next - 1] === '\r' ? next - 1 : next;
      if (KEY_LINES.has(to - from) && BASE64_LINE.test(text.slice(from, to))) found.add(from, to);
      from = next + 1;
    }
  },
};

/** What the pattern's group holds, which ends its match; without a group all of it. @param needs what stands in each match. */
function byPattern(pattern: RegExp, needs = ''): Detector {
  return {
    crossesLines: false,
    mayOccur: (text: string) => text.includes(needs),
    find(text: string, found: Found): void {
      pattern.lastIndex = 0;
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        const [whole, ...groups] = match;
        const value = groups.find((group) => group !== undefined) ?? whole;
        found.add(pattern.lastIndex - value.length, pattern.lastIndex);
      }
    },
  };
}
