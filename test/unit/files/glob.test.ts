import assert from 'node:assert/strict';
import { matchesGlob } from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { compileGlob, Glob } from '../../../src/files/glob.ts';
import { assertQuick } from '../../support/quick.ts';

function glob(pattern: string): Glob {
  const compiled = compileGlob(pattern);
  assert.ok(compiled instanceof Glob, `${pattern}: ${JSON.stringify(compiled)}`);
  return compiled;
}

function problem(pattern: string): string {
  const compiled = compileGlob(pattern);
  assert.ok('problem' in compiled, `${pattern} should be refused`);
  return compiled.problem;
}

const table: readonly (readonly [pattern: string, matching: readonly string[], other: readonly string[]])[] = [
  ['/a/x.log', ['/a/x.log'], ['/a/x-log', '/a/x.log1', '/a/b/x.log']],
  ['/a/*.log', ['/a/x.log', '/a/.log', '/a/.hidden.log'], ['/a/b/x.log', '/a/x.log.1']],
  ['/a/?.log', ['/a/x.log', '/a/é.log', '/a/😀.log'], ['/a/xy.log', '/a/.log']],
  ['/a/[a-c]x', ['/a/ax', '/a/cx'], ['/a/dx', '/a//x']],
  ['/a/[!a-c]x', ['/a/dx', '/a/😀x'], ['/a/ax', '/a//x']],
  ['/a/[^a]x', ['/a/bx'], ['/a/ax']],
  ['/a/[]a]x', ['/a/]x', '/a/ax'], ['/a/bx']],
  ['/a/[a\\]-]x', ['/a/]x', '/a/-x', '/a/ax'], ['/a/\\x']],
  ['/a/\\*\\?*', ['/a/*?', '/a/*?x'], ['/a/xx']],
  ['/a/**/x.log', ['/a/x.log', '/a/b/x.log', '/a/b/c/x.log'], ['/ax.log', '/a/bx.log', '/a/b/x.log/y']],
  ['/a/**.log', ['/a/x.log', '/a/b/c/x.log', '/a/.log'], ['/a.log', '/a/x.log.1']],
  ['/a/b**/x', ['/a/b/x', '/a/bc/x', '/a/b/c/d/x'], ['/a/bx', '/a/c/x']],
  ['/a/**', ['/a/x', '/a/b/c'], ['/a', '/b']],
  ['/**/x', ['/x', '/a/b/x'], ['/a/bx']],
  ['/a/{b,c}.log', ['/a/b.log', '/a/c.log'], ['/a/{b,c}.log', '/a/bc.log']],
  ['/a/{b,c/d}/*.log', ['/a/b/x.log', '/a/c/d/x.log'], ['/a/c/x.log']],
  ['/a/{b{1,2},c}', ['/a/b1', '/a/b2', '/a/c'], ['/a/b', '/a/b1c']],
  ['/a/x{,.1}', ['/a/x', '/a/x.1'], ['/a/x.']],
  ['/a/{**/,}x', ['/a/x', '/a/b/x'], ['/a/bx']],
  ['/a/b}c*', ['/a/b}c', '/a/b}cd'], ['/a/bc']],
  ['//a///./b/../*.log', ['/a/x.log'], ['/a/b/x.log']],
  ['/a/é*', ['/a/éx'], ['/a/ex']],
  ['/a/b!c', ['/a/b!c'], []],
  ['/a/b\\c', ['/a/b\\c'], ['/a/bc']],
];

