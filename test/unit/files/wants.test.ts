import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileGlob, type Glob, type GlobState } from '../../../src/files/glob.ts';
import { Wants, type Want } from '../../../src/files/wants.ts';

const glob = (pattern: string): Glob => {
  const compiled = compileGlob(pattern);
  assert.ok(!('problem' in compiled), pattern);
  return compiled;
};

function wantIn(one: Glob, pattern: number): Want {
  const state = one.below('/d');
  const { text: prefix, after } = one.prefix(state);
  return { pattern, state, names: one.names(state), prefix, after };
}

/** Whether a name can be a match, or a directory of matches. */
const isWanted = (one: Glob, from: GlobState, name: string): boolean => {
  const after = one.advance(from, name);
  return after.accepts || !one.advance(after, '/').dead;
};

const wanted = (wants: Wants, globs: readonly Glob[], name: string): readonly number[] =>
  [...wants.of(name)].filter(({ pattern, prefix, after }) => isWanted(globs[pattern]!, after, name.slice(prefix.length))).map(({ pattern }) => pattern).sort((a, b) => a - b);

const part = fc.constantFrom('a', 'b', 'ab', 'é', '😀', '*', '?', '[ab]', '{a,bé}', '**', '/', '.log');

test('a name in a shared folder is brought to each pattern that can want it, and to no other that is told by its first letters', () => {
  fc.assert(fc.property(fc.array(fc.array(part, { maxLength: 5 }).map((parts) => `/d/${parts.join('')}`), { maxLength: 8 }), fc.array(fc.constantFrom('a', 'b', 'é', '😀', '.log'), { minLength: 1, maxLength: 5 }), (patterns, parts) => {
    const globs = patterns.map(glob);
    const name = parts.join('');
    const wants = new Wants(globs.map(wantIn));
    assert.deepEqual(wanted(wants, globs, name), globs.flatMap((one, index) => (isWanted(one, one.below('/d'), name) ? index : [])));
  }), { numRuns: 500 });
  const globs = ['/d/app-1*.log', '/d/app-2*.log', '/d/app-2.log', '/d/*.log'].map(glob);
  const wants = new Wants(globs.map(wantIn));
  assert.deepEqual([...wants.of('app-2.log')].map(({ pattern }) => pattern), [3, 1, 2]);
});

test('a pattern that comes twice to a directory is one want', () => {
  const want = wantIn(glob('/d/*'), 0);
  assert.deepEqual(new Wants([want, { ...want }]).all.length, 1);
});
