// Lives that were rotated and compressed before anyone looked at them, or at all of them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { append, copyTruncate, numbered, rotate } from '../support/log-files.ts';
import { rigFor, startRig, until } from '../support/rig.ts';
import type { Rig, RigSpec } from '../support/rig.ts';

const SMALL = { delivery: { flushMs: 50, maxBatchBytes: 20_000 }, entries: [{ path: 'app.log', maxEventBytes: 10_000 }] };
const LINES = numbered('line', 3_000, 0, 60);

const gzip = (path: string): void => { execFileSync('gzip', ['-f', path]); };
/** As gzip: the archive has the times of the file. */
function zstd(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(`${path}.zst`, zstdCompressSync(readFileSync(path)));
  utimesSync(`${path}.zst`, atime, mtime);
  unlinkSync(path);
}

/** Packs a file, or an archive once more, through a pipe: neither the archive nor its header has the time of the last write. */
function packAnew(path: string): void {
  const plain = path.replace(/\.gz$/, '');
  writeFileSync(`${plain}.new`, gzipSync(path === plain ? readFileSync(path) : gunzipSync(readFileSync(path))));
  unlinkSync(path);
  renameSync(`${plain}.new`, `${plain}.gz`);
}

/** An agent that has delivered `one`, `two` of app.log, and is stopped. */
async function stopped(t: TestContext, spec: RigSpec = {}): Promise<{ readonly rig: Rig; readonly app: string }> {
  const rig = await startRig(t, { entries: [{ path: 'app.log' }], files: { 'app.log': ['one', 'two'] }, ...spec });
  await rig.count('g', 's', 2);
  await rig.stop();
  return { rig, app: rig.path('app.log') };
}

/** Writes lines to the present file, then rotates it: dated names are as logrotate gives them. Gives the new name. */
function live(app: string, lines: readonly string[], to: string): string {
  append(app, lines);
  renameSync(app, `${app}${to}`);
  return `${app}${to}`;
}

test('L16 several rotations while the agent is stopped, the older ones compressed: every line arrives, in order', async (t) => {
  const { rig, app } = await stopped(t);
  const first = live(app, ['three'], '-20261122-1001');
  const second = live(app, ['four', 'five'], '-20261122-1002');
  gzip(first);
  live(app, ['six'], '-20261122-1003');
  gzip(second);
  append(app, ['seven']);
  await rig.start();
  const all = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
  await rig.arrived(all);
  gzip(`${app}-20261122-1003`);
  await rig.restart();
  append(app, ['eight']);
  await rig.arrived([...all, 'eight']);
  await rig.stop();
});

for (const [kind, pack, names] of [['numbered .gz', gzip, ['.3', '.2', '.1']], ['.zst', zstd, ['-20261122', '-20261123', '-20261124']]] as const) {
  test(`L16 all rotated files are compressed while the agent is stopped (${kind}): every line arrives, in order`, async (t) => {
    const { rig, app } = await stopped(t);
    for (const [i, name] of names.entries()) pack(live(app, [`life ${i}`], name));
    append(app, ['new']);
    await rig.start();
    await rig.arrived(['one', 'two', 'life 0', 'life 1', 'life 2', 'new']);
    await rig.restart();
    append(app, ['newer']);
    await rig.arrived(['one', 'two', 'life 0', 'life 1', 'life 2', 'new', 'newer']);
    await rig.stop();
  });
}

/** A backlog in app.log when the agent is killed; then it is rotated (`by`) twice more, and all of that is compressed. */
async function backlog(t: TestContext, by: 'rename' | 'copytruncate'): Promise<{ readonly rig: Rig; readonly app: string; readonly served: () => void; readonly expected: readonly string[] }> {
  const rig = await rigFor(t, SMALL);
  const app = rig.path('app.log');
  append(app, LINES);
  const away = rig.outageAfter(200);
  await rig.start();
  const served = await away;
  await rig.stalled();
  await rig.crash();
  const moved = (lines: readonly string[], to: string): string => {
    if (by === 'rename') return live(app, lines, to);
    append(app, lines);
    copyTruncate(app, `${app}${to}`);
    return `${app}${to}`;
  };
  gzip(moved(['rest'], '-20261122-1001'));
  const second = numbered('second', 3_000, 0, 60);
  gzip(moved(second, '-20261122-1002'));
  gzip(moved(['third'], '-20261122-1003'));
  const present = numbered('present', 3_000, 0, 60);
  append(app, present);
  return { rig, app, served, expected: [...LINES, 'rest', ...second, 'third', ...present] };
}

