import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { MountWatch } from '../../../src/agent/mount-watch.ts';
import type { NoAnswer } from '../../../src/metrics/path-thread.ts';
import type { StatfsAnswer } from '../../../src/metrics/statfs-thread.ts';

const ANSWER: StatfsAnswer = { statfs: { bsize: 4096, frsize: 4096, blocks: 1, bfree: 1, bavail: 1, files: 1, ffree: 1 } };
const LOCAL = '21 1 254:0 / / rw - ext4 /dev/vda rw\n30 21 0:40 / /run rw - tmpfs tmpfs rw';

/** A watch over mounts whose threads answer when they are told to. Mount points are folders of this test. */
class Host implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'mounts-'));
  readonly said: string[] = [];
  readonly asked: { readonly path: string; readonly answered: (answer: StatfsAnswer | NoAnswer) => void }[] = [];
  table: string;
  now = 0;
  threads = 0;
  returned = 0;
  readonly watch: MountWatch;
  readonly #t: TestContext;

  /** @param names of folders in which an NFS file system is mounted. */
  constructor(t: TestContext, ...names: readonly string[]) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    for (const name of names) mkdirSync(join(this.folder, name), { recursive: true });
    this.table = this.tableOf(names);
    this.watch = new MountWatch({
      report: { trouble: (subject, message) => this.said.push(`${subject}: ${message}`), recovered: (subject, message) => this.said.push(`${subject}: ${message}`) },
      now: () => this.now, patternsBelow: (mountPoint) => [`${mountPoint}/*.log`], onAnswer: () => { this.returned++; }, table: () => this.table,
      openThread: () => {
        this.threads++;
        return { ended: false, ask: (path, answered) => { this.asked.push({ path, answered }); }, end: () => {} };
      },
    });
  }

  tableOf(names: readonly string[]): string { return [LOCAL, ...names.map((name, index) => `${50 + index} 21 0:${300 + index} / ${this.path(name)} rw - nfs4 server:/${name} rw`)].join('\n'); }
  path(name: string): string { return join(this.folder, name); }
  isOut(name: string): boolean { return this.watch.isOut(this.path(name)); }
  elapse(ms: number): void { this.now += ms; this.#t.mock.timers.tick(ms); }
  answer(): void { for (const { answered } of this.asked.splice(0)) answered(ANSWER); }

  [Symbol.dispose](): void {
    this.watch[Symbol.dispose]();
    rmSync(this.folder, { recursive: true });
  }
}

/** st_dev of 0:300, as the C library has it. */
const DEVICE = 0x10_002c;

test('a host without mounts that may hang has no thread, and one with such a mount none before a path leads there', (t) => {
  using host = new Host(t);
  assert.deepEqual([host.watch.isOut('/run/some.log'), host.isOut('nfs/app.log')], [false, false]);
  mkdirSync(host.path('nfs'));
  host.table = host.tableOf(['nfs']);
  host.elapse(5000);
  host.watch.keepHouse();
  assert.deepEqual([host.isOut('local/app.log'), host.watch.mayHang(host.path('local/app.log')), host.threads], [false, false, 0]);
  assert.deepEqual([host.isOut('nfs/app.log'), host.watch.mayHang(host.path('nfs/app.log')), host.threads], [true, true, 1]);
});

test('a path leads to a mount also by links, relative ones and through folders of them; nothing behind a silent mount is looked at', (t) => {
  using host = new Host(t, 'mnt/nfs');
  mkdirSync(host.path('mnt/nfs/logs'));
  symlinkSync('../nfs/logs', host.path('mnt/near'));
  mkdirSync(host.path('mnt/sub'));
  symlinkSync('../nfs', host.path('mnt/sub/up'));
  symlinkSync(host.path('mnt/sub'), host.path('by-folder'));
  symlinkSync('loop', host.path('loop'));
  symlinkSync('/run/elsewhere', host.path('mnt/nfs/away'));
  for (const name of ['mnt/nfs', 'mnt/nfs/a/b.log', 'by-folder/up/app.log', 'mnt/nfs/away/app.log']) assert.equal(host.isOut(name), true, name);
  for (const name of ['mnt', 'mnt/sub', 'mnt/nfs2', 'loop/app.log', 'none/at/all.log']) assert.equal(host.isOut(name), false, name);
  host.answer();
  assert.equal(host.isOut('by-folder/up/app.log'), false);
  for (const name of ['by-folder/up/app.log', 'mnt']) assert.equal(host.watch.mayHang(host.path(name)), true, name);
  for (const name of ['mnt/sub', 'by-folder', '.']) assert.equal(host.watch.mayHang(host.path(name)), false, name);
});

