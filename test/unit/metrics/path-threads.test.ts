import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Mount } from '../../../src/metrics/mount-table.ts';
import { Troubles } from '../../../src/metrics/samplers/troubles.ts';
import type { Statfs } from '../../../src/metrics/space.ts';
import type { NoAnswer, PathThread } from '../../../src/metrics/path-thread.ts';
import type { StatfsAnswer } from '../../../src/metrics/statfs-thread.ts';
import { PathThreads } from '../../../src/metrics/path-threads.ts';
import { WaitingSpace } from '../../../src/metrics/samplers/waiting-space.ts';

const STATFS: Statfs = { bsize: 1, frsize: 1, blocks: 2, bfree: 1, bavail: 1, files: 0, ffree: 0 };

/** Threads that answer when the test says so; time goes by when it says so, too. */
class Stage {
  readonly asked: string[] = [];
  readonly said: string[] = [];
  readonly hanging = new Set<string>();
  opened = 0;
  /** Threads say of themselves that they have ended: all, or those that were asked before. */
  died = false;
  diesIdle = false;
  ended = 0;
  readonly #open = new Map<string, (answer: StatfsAnswer | NoAnswer) => void>();
  readonly #t: TestContext;
  #now = 0;
  readonly threads = new PathThreads(() => this.#thread());

  constructor(t: TestContext) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setTimeout'] });
    t.mock.method(performance, 'now', () => this.#now);
  }

  space(intervalMs: number): WaitingSpace {
    const troubles = new Troubles({ trouble: (subject, message) => { this.said.push(`${subject}: ${message}`); }, recovered: (_, message) => { this.said.push(message); } });
    return new WaitingSpace({ threads: this.threads, troubles, intervalMs });
  }

  /** In steps, so that what a timer begins comes to its own timers. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.#now += 100;
      this.#t.mock.timers.tick(100);
      await settled();
    }
  }

  async answer(path: string, answer: StatfsAnswer | NoAnswer = { statfs: STATFS }): Promise<void> {
    const answered = this.#open.get(path)!;
    this.#open.delete(path);
    answered(answer);
    await settled();
  }

  #thread(): PathThread<StatfsAnswer> {
    const number = ++this.opened;
    const isDead = (): boolean => this.died || (this.diesIdle && number < 3);
    return {
      get ended() { return isDead(); },
      ask: (path, answered) => {
        this.asked.push(path);
        if (this.hanging.has(path)) this.#open.set(path, answered);
        else queueMicrotask(() => { answered({ statfs: STATFS }); });
      },
      end: () => { this.ended++; },
    };
  }
}

/** What is ready has run. */
async function settled(): Promise<void> { for (let i = 0; i < 20; i++) await Promise.resolve(); }

const mountOf = (source: string, mountPoint: string, number = '0:1'): { mount: Mount; path: string } => ({ mount: { number, mountPoint, type: 'nfs4', source }, path: mountPoint });

/** A sample that is under way: the mounts it has found once it ends. */
function begun(space: WaitingSpace, mounts: readonly { mount: Mount; path: string }[]): { done: readonly string[] | null } {
  const sample: { done: readonly string[] | null } = { done: null };
  void space.of(mounts).then((found) => { sample.done = [...found.keys()].map(({ mountPoint }) => mountPoint); });
  return sample;
}

test('mounts that answer are asked one after the other, in one thread', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  const mounts = ['a', 'b', 'c', 'd'].map((host) => mountOf(`${host}:/`, `/${host}`));
  const sample = begun(space, mounts);
  await settled();
  assert.deepEqual(sample.done, ['/a', '/b', '/c', '/d']);
  assert.deepEqual([stage.opened, stage.asked, stage.said], [1, ['/a', '/b', '/c', '/d'], []]);
});

test('a mount that hangs costs the others a second: another thread takes them; it is said after five seconds, and left out until it answers', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  stage.hanging.add('/a');
  const mounts = ['a', 'b', 'c'].map((host) => mountOf(`${host}:/`, `/${host}`));
  const first = begun(space, mounts);
  await stage.pass(900);
  assert.deepEqual(stage.asked, ['/a']);
  await stage.pass(200);
  assert.deepEqual([stage.asked, stage.threads.hanging], [['/a', '/b', '/c'], 1]);
  assert.equal(first.done, null);
  await stage.pass(4000);
  assert.deepEqual(first.done, ['/b', '/c']);
  assert.deepEqual(stage.said, ['/a: /a (nfs4) has given no answer for 5 s: its server or its process hangs; it has no disk metrics until it answers, or is unmounted']);
  const second = begun(space, mounts);
  await settled();
  assert.deepEqual(second.done, ['/b', '/c'], 'nobody waits for it again');
  assert.deepEqual([stage.asked.length, stage.said.length, stage.opened], [5, 1, 2]);
  stage.hanging.clear();
  await stage.answer('/a');
  assert.deepEqual([stage.said.slice(1), stage.threads.hanging, stage.ended], [['/a (nfs4) answers again'], 0, 1]);
  await stage.pass(5000);
  const third = begun(space, mounts);
  await settled();
  assert.deepEqual(third.done, ['/a', '/b', '/c']);
  assert.equal(stage.asked.filter((path) => path === '/a').length, 2, 'what it said so long ago is not taken');
});

