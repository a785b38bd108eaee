import assert from 'node:assert/strict';
import type { Stats } from 'node:fs';
import { test } from 'node:test';
import { DirectoryNames } from '../../../src/files/directory-names.ts';

const statsOf = (inode: number, file = true): Stats => ({ dev: 1, ino: inode, size: 10, mtimeMs: 0, isFile: () => file, isDirectory: () => !file, isFIFO: () => false, isSocket: () => false }) as Stats;

/** The names of /d, and what is said of them, a line each. Pattern 9 excludes everything. */
function names(): { names: DirectoryNames; said: () => string[] } {
  const lines: string[] = [];
  const take = (): string[] => lines.splice(0);
  return {
    said: take,
    names: new DirectoryNames('/d', {
      skipReason: (pattern) => pattern === 9 ? 'excluded' : null,
      found: (pattern, { path }) => { lines.push(`${pattern} found ${path}`); },
      lost: (pattern, { path }) => { lines.push(`${pattern} lost ${path}`); },
      replaced: (pattern, before, now) => { lines.push(`${pattern} replaced ${now.path} ${before.inode} ${now.inode}`); },
      skipped: (pattern, path, reason) => { lines.push(`${pattern} skipped ${path} ${reason}`); },
      unreadable: (path, code) => { if (code !== null) lines.push(`unreadable ${path} ${code}`); },
      descend: (path) => { lines.push(`descend ${path}`); },
      leave: (path) => { lines.push(`leave ${path}`); },
    }),
  };
}

test('each pattern is told when a file becomes a match, another file, and none', () => {
  const { names: n, said } = names();
  n.accept('a', statsOf(1), [0, 1]);
  assert.deepEqual(said(), ['0 found /d/a', '1 found /d/a']);
  n.accept('a', statsOf(2), [1, 2]);
  assert.deepEqual(said(), ['0 lost /d/a', '1 replaced /d/a 1 2', '2 found /d/a']);
  n.forget('a');
  assert.deepEqual(said(), ['1 lost /d/a', '2 lost /d/a']);
  n.forget('a');
  assert.deepEqual(said(), []);
});

test('a match that may not be followed is skipped with its reason, until it may be or is gone', () => {
  const { names: n, said } = names();
  n.accept('a', statsOf(1), [0, 9]);
  assert.deepEqual(said(), ['9 skipped /d/a excluded', '0 found /d/a']);
  assert.equal(n.isMatch('a'), true);
  n.accept('a', statsOf(1), [0]);
  assert.deepEqual(said(), ['9 skipped /d/a null', '0 replaced /d/a 1 1']);
  n.accept('dir', statsOf(2, false), [0]);
  n.keep(new Set());
  assert.deepEqual(said(), ['0 skipped /d/dir a directory, not a file', '0 lost /d/a', '0 skipped /d/dir null']);
});

test('a file that becomes a directory, and a directory that becomes a file, is first what it was no more', () => {
  const { names: n, said } = names();
  n.accept('a', statsOf(1), [0]);
  n.enter('a', []);
  assert.deepEqual(said(), ['0 found /d/a', '0 lost /d/a', 'descend /d/a']);
  n.accept('a', statsOf(2), [0]);
  assert.deepEqual(said(), ['leave /d/a', '0 found /d/a']);
  assert.deepEqual([n.isMatch('a'), n.isSubdirectory('a')], [true, false]);
});

test('an error takes nothing away: the name stays a match, and is looked at again until it is settled', () => {
  const { names: n, said } = names();
  n.accept('a', statsOf(1), [0]);
  n.failed('a', 'EIO');
  assert.deepEqual(said(), ['0 found /d/a', 'unreadable /d/a EIO']);
  assert.deepEqual([n.isMatch('a'), n.takeTurns(10)], [true, ['a']]);
  n.present('a', false);
  assert.deepEqual(n.takeTurns(10), []);
});

test('links and dangling names are looked at in turn, so that more of them than one look takes all have theirs', () => {
  const { names: n } = names();
  for (const name of ['a', 'b', 'c']) n.present(name, true);
  n.dangles('d');
  assert.deepEqual([n.takeTurns(3), n.takeTurns(3)], [['a', 'b', 'c'], ['d', 'a', 'b']]);
});