test('L73 a mount is out of reach until its first answer, then whenever it owes one; after five seconds it is said once, and so is its return', (t) => {
  using host = new Host(t, 'nfs');
  assert.equal(host.isOut('nfs/a.log'), true);
  host.answer();
  assert.deepEqual([host.isOut('nfs/a.log'), host.returned], [false, 1]);
  host.elapse(1000);
  assert.deepEqual([host.asked.map(({ path }) => path), host.isOut('nfs/a.log')], [[host.path('nfs')], false]);
  host.elapse(300);
  assert.deepEqual([host.isOut('nfs/a.log'), host.watch.isInDoubt], [true, true]);
  host.answer();
  assert.deepEqual([host.isOut('nfs/a.log'), host.watch.isInDoubt, host.returned], [false, false, 1], 'it was only slow');
  host.elapse(700);
  for (let second = 0; second < 20; second++) host.elapse(1000);
  assert.deepEqual([host.isOut('nfs/a.log'), host.watch.isInDoubt, host.asked.length], [true, false, 1]);
  assert.deepEqual(host.watch.hanging, [`${host.path('nfs')} (nfs4)`]);
  assert.equal(host.said.length, 1);
  assert.match(host.said[0]!, new RegExp(`^mount ${host.path('nfs')}: ${host.path('nfs')} \\(nfs4\\) has given no answer for 5 s: .* with files of the entry ${host.path('nfs')}/\\*\\.log\\.`));
  host.answer();
  assert.deepEqual([host.isOut('nfs/a.log'), host.returned, host.watch.hanging], [false, 2, []]);
  assert.match(host.said[1]!, /answers again/);
});

test('L73 what is open on a mount that hangs stays out of reach when the mount is taken away, until the kernel lets go of it', (t) => {
  using host = new Host(t, 'nfs');
  host.isOut('nfs/a.log');
  host.answer();
  assert.equal(host.watch.isDeviceOut(DEVICE), false);
  for (let second = 0; second < 3; second++) host.elapse(1000);
  assert.equal(host.watch.isDeviceOut(DEVICE), true);
  host.table = host.tableOf([]);
  host.elapse(5000);
  host.watch.keepHouse();
  assert.deepEqual([host.isOut('nfs/a.log'), host.watch.isDeviceOut(DEVICE)], [false, true]);
  for (const { answered } of host.asked.splice(0)) answered({ code: 'EIO' });
  assert.equal(host.watch.isDeviceOut(DEVICE), false);
  host.elapse(2000);
  assert.deepEqual(host.asked, []);
});

test('of a local disk that is mounted below a mount that hangs the files are out of reach there, and nowhere else', (t) => {
  using host = new Host(t, 'nfs');
  mkdirSync(host.path('nfs/disk'));
  host.table += `\n60 50 0:300 / ${host.path('nfs/disk')} rw - ext4 /dev/vdb rw`;
  host.table = host.table.replace('0:300 / ', '0:299 / ');
  host.elapse(5000);
  host.watch.keepHouse();
  for (const name of ['nfs/a.log', 'nfs/disk/a.log']) host.isOut(name);
  host.answer();
  host.isOut('nfs/disk/a.log');
  host.answer();
  assert.equal(host.isOut('nfs/disk/a.log'), false);
  for (let second = 0; second < 3; second++) host.elapse(1000);
  assert.deepEqual([host.isOut('nfs/disk/a.log'), host.watch.isDeviceOut(DEVICE), host.watch.isDeviceOut(DEVICE - 1)], [true, false, true]);
});

test('a search waits for the first answers, and for a second at most', async (t) => {
  using host = new Host(t, 'nfs', 'gone');
  assert.equal(await host.watch.answered(), false, 'nobody was asked');
  host.isOut('nfs/a.log');
  const answered = host.watch.answered();
  host.answer();
  assert.equal(await answered, true);
  host.isOut('gone/a.log');
  const given = host.watch.answered();
  for (let tenth = 0; tenth < 11; tenth++) {
    host.elapse(100);
    await Promise.resolve();
  }
  assert.equal(await given, false);
});

test('a mount that nobody looks at any more is asked no more', (t) => {
  using host = new Host(t, 'nfs');
  host.isOut('nfs/a.log');
  host.answer();
  for (let second = 0; second < 70; second++) {
    host.elapse(1000);
    host.answer();
  }
  host.elapse(5000);
  assert.deepEqual(host.asked, []);
});