describe('glob', () => {
  for (const [pattern, matching, other] of table) {
    it(`${pattern} matches what it says and nothing else`, () => {
      const compiled = glob(pattern);
      for (const path of matching) assert.equal(compiled.matches(path), true, path);
      for (const path of other) assert.equal(compiled.matches(path), false, path);
    });
  }

  it('descends only into directories that can hold a match', () => {
    const compiled = glob('/srv/*/logs/{web,db}/**/*.log');
    for (const directory of ['/', '/srv', '/srv/a', '/srv/a/logs', '/srv/a/logs/db', '/srv/a/logs/db/x/y']) assert.equal(compiled.mayDescend(directory), true, directory);
    for (const directory of ['/var', '/srv/a/b', '/srv/a/logs/cache', '/srvx']) assert.equal(compiled.mayDescend(directory), false, directory);
  });

  it('begins in the deepest directories that are certain, through braces too', () => {
    const roots = (pattern: string): readonly string[] => glob(pattern).roots.map(({ directory }) => directory).sort();
    assert.deepEqual(roots('/var/log/app/*.log'), ['/var/log/app']);
    assert.deepEqual(roots('/var/log/syslog'), ['/var/log']);
    assert.deepEqual(roots('/x/{a,b/c}/f.log'), ['/x/a', '/x/b/c']);
    assert.deepEqual(roots('/x/{a,b}*'), ['/x']);
    assert.deepEqual(roots('/**.log'), ['/']);
  });

  it('names what it expects where it needs no listing', () => {
    const compiled = glob('/srv/*/logs/{a,b}.log');
    assert.equal(compiled.names(compiled.below('/srv')), null);
    assert.deepEqual([...compiled.names(compiled.below('/srv/x')) ?? []], ['logs']);
    assert.deepEqual([...compiled.names(compiled.below('/srv/x/logs')) ?? []], ['a.log', 'b.log']);
  });

  it('never expects a step upwards, which braces can spell', () => {
    const compiled = glob('/a/{..,b}/x');
    assert.deepEqual([...compiled.names(compiled.below('/a')) ?? []], ['b']);
  });

  it('refuses what cannot be meant, with the cause', () => {
    assert.match(problem('a/*.log'), /absolute/);
    assert.match(problem('/a/[b'), /"\[" is never closed/);
    assert.match(problem('/a/[b-'), /"\[" is never closed/);
    assert.match(problem('/a/{b,c'), /"\{" is never closed/);
    assert.match(problem('/a/[z-a]'), /backwards/);
    assert.match(problem('/a/*\\'), /ends in/);
    assert.match(problem('/a/*/../b'), /"\.\."/);
    assert.match(problem(`/a/${'{'.repeat(40)}x${'}'.repeat(40)}`), /nested/);
  });

  it('bounds what braces expand to', () => {
    const ten = '{0,1,2,3,4,5,6,7,8,9}';
    assert.match(problem(`/${ten}/${ten}/${ten}/${ten}/x`), /more than 1024/);
    assert.equal(glob(`/a/${ten}${ten}${ten}${ten}.log`).matches('/a/4711.log'), true);
  });

  it('takes linear time on patterns that make backtracking matchers explode', () => {
    const compiled = glob(`/${'*a'.repeat(40)}b`);
    const path = `/${'a'.repeat(240)}c`;
    const from = performance.now();
    for (let i = 0; i < 50; i++) assert.equal(compiled.matches(path), false);
    assertQuick(performance.now() - from, 1_000, 'matching');
  });

  it('agrees with a slow, obviously right matcher', () => {
    fc.assert(fc.property(patternArb, fc.array(pathArb, { minLength: 1, maxLength: 8 }), (tokens, paths) => {
      const pattern = `/${tokens.map(written).join('')}`;
      const compiled = glob(pattern);
      for (const path of paths) assert.equal(compiled.matches(path), slowly(['/', ...tokens], path), `${pattern} on ${path}`);
    }), { numRuns: 1500 });
  });

  it('never refuses to descend to a path that matches', () => {
    fc.assert(fc.property(patternArb, pathArb, (tokens, path) => {
      const compiled = glob(`/${tokens.map(written).join('')}`);
      fc.pre(compiled.matches(path));
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) assert.equal(compiled.mayDescend(path.slice(0, at)), true);
      assert.ok(compiled.roots.some(({ directory }) => directory === '/' || path.startsWith(`${directory}/`)));
    }), { numRuns: 300 });
  });

  it("agrees with Node's own matcher where the dialects are one", () => {
    const segment = fc.constantFrom('a', 'b', 'a*', '*b', '*', '?', '[ab]', '[!a]', '{a,b}', 'a{b,}', '**');
    fc.assert(fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), pathArb, (segments, path) => {
      fc.pre(segments.at(-1) !== '**' && !path.includes('.'));
      const pattern = `/${segments.join('/')}`;
      assert.equal(glob(pattern).matches(path), matchesGlob(path, pattern), `${pattern} on ${path}`);
    }), { numRuns: 500 });
  });
});

type Token = 'a' | 'b' | '.' | '/' | '?' | '*' | '**' | '/**/' | '[ab]' | '[!a]' | readonly Token[][];
const leaf = fc.constantFrom<Token>('a', 'b', '.', '/', '?', '*', '**', '/**/', '[ab]', '[!a]');
const patternArb = fc.array(fc.oneof({ weight: 6, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(fc.array(fc.constantFrom<Token>('a', 'b', '?', '*', '[ab]'), { maxLength: 3 }), { minLength: 1, maxLength: 3 }) }), { minLength: 1, maxLength: 7 })
  // Two neighbours must not read as one other token.
  .filter((tokens) => {
    const text = `/${tokens.map(written).join('')}`;
    const asWritten = !/\*\*\*|\/\/|\/\.|\/$|\{\*\*|,\*\*|[ab?\]]\*\*[ab?*[]*[},]/.test(text);
    return asWritten && !tokens.some((token, i) => token === '*' && tokens[i - 1] === '*') && !tokens.some((token, i) => token === '**' && (i === 0 || written(tokens[i - 1] as Token).endsWith('/')));
  });
const pathArb = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', 'a.b', '.a', 'aab'), { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`);

function written(token: Token): string {
  return typeof token === 'string' ? token : `{${token.map((branch) => branch.map(written).join('')).join(',')}}`;
}

function slowly(tokens: readonly Token[], path: string): boolean {
  const [token, ...rest] = tokens;
  if (token === undefined) return path === '';
  if (typeof token !== 'string') return token.some((branch) => slowly([...branch, ...rest], path));
  const first = path[0];
  const inSegment = first !== undefined && first !== '/';
  switch (token) {
    case '?': return inSegment && slowly(rest, path.slice(1));
    case '[ab]': return (first === 'a' || first === 'b') && slowly(rest, path.slice(1));
    case '[!a]': return inSegment && first !== 'a' && slowly(rest, path.slice(1));
    case '*': return slowly(rest, path) || (inSegment && slowly(tokens, path.slice(1)));
    case '**': return slowly(rest, path) || (first !== undefined && slowly(tokens, path.slice(1)));
    case '/**/': return slowly(['/', ...rest], path) || slowly(['/', '**', '/', ...rest], path);
    default: return first === token && slowly(rest, path.slice(1));
  }
}