for (const by of ['rename', 'copytruncate'] as const) {
  test(`L16 a start is cut short while it reads inside archives (${by}): the next one goes on there, and every line arrives once`, async (t) => {
    const { rig, app, served, expected } = await backlog(t, by);
    for (let cut = 0; cut < 3; cut++) {
      await rig.start();
      await until('all lives to be known', () => rig.running && rig.generations.length >= 4);
      await rig.agent.store!.flush();
      await rig.crash();
    }
    append(app, ['later']);
    served();
    await rig.start();
    await rig.arrived([...expected, 'later']);
    await rig.restart();
    append(app, ['last']);
    await rig.arrived([...expected, 'later', 'last']);
    await rig.stop();
  });
}

test('L16 the agent is stopped in the middle of an archive nobody knew: the next start goes on behind what arrived', async (t) => {
  const { rig, served, expected } = await backlog(t, 'rename');
  served();
  rig.slow(20);
  await rig.start();
  await until('the second life to have begun', () => rig.messages().some((line) => line.startsWith('second')));
  await rig.stop();
  assert.ok(rig.held() < expected.length, 'it was stopped in the middle');
  rig.slow(0);
  await rig.start();
  await rig.arrived(expected);
  await rig.stop();
});

test('L16 what waits behind an archive is compressed meanwhile, and again after a kill: every line arrives once', async (t) => {
  const rig = await rigFor(t, SMALL);
  const app = rig.path('app.log');
  append(app, LINES);
  const away = rig.outageAfter(200);
  await rig.start();
  const served = await away;
  await rig.stalled();
  await rig.crash();
  gzip(live(app, ['rest'], '-20261122-1001'));
  const second = live(app, ['second'], '-20261122-1002');
  append(app, ['third']);
  await rig.start();
  await rig.says(/going on inside/);
  await until('three lives', () => rig.generations.length >= 3);
  gzip(second);
  renameSync(app, `${app}-20261122-1003`);
  append(app, ['fourth']);
  await rig.agent.store!.flush();
  await rig.crash();
  gzip(`${app}-20261122-1003`);
  served();
  await rig.start();
  await rig.arrived([...LINES, 'rest', 'second', 'third', 'fourth']);
  await rig.stop();
});

test('L16 rotated and compressed several times between two looks of the running agent: every line arrives, in order', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log' }], files: { 'app.log': ['one'] } });
  const app = rig.path('app.log');
  await rig.count('g', 's', 1);
  gzip(live(app, ['two'], '-20261122-1001'));
  gzip(live(app, ['three'], '-20261122-1002'));
  live(app, ['four'], '-20261122-1003');
  append(app, ['five']);
  await rig.arrived(['one', 'two', 'three', 'four', 'five']);
  await rig.restart();
  append(app, ['six']);
  await rig.arrived(['one', 'two', 'three', 'four', 'five', 'six']);
  await rig.stop();
});

test('L16 archives of before the agent are not read: neither at its first start, nor when it finds what was rotated while it was stopped', async (t) => {
  const rig = await rigFor(t, { entries: [{ path: 'app.log' }] });
  const app = rig.path('app.log');
  for (const [i, name] of ['-20261101', '-20261102', '.old'].entries()) {
    live(app, [`history ${name}`], name);
    utimesSync(`${app}${name}`, 1_762_000_000 + 86_400 * i, 1_762_000_000 + 86_400 * i);
  }
  gzip(`${app}-20261101`);
  packAnew(`${app}-20261102`);
  gzip(`${app}.old`);
  append(app, ['one', 'two']);
  await rig.start();
  await rig.arrived(['one', 'two']);
  await rig.stop();
  // One has its date in its name, the other the time of its last write in its header.
  packAnew(`${app}-20261102.gz`);
  utimesSync(`${app}.old.gz`, new Date(), new Date());
  gzip(live(app, ['three'], '-20261122'));
  append(app, ['four']);
  await rig.start();
  await rig.arrived(['one', 'two', 'three', 'four']);
  await rig.stop();
});

