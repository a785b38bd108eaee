import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { compileGlob, Glob } from '../../src/files/glob.ts';
import { Finder, type FinderOptions, type MatchChange } from '../../src/files/finder.ts';
import { listMatches } from '../../src/files/list-matches.ts';
import { ALL_IN_REACH } from '../../src/files/reach.ts';
import type { WatchEvents, WatchFactory } from '../../src/files/directory-watch.ts';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import { assertQuick } from '../support/quick.ts';

let root = '';
beforeEach(() => { root = fs.mkdtempSync(path.join(os.tmpdir(), 'finder-')); });
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const at = (...parts: string[]): string => path.join(root, ...parts);
function write(name: string, text = 'x\n'): string {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true });
  fs.writeFileSync(at(name), text);
  return at(name);
}

function glob(pattern: string): Glob {
  const compiled = compileGlob(pattern);
  assert.ok(compiled instanceof Glob);
  return compiled;
}

class Heard {
  readonly changes: MatchChange[] = [];
  readonly unreadable: (readonly [string, string | null])[] = [];
  readonly exhausted: string[] = [];
  readonly tooMany: string[] = [];
  get added(): string[] { return this.changes.flatMap(({ added }) => added.map((file) => path.relative(root, file.path))); }
  get removed(): string[] { return this.changes.flatMap(({ removed }) => removed.map((file) => path.relative(root, file.path))); }
  get replaced(): string[] { return this.changes.flatMap(({ replaced }) => replaced.map(({ now }) => path.relative(root, now.path))); }
  forget(): void { this.changes.length = 0; }
}

function finder(patterns: readonly string[], heard: Heard, options: Partial<FinderOptions> = {}): Finder {
  return new Finder({
    patterns: patterns.map((pattern) => ({ key: pattern, glob: glob(at(pattern)), exclude: null })),
    own: { logs: [], stateDirectory: null },
    watch: null,
    report: {
      unreadable: (where, code) => heard.unreadable.push([path.relative(root, where), code]),
      watchesExhausted: (code) => heard.exhausted.push(code),
      tooMany: (what) => heard.tooMany.push(what),
      passedOver: () => {},
    },
    onChange: (change) => heard.changes.push(change),
    ...options,
  });
}

const names = (found: Finder, key: string): string[] => [...found.matches(key).keys()].map((file) => path.relative(root, file)).sort();

