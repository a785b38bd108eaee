import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, isProblem } from '../../../src/records/pattern.ts';

function compiled(source: string): RegExp {
  const pattern = compilePattern(source);
  if (isProblem(pattern)) throw new Error(`${source}: ${pattern.problem}`);
  return new RegExp(pattern.js, pattern.flags);
}

/** Source, texts that match, texts that do not: what Go's regexp answers. */
const MEANING: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a.c', ['abc', 'a\rc', 'a\u2028c', 'a😀c'], ['a\nc', 'ac']],
  ['(?s)a.c', ['a\nc'], []],
  ['a$', ['a'], ['a\n', 'a\nb']],
  ['(?m)a$', ['a\nb'], ['a\r', 'a\u2028b']],
  ['(?m)^b', ['a\nb'], ['a\rb', 'ab']],
  ['\\Aa\\z', ['a'], ['a\n', 'ba']],
  ['[^ ]$', ['😀', 'x'], [' ']],
  ['^\\s$', [' ', '\t', '\f'], ['\v', '\u00a0', '\u2003']],
  ['^\\w\\d$', ['a1'], ['é1', 'a٣']],
  ['\\bé', ['aé'], ['é', ' é']],
  ['(?i)k', ['K', '\u212a'], ['x']],
  ['(?i)straße', ['STRAßE'], ['STRASSE']],
  ['a(?i)b', ['aB'], ['AB']],
  ['a(?i:b)c', ['aBc'], ['aBC']],
  ['(?i)a(?-i)b', ['Ab'], ['AB']],
  ['(?i)\\W', ['é'], ['\u017f', 's']],
  ['(?i)[^k]', ['x'], ['K', '\u212a']],
  ['^[[:alpha:]]+$', ['ab'], ['é', '1']],
  ['^[[:^digit:]]$', ['a', 'é'], ['1']],
  ['^[]a]$', [']', 'a'], ['b']],
  ['^[^]a]$', ['b', '\n'], [']']],
  ['^[a-]$', ['-', 'a'], ['b']],
  ['^\\pL\\p{Greek}\\P{L}\\p{^Lu}$', ['aα1a', 'éω-1'], ['1α1a', 'aα1A']],
  ['^\\Qa.b*\\E+$', ['a.b*', 'a.b**'], ['axb']],
  ['^\\x41\\x{1F600}\\101\\07\\a$', ['A😀A\x07\x07'], []],
  ['^x{,5}$', ['x{,5}'], ['xxx']],
  ['^a{2,3}?$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^(?P<first>a)(?<second>b)(?P<3>c)$', ['abc'], []],
  ['^(?U)a+b+$', ['aabb'], ['ba']],
  ['^\\_\\-\\/\\"$', ['_-/"'], []],
  ['a||b', [''], []],
  ['^(?:\\[|\\])\\{$', ['[{', ']{'], ['{']],
  ['^*x', ['x'], []],
];

test('a pattern means what RE2 says it means', () => {
  for (const [source, yes, no] of MEANING) {
    const regexp = compiled(source);
    for (const text of yes) assert.ok(regexp.test(text), `${source} should match ${JSON.stringify(text)}: ${regexp}`);
    for (const text of no) assert.ok(!regexp.test(text), `${source} should not match ${JSON.stringify(text)}: ${regexp}`);
  }
});

test('what RE2 does not have is refused by name and column', () => {
  const refused: readonly (readonly [string, RegExp, number])[] = [
    ['a(?=b)', /look-ahead/, 2], ['a(?!b)', /negative look-ahead/, 2], ['(?<=a)b', /look-behind/, 1], ['(?<!a)b', /negative look-behind/, 1],
    ['(a)\\1', /backreference "\\1"/, 4], ['(?P=a)', /backreference/, 1], ['(?>a)', /atomic/, 1], ['a++', /possessive/, 3], ['a**', /repetition of a repetition/, 3],
    ['a{2}{3}', /repetition of a repetition/, 5], ['*a', /nothing before "\*"/, 1], ['a|+', /nothing before "\+"/, 3], ['(a', /never closed/, 1], ['a)', /without an opening/, 2],
    ['[a', /never closed/, 1], ['[b-a]', /backwards/, 2], ['[[:foo:]]', /\[:foo:\]/, 2], ['a\\', /backslash at the end/, 2], ['\\Z', /write \\z/, 1], ['\\y', /no escape/, 1],
    ['\\C', /one byte/, 1], ['\\p{Klingon}', /Klingon/, 1], ['a{1001}', /more than 1000/, 2], ['(a{40}){40}', /more than 1000/, 12], ['a{3,2}', /below its start/, 2],
    ['(?<n>a)(?P<n>b)', /used twice/, 8], ['(?z)a', /no group/, 1], ['\\x{110000}', /U\+10FFFF/, 1], ['[a-\\d]', /no escape/, 4],
  ];
  for (const [source, message, column] of refused) {
    const pattern = compilePattern(source);
    assert.ok(isProblem(pattern), source);
    assert.equal(pattern.kind, 'syntax');
    assert.match(pattern.problem, message, source);
    assert.equal(pattern.column, column, source);
  }
});

test('a pattern whose search can take exponential time is refused', () => {
  const hanging = [
    '(a+)+$', '(a*)*b', '(a|a)*?bc|(x|y|xy)*z', '(a|ab|b)*c', '(\\w+\\s?)*$', '^(\\s*foo\\s*)*$', '(x+x+)+y', '(.*,)+x', '(a?){30}b', '(?:(?:a|)(?:b|))*c', '([a-z]+|[a-m]+)*!',
    '(\\d+|\\d+\\.)+x', '(?i)(s+|ſ)*x', '(é+|[à-ï])*x', '.*.*.*.*x', '(.*)(.*)(.*)(.*)x', '((a{2,})+b?)+c',
  ];
  for (const source of hanging) {
    const pattern = compilePattern(source);
    assert.ok(isProblem(pattern) && pattern.kind === 'can hang', source);
    assert.match(pattern.problem, /can hang/);
  }
});

test('patterns that people use, and ambiguous ones that nothing can fail behind, are accepted', () => {
  const harmless = [
    '^\\S', '(a+)+', '^(\\w+\\s*)*', '(\\d+\\.)+$', '(\\S+\\s+)+foo', '"([^"\\\\]|\\\\.)*"', '^(\\w+\\b\\s*)+:', '.*foo.*bar.*', '(?:[a-z0-9-]+\\.)+com', '^\\d{4}-\\d{2}-\\d{2}T', '((a|b)*c)*d',
    '^\\[?\\d+\\]?:? (?:ERROR|WARN(?:ING)?) .*$', '(?:\\d{1,3}\\.){3}\\d{1,3}', '^(?:\\s+at .*\\n)*Caused by', '(?:%[0-9A-F]{2})+$', '^([^,]*,){5}error', '[é-ü]+x', '(a|b)*c',
  ];
  for (const source of harmless) assert.doesNotThrow(() => compiled(source), source);
});