test('L16 what was delivered is not read again from an archive that was made later, whatever time that has', async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log' }] });
  const app = rig.path('app.log');
  const all: string[] = [];
  for (const name of ['.a', '.b']) {
    const lines = numbered(name, 100, 0, 40);
    append(app, lines);
    all.push(...lines);
    await rig.arrived(all);
    rotate(app);
    append(app, [`after ${name}`]);
    all.push(`after ${name}`);
    await rig.arrived(all);
  }
  await rig.stop();
  for (const name of ['.1', '.2']) packAnew(`${app}${name}`);
  append(app, ['three']);
  gzip(live(app, ['four'], '.0'));
  append(app, ['five']);
  await rig.start();
  await rig.arrived([...all, 'three', 'four', 'five']);
  await rig.restart();
  append(app, ['six']);
  await rig.arrived([...all, 'three', 'four', 'five', 'six']);
  await rig.stop();
  for (const name of ['.0', '.1', '.2']) packAnew(`${app}${name}.gz`);
  gzip(live(app, ['seven'], '.old'));
  append(app, ['eight']);
  await rig.start();
  await rig.arrived([...all, 'three', 'four', 'five', 'six', 'seven', 'eight']);
  await rig.stop();
});

test('L16 a rotated file that lies there plain and compressed is read once, and an archive in the making not at all', async (t) => {
  const { rig, app } = await stopped(t);
  live(app, ['three'], '-20261122-1001');
  const second = live(app, ['four'], '-20261122-1002');
  execFileSync('gzip', ['-k', second]);
  copyFileSync(`${second}.gz`, `${app}-20261122-1001.gz`);
  append(app, ['five']);
  await rig.start();
  await rig.arrived(['one', 'two', 'three', 'four', 'five']);
  unlinkSync(`${app}-20261122-1001.gz`);
  gzip(second);
  await rig.restart();
  append(app, ['six']);
  await rig.arrived(['one', 'two', 'three', 'four', 'five', 'six']);
  await rig.stop();
});

test('L16 every rotated name matches (follow: all): what was compressed unseen arrives once, and is not followed as a file', async (t) => {
  const { rig, app } = await stopped(t, { entries: [{ path: 'app.log*', follow: 'all' }] });
  gzip(live(app, ['three'], '-20261122-1001'));
  gzip(live(app, ['four'], '-20261122-1002'));
  live(app, ['five'], '-20261122-1003');
  append(app, ['six']);
  await rig.start();
  await rig.count('g', 's', 6);
  gzip(`${app}-20261122-1003`);
  await rig.restart();
  append(app, ['seven']);
  await rig.count('g', 's', 7);
  await rig.stop();
  assert.deepEqual([...rig.messages()].toSorted(), ['five', 'four', 'one', 'seven', 'six', 'three', 'two']);
});

test('L17 an unseen archive that cannot be unpacked is named, and what follows it arrives', async (t) => {
  const { rig, app } = await stopped(t);
  gzip(live(app, ['three'], '-20261122-1001'));
  live(app, ['four'], '-20261122-1002.gz');
  append(app, ['five']);
  await rig.start();
  await rig.arrived(['one', 'two', 'three', 'five']);
  await rig.says(/app\.log-20261122-1002\.gz: .*cannot be unpacked/);
  await rig.stop();
});

test('L16 an archive that is larger than what may be unpacked at once is read in parts: every line arrives once', async (t) => {
  const { rig, app } = await stopped(t, { entries: [{ path: 'app.log', maxEventBytes: 200_000 }], reading: { maxDeletedBytes: 1, maxDeletedAgeMs: 3_600_000 } });
  const long = numbered('long', 120, 0, 190_001);
  gzip(live(app, ['three', ...long], '-20261122-1001'));
  append(app, ['four']);
  await rig.start();
  await rig.arrived(['one', 'two', 'three', ...long, 'four']);
  await rig.stop();
  assert.ok(!existsSync(`${app}-20261122-1001`));
});