async function eventually(condition: () => boolean, withinMs: number, what: string): Promise<number> {
  const from = performance.now();
  while (!condition()) {
    assert.ok(performance.now() - from < withinMs, `${what} within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - from;
}

async function running(service: Finder, body: () => Promise<void>): Promise<void> {
  const life = new LifetimeControl();
  const done = service.run(life);
  try {
    await body();
  } finally {
    life.requestStop();
    await done;
  }
}

describe('Finder, looking', () => {
  it('finds what the patterns match, each directory once for all of them', async () => {
    for (const name of ['a.log', 'a.txt', '.hidden.log', 'sub/b.log', 'sub/deep/c.log', 'x/f.log', 'y/f.log']) write(name);
    const heard = new Heard();
    const found = finder(['*.log', '**/*.log', '{x,y}/f.log', 'a.txt', 'missing/*.log'], heard);
    await found.scan();
    assert.deepEqual(names(found, '*.log'), ['.hidden.log', 'a.log']);
    assert.deepEqual(names(found, '**/*.log'), ['.hidden.log', 'a.log', 'sub/b.log', 'sub/deep/c.log', 'x/f.log', 'y/f.log']);
    assert.deepEqual(names(found, '{x,y}/f.log'), ['x/f.log', 'y/f.log']);
    assert.deepEqual(names(found, 'a.txt'), ['a.txt']);
    assert.deepEqual(names(found, 'missing/*.log'), []);
    assert.equal(found.counts.directories, 6);
  });

  it('agrees with fs.globSync on trees, where the dialects are one', async () => {
    const treeArb = fc.array(fc.array(fc.constantFrom('a', 'b', 'ab', 'c.log'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 });
    const patternArb = fc.array(fc.constantFrom('a', '*', '?', '[ab]', '{a,ab}', '**', '*.log'), { minLength: 1, maxLength: 3 }).filter((parts) => parts.at(-1) !== '**');
    let run = 0;
    await fc.assert(fc.asyncProperty(treeArb, patternArb, async (tree, parts) => {
      const base = `t${run++}`;
      for (const file of tree) {
        try { write(path.join(base, ...file)); } catch { /* a file stands where a directory is wanted: a smaller tree */ }
      }
      fs.mkdirSync(at(base), { recursive: true });
      const pattern = path.join(base, ...parts);
      const found = finder([pattern], new Heard());
      await found.scan();
      const expected = fs.globSync(at(pattern)).filter((file) => fs.statSync(file).isFile()).map((file) => path.relative(root, file));
      assert.deepEqual(names(found, pattern), [...new Set(expected)].sort());
    }), { numRuns: 60 });
  });

  it('tells added, removed and replaced files, and nothing for files that only grow', async () => {
    write('a.log');
    write('b.log');
    const heard = new Heard();
    const found = finder(['*.log'], heard);
    await found.scan();
    heard.forget();
    fs.appendFileSync(at('a.log'), 'more\n');
    await found.scan();
    assert.deepEqual(heard.changes, []);
    fs.renameSync(at('a.log'), at('a.log.1'));
    write('a.log');
    fs.unlinkSync(at('b.log'));
    write('c.log');
    await found.scan();
    assert.deepEqual([heard.added, heard.removed, heard.replaced], [['c.log'], ['b.log'], ['a.log']]);
  });

  it('a rotated name that matches too is told as added with the old inode (L10)', async () => {
    write('app.log');
    const heard = new Heard();
    const found = finder(['app.log*'], heard);
    await found.scan();
    const { ino } = fs.statSync(at('app.log'));
    heard.forget();
    fs.renameSync(at('app.log'), at('app.log.1'));
    write('app.log');
    await found.scan();
    const [change] = heard.changes;
    assert.equal(change?.added[0]?.inode, ino);
    assert.equal(change?.replaced[0]?.before.inode, ino);
  });

  it('does not list a directory again while its mtime stands', async () => {
    write('d/a.log');
    const old = new Date('2026-01-01T00:00:00.123Z');
    fs.utimesSync(at('d'), old, old);
    const found = finder(['d/*.log'], new Heard());
    const from = performance.now();
    do await found.scan(); while (performance.now() - from < 20);
    write('d/b.log');
    fs.utimesSync(at('d'), old, old);
    await found.scan();
    assert.deepEqual(names(found, 'd/*.log'), ['d/a.log'], 'the mtime was put back: nothing says that a listing is due');
    fs.utimesSync(at('d'), old, new Date());
    await found.scan();
    assert.deepEqual(names(found, 'd/*.log'), ['d/a.log', 'd/b.log']);
  });

  it('sees two changes within one tick of a coarse clock', async () => {
    write('d/a.log');
    const found = finder(['d/*.log'], new Heard());
    await found.scan();
    const second = new Date(Math.floor(Date.now() / 1000) * 1000);
    write('d/b.log');
    fs.utimesSync(at('d'), second, second);
    await found.scan();
    write('d/c.log');
    fs.utimesSync(at('d'), second, second);
    await found.scan();
    assert.deepEqual(names(found, 'd/*.log'), ['d/a.log', 'd/b.log', 'd/c.log']);
  });

  it('directories that appear late, vanish, come back or are renamed (L58) are followed by path', async () => {
    const heard = new Heard();
    const found = finder(['late/*/x.log'], heard);
    await found.scan();
    write('late/one/x.log', 'first');
    await found.scan();
    assert.deepEqual(heard.added, ['late/one/x.log']);
    heard.forget();
    fs.renameSync(at('late'), at('other'));
    write('late/one/x.log', 'second');
    await found.scan();
    assert.deepEqual([heard.added, heard.removed, heard.replaced], [[], [], ['late/one/x.log']]);
    heard.forget();
    fs.renameSync(at('late/one'), at('late/two'));
    await found.scan();
    assert.deepEqual([heard.added, heard.removed], [['late/two/x.log'], ['late/one/x.log']]);
    heard.forget();
    fs.rmSync(at('late'), { recursive: true });
    await found.scan();
    assert.deepEqual(heard.removed, ['late/two/x.log']);
    assert.equal(found.counts.directories, 1);
    assert.equal(found.counts.files, 0);
  });
});

describe('Finder, links and errors', () => {
  it('L56: follows links to files and directories, and a link that is turned to another target', async () => {
    write('v1/app.log', 'one');
    write('v2/app.log', 'two');
    fs.symlinkSync(at('v1'), at('current'));
    fs.symlinkSync(at('v1/app.log'), at('link.log'));
    const heard = new Heard();
    const found = finder(['current/*.log', '*.log'], heard);
    await found.scan();
    assert.deepEqual(heard.added.sort(), ['current/app.log', 'link.log']);
    heard.forget();
    for (const [link, target] of [['current', 'v2'], ['link.log', 'v2/app.log']] as const) {
      fs.symlinkSync(at(target), at('new'));
      fs.renameSync(at('new'), at(link));
    }
    await found.scan();
    assert.deepEqual(heard.replaced.sort(), ['current/app.log', 'link.log']);
  });

  it('S5: a dangling link costs only itself, and is found when its target appears elsewhere', async () => {
    write('a.log');
    fs.symlinkSync(at('elsewhere/t.log'), at('b.log'));
    const found = finder(['**/*.log'], new Heard());
    await found.scan();
    assert.deepEqual(names(found, '**/*.log'), ['a.log']);
    const other = fs.mkdtempSync(path.join(os.tmpdir(), 'finder-target-'));
    try {
      fs.symlinkSync(other, at('elsewhere'));
      await found.scan();
      await found.scan();
      const { mtimeMs } = fs.statSync(root);
      fs.writeFileSync(path.join(other, 't.log'), 'x');
      assert.equal(fs.statSync(root).mtimeMs, mtimeMs);
      await found.scan();
      assert.ok(names(found, '**/*.log').includes('b.log'));
    } finally {
      fs.rmSync(other, { recursive: true });
    }
  });

  it('a link that leads upwards is walked once, not for ever', async () => {
    write('a/b/x.log');
    fs.symlinkSync('..', at('a/b/up'));
    fs.symlinkSync(at('a'), at('a/self'));
    fs.symlinkSync('loop', at('a/loop'));
    const found = finder(['a/**/*.log'], new Heard());
    await found.scan();
    assert.deepEqual(names(found, 'a/**/*.log'), ['a/b/x.log']);
    assert.ok(found.counts.directories < 10);
  });

  it('L72: an error that is not absence removes nothing, and is said once, and once when it ends', async (t) => {
    write('d/a.log');
    const heard = new Heard();
    const found = finder(['d/*.log'], heard);
    await found.scan();
    heard.forget();
    let broken = true;
    const real = fs.statSync;
    t.mock.method(fs, 'statSync', ((...args: Parameters<typeof fs.statSync>) => {
      if (broken && String(args[0]) === at('d')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      return real(...args);
    }) as typeof fs.statSync);
    // Built-in modules bind their names at import; this makes the mock visible to them.
    const { syncBuiltinESMExports } = await import('node:module');
    syncBuiltinESMExports();
    try {
      await found.scan();
      await found.scan();
      assert.deepEqual(heard.changes, []);
      assert.deepEqual(names(found, 'd/*.log'), ['d/a.log']);
      assert.deepEqual(heard.unreadable, [['d', 'EIO']]);
      broken = false;
      await found.scan();
      assert.deepEqual(heard.unreadable, [['d', 'EIO'], ['d', null]]);
    } finally {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    }
  });
});

describe('Finder, what is never followed', () => {
  it('names each skipped match with its reason', async () => {
    write('a.log');
    write('a.log.1.gz');
    write('debug.log');
    write('dir.log/x');
    const own = write('agent.log');
    fs.symlinkSync(own, at('sly.log'));
    write('state/x.log');
    const pattern = '**/*.log*';
    const found = finder([], new Heard(), {
      patterns: [{ key: 'k', glob: glob(at(pattern)), exclude: { source: 'debug', js: 'debug', flags: '' } }],
      own: { logs: [own], stateDirectory: at('state') },
    });
    await found.scan();
    assert.deepEqual(names(found, 'k'), ['a.log']);
    const reasons = Object.fromEntries([...found.skipped('k')].map(([file, reason]) => [path.relative(root, file), reason]));
    assert.match(reasons['a.log.1.gz'] ?? '', /compressed/);
    assert.match(reasons['debug.log'] ?? '', /blacklist/);
    assert.match(reasons['agent.log'] ?? '', /own log/);
    assert.match(reasons['sly.log'] ?? '', /own log/);
    fs.unlinkSync(at('debug.log'));
    await found.scan();
    assert.equal(found.skipped('k').has(at('debug.log')), false);
  });

  it('listMatches judges content too, and never waits on a named pipe', async () => {
    const { execFileSync } = await import('node:child_process');
    write('text.log', 'a line\n');
    write('bin.log', '\x01\0\0\x02\0\x03records\0\0\x04');
    write('z.gz');
    execFileSync('mkfifo', [at('pipe.log')]);
    fs.mkdirSync(at('dir.log'));
    const fd = fs.openSync(at('hole.log'), 'w');
    fs.writeSync(fd, 'after the hole\n', 5 * 1024 * 1024);
    fs.closeSync(fd);
    const [listing] = await listMatches([{ glob: glob(at('*')), exclude: null, encoding: 'utf-8' }], { logs: [], stateDirectory: null });
    const { matches, skipped } = listing!;
    assert.deepEqual(matches.map((file) => path.basename(file.path)), ['hole.log', 'text.log']);
    assert.deepEqual(skipped.map(({ path: file, reason }) => [path.basename(file), reason.split(' ', 2).join(' ')]), [
      ['bin.log', 'binary content'], ['dir.log', 'a directory,'], ['pipe.log', 'a named'], ['z.gz', 'compressed (.gz):'],
    ]);
  });

  it('listMatches tells each of many patterns what is its own, in one walk', async () => {
    for (const n of [1, 2, 3]) write(`app-${n}.log`, `of ${n}\n`);
    write('app-3.zip');
    const lookups = ['app-1*', 'app-2*', 'app-3*', '*.log', 'none/*'].map((pattern) => ({ glob: glob(at(pattern)), exclude: null, encoding: 'utf-8' }));
    const listings = await listMatches(lookups, { logs: [], stateDirectory: null });
    assert.deepEqual(listings.map(({ matches }) => matches.map((file) => path.basename(file.path))), [['app-1.log'], ['app-2.log'], ['app-3.log'], ['app-1.log', 'app-2.log', 'app-3.log'], []]);
    assert.deepEqual(listings.map(({ skipped }) => skipped.map((file) => path.basename(file.path))), [[], [], ['app-3.zip'], [], []]);
  });

  it('says whose patterns look for something at a path', async () => {
    const heard = new Heard();
    write('d/x.log');
    const found = finder(['d/x*', 'd/y*', 'd/*', 'e/*'], heard);
    await found.scan();
    assert.deepEqual(found.keysAt(at('d/x.log')).toSorted(), ['d/*', 'd/x*']);
    assert.deepEqual(found.keysAt(at('d')).toSorted(), ['d/*', 'd/x*', 'd/y*']);
    assert.deepEqual(found.keysAt('/nowhere/at/all'), []);
  });
});

describe('Finder, running', () => {
  it('sees a new file in under 2 s with looks alone', async () => {
    write('d/a.log');
    const heard = new Heard();
    const found = finder(['d/*.log', 'missing/*.log'], heard);
    await running(found, async () => {
      await eventually(() => heard.added.length === 1, 2000, 'the first file');
      write('d/b.log');
      write('missing/c.log');
      await eventually(() => heard.added.length === 3, 2000, 'both new files');
    });
  });

  it('sees a new file at once while its directory is watched', async () => {
    write('d/a.log');
    const heard = new Heard();
    const found = new Finder({
      patterns: [{ key: 'k', glob: glob(at('d/*.log')), exclude: null }], own: { logs: [], stateDirectory: null },
      report: { unreadable: () => {}, watchesExhausted: (code) => heard.exhausted.push(code), tooMany: () => {}, passedOver: () => {} }, onChange: (change) => heard.changes.push(change),
    });
    await running(found, async () => {
      await eventually(() => found.counts.watches === 1, 3000, 'the watch is armed');
      const times: number[] = [];
      for (const name of ['b', 'c', 'd']) {
        const before = heard.added.length;
        write(`d/${name}.log`);
        times.push(await eventually(() => heard.added.length > before, 2000, `${name}.log`));
      }
      assertQuick(Math.min(...times), 500, 'the quickest of three files is found');
    });
    assert.equal(found.counts.watches, 0);
  });

  it('closes the watch of a directory that is written to often, and still sees new files in it', async () => {
    const events = new Map<string, WatchEvents>();
    const closed: string[] = [];
    const watch: WatchFactory = (directory, on) => {
      events.set(directory, on);
      return { close: () => { closed.push(directory); } };
    };
    write('hot/a.log');
    const heard = new Heard();
    const found = finder(['hot/*.log'], heard, { watch });
    await running(found, async () => {
      await eventually(() => events.has(at('hot')), 3000, 'the watch is armed');
      for (let i = 0; i < 20; i++) events.get(at('hot'))?.written();
      assert.deepEqual(closed, [at('hot')]);
      write('hot/b.log');
      await eventually(() => heard.added.includes('hot/b.log'), 2000, 'the new file');
      assert.equal(found.counts.watches, 0, 'it rests before it is armed again');
    });
  });

  it('puts no watch where it would look at a mount that may hang: a folder on it, or one with a link to it', async () => {
    const watched: string[] = [];
    const watch: WatchFactory = (directory) => {
      watched.push(path.relative(root, directory));
      return { close: () => {} };
    };
    for (const name of ['on-it/a.log', 'linking/a.log', 'plain/a.log']) write(name);
    fs.symlinkSync(at('on-it'), at('linking/link'));
    fs.symlinkSync(at('plain'), at('plain/link'));
    const reach = { ...ALL_IN_REACH, mayHang: (where: string) => [at('on-it'), at('linking/link')].includes(where) };
    const found = finder(['on-it/*.log', 'linking/*.log', 'plain/*.log'], new Heard(), { watch, reach });
    await running(found, async () => { await eventually(() => watched.length > 0, 3000, 'the watches are armed'); });
    assert.deepEqual(watched, ['plain']);
  });

  it('passes over what is out of reach: what is known of it stays, and what came meanwhile is found afterwards', async () => {
    const out = new Set<string>();
    const reach = { ...ALL_IN_REACH, isOut: (where: string) => [...out].some((one) => where === one || where.startsWith(`${one}/`)) };
    write('away/a.log');
    fs.symlinkSync(at('away/a.log'), at('link.log'));
    const heard = new Heard();
    const found = finder(['away/*.log', '*.log', '*/deep/b.log'], heard, { reach });
    await found.scan();
    assert.deepEqual(heard.added.toSorted(), ['away/a.log', 'link.log']);
    heard.forget();
    for (const name of ['away', 'late', 'link.log']) out.add(at(name));
    fs.rmSync(at('away/a.log'));
    write('away/b.log');
    write('late/deep/b.log');
    await found.scan();
    assert.deepEqual([heard.added, heard.removed, heard.replaced], [[], [], []]);
    out.clear();
    await found.scan();
    assert.deepEqual([heard.added.toSorted(), heard.removed.toSorted()], [['away/b.log', 'late/deep/b.log'], ['away/a.log', 'link.log']]);
  });

  it('looks in the same search at what turns out to answer', async () => {
    let answers = false;
    const reach = { ...ALL_IN_REACH, isOut: () => !answers, answered: () => Promise.resolve(!answers && (answers = true)) };
    write('d/a.log');
    const heard = new Heard();
    await finder(['d/*.log'], heard, { reach }).scan();
    assert.deepEqual(heard.added, ['d/a.log']);
  });

  it('L61: out of watches, it says so once and goes on by looking', async () => {
    let asked = 0;
    const watch: WatchFactory = (_directory, on) => {
      asked++;
      queueMicrotask(() => on.failed('ENOSPC'));
      return { close: () => {} };
    };
    write('x/a.log');
    write('y/a.log');
    const heard = new Heard();
    const found = finder(['*/*.log'], heard, { watch });
    await running(found, async () => {
      await eventually(() => heard.exhausted.length > 0, 3000, 'the report');
      const before = asked;
      write('x/b.log');
      write('y/b.log');
      await eventually(() => heard.added.length === 4, 2000, 'the new files');
      assert.equal(asked, before);
    });
    assert.deepEqual(heard.exhausted, ['ENOSPC']);
  });

  it('L62: a watch that says nothing costs at most a second', async () => {
    write('d/a.log');
    const heard = new Heard();
    const found = finder(['d/*.log'], heard, { watch: () => ({ close: () => {} }) });
    await running(found, async () => {
      await eventually(() => found.counts.watches === 1, 3000, 'the watch is armed');
      write('d/b.log');
      await eventually(() => heard.added.includes('d/b.log'), 2000, 'the new file');
    });
  });

  it('L60: 10,000 files that appear at once are all found within 2 s', async () => {
    fs.mkdirSync(at('many'));
    const heard = new Heard();
    const found = finder(['many/*.log'], heard);
    await running(found, async () => {
      for (let i = 0; i < 10_000; i++) fs.closeSync(fs.openSync(at('many', `${i}.log`), 'w'));
      await eventually(() => found.matches('many/*.log').size === 10_000, 2000, 'all files');
    });
    assert.equal(heard.added.length, 10_000);
  });
});