test('what a mount said that is gone since is not taken for one that comes to its place', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(1000);
  stage.hanging.add('/a');
  void begun(space, [mountOf('a:/', '/a')]);
  await stage.pass(500);
  await stage.answer('/a');
  void begun(space, []);
  const next = begun(space, [mountOf('a:/', '/a')]);
  await settled();
  assert.deepEqual([next.done, stage.asked], [null, ['/a', '/a']]);
});

test('a thread that has ended by itself is replaced', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  stage.hanging.add('/a');
  const first = begun(space, [mountOf('a:/', '/a')]);
  await settled();
  stage.died = true;
  await stage.answer('/a', { code: 'its thread has ended' });
  stage.died = false;
  stage.hanging.clear();
  const second = begun(space, [mountOf('a:/', '/a')]);
  await settled();
  assert.deepEqual([first.done, second.done, stage.opened], [[], ['/a'], 2]);
  stage.diesIdle = true;
  const third = begun(space, [mountOf('a:/', '/a')]);
  await settled();
  assert.deepEqual([third.done, stage.opened], [['/a'], 3]);
});

test('at a short interval a sample waits half of it, and an answer that comes later is of the next one', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(1000);
  stage.hanging.add('/a');
  const mounts = [mountOf('a:/', '/a')];
  const first = begun(space, mounts);
  await stage.pass(500);
  assert.deepEqual(first.done, []);
  await stage.answer('/a');
  await stage.pass(500);
  const second = begun(space, mounts);
  await settled();
  assert.deepEqual([second.done, stage.asked.length, stage.said], [['/a'], 1, []]);
});

test('of a server that owes an answer nothing more is asked, and each of its mounts is said', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  stage.hanging.add('/home').add('/proj');
  const mounts = [mountOf('filer:/home', '/home'), mountOf('filer:/proj', '/proj')];
  void begun(space, mounts.slice(0, 1));
  await stage.pass(5000);
  const second = begun(space, mounts);
  await settled();
  assert.deepEqual([second.done, stage.asked, stage.threads.hanging], [[], ['/home'], 1]);
  assert.match(stage.said[1]!, /^\/proj: the space of \/proj \(nfs4\) is not asked for while \/home, which is of the same server, gives no answer/);
});

test('three threads may hang and no more: further mounts are not asked, and said', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  const mounts = ['a', 'b', 'c', 'd', 'e'].map((host) => mountOf(`${host}:/`, `/${host}`));
  for (const { path } of mounts) stage.hanging.add(path);
  void begun(space, mounts);
  await stage.pass(6000);
  assert.deepEqual([stage.opened, stage.threads.hanging, stage.asked], [3, 3, ['/a', '/b', '/c']]);
  const next = begun(space, [...mounts, mountOf('f:/', '/f')]);
  await settled();
  assert.deepEqual(next.done, []);
  assert.match(stage.said.at(-1)!, /^\/f: the space of \/f \(nfs4\) is not asked for while 3 other mounts hang/);
  stage.hanging.clear();
  await stage.answer('/b');
  assert.deepEqual(stage.asked, ['/a', '/b', '/c', '/d', '/e']);
});

test('an answer that is an error is said with its code, once', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  for (let i = 0; i < 2; i++) {
    stage.hanging.add('/a');
    const sample = begun(space, [mountOf('a:/', '/a')]);
    await settled();
    await stage.answer('/a', { code: 'ESTALE' });
    assert.deepEqual(sample.done, []);
  }
  assert.deepEqual(stage.said, ['/a: the space of /a (nfs4) cannot be read (ESTALE): it has no disk metrics until it can be']);
});

test('what comes after the end is for nobody, what was not asked yet is not asked, and threads that nobody needs are told to end', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  stage.hanging.add('/a');
  void begun(space, [mountOf('a:/', '/a'), mountOf('b:/', '/b')]);
  await stage.pass(5000);
  space[Symbol.dispose]();
  assert.deepEqual([stage.ended, stage.said.length], [1, 1]);
  await stage.answer('/a');
  assert.deepEqual([stage.ended, stage.said.length], [2, 1]);
  const other = stage.space(60_000);
  stage.hanging.add('/c');
  void begun(other, [mountOf('c:/', '/c'), mountOf('d:/', '/d')]);
  await settled();
  other[Symbol.dispose]();
  await stage.answer('/c');
  assert.deepEqual([stage.asked, stage.threads.busy], [['/a', '/b', '/c'], 0]);
});

test('a config that is loaded anew waits for the same answer of a mount that hangs, in the same thread', async (t) => {
  const stage = new Stage(t);
  stage.hanging.add('/a');
  for (let load = 0; load < 5; load++) {
    const space = stage.space(60_000);
    void begun(space, [mountOf('a:/', '/a')]);
    await stage.pass(5000);
    space[Symbol.dispose]();
  }
  assert.deepEqual([stage.asked, stage.threads.busy, stage.said.length], [['/a'], 1, 5]);
  const last = begun(stage.space(60_000), [mountOf('a:/', '/a')]);
  await settled();
  await stage.answer('/a');
  assert.deepEqual(last.done, ['/a']);
});

test('a mount that is put in the place of one that hangs is asked for itself', async (t) => {
  const stage = new Stage(t);
  const space = stage.space(60_000);
  stage.hanging.add('/a');
  void begun(space, [mountOf('old:/', '/a', '0:1')]);
  await stage.pass(5000);
  stage.hanging.clear();
  const next = begun(space, [mountOf('new:/', '/a', '0:2')]);
  await settled();
  assert.deepEqual([next.done, stage.said.at(-1)], [['/a'], '/a (nfs4) answers again']);
});
