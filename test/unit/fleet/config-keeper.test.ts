import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ConfigKeeper } from '../../../src/fleet/config-keeper.ts';
import type { ConfigPorts, Start } from '../../../src/fleet/config-ports.ts';
import { LastGood } from '../../../src/fleet/last-good.ts';
import { LifetimeControl } from '../../../src/lifecycle/lifetime.ts';
import type { Plan, RolloutPlan } from '../../../src/plan.ts';
import { planFor } from '../../support/plan-for.ts';

const ALL: RolloutPlan = { percent: 100, waitMs: 0, watchMs: 60_000 };
const NAME = 'fleet';

/** What a version of the parameter says. */
interface Version { readonly rollout?: Partial<RolloutPlan>; readonly errors?: string }

/** A parameter store, an agent that only notes which plan it was given, and a clock. */
class Host {
  readonly said: string[] = [];
  readonly troubles = new Set<string>();
  /** Versions the agent was given, the one of the start first. */
  readonly ran: string[] = [];
  readonly directory: string;
  versions: Version[] = [];
  publishedAt: number[] = [];
  down = false;
  /** Versions can be asked, but no value is given. */
  closed = false;
  health = { failing: 0, undelivered: 0 };
  hostId = 'some host';
  /** Called while a version is compiled. */
  onCompile: () => void = () => {};
  /** Applying waits for it. */
  beforeApply: () => Promise<void> = async () => {};
  /** How often the keeper asked how delivery goes. */
  looks = 0;
  sources: readonly string[] = [`ssm:${NAME}`];
  life = new LifetimeControl();
  #t: TestContext;
  keeper: ConfigKeeper;

  constructor(t: TestContext) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 });
    this.directory = mkdtempSync(join(tmpdir(), 'keeper-'));
    t.after(() => { this.life.requestAbandon(); rmSync(this.directory, { recursive: true, force: true }); });
    this.keeper = this.#keeper();
  }

  publish(version: Version): void {
    this.versions.push(version);
    this.publishedAt.push(Date.now());
  }

  /** A start of the agent on what its state directory remembers. */
  async start(): Promise<Start> {
    this.life.requestStop();
    this.life = new LifetimeControl();
    this.keeper = this.#keeper();
    const start = await this.keeper.start();
    if (start.kind === 'none') return start;
    this.ran.push(this.#versionIn(start.plan));
    void this.keeper.run(this.life);
    await this.#settled();
    return start;
  }

  /** Lets time pass, a second at a time. */
  async pass(seconds: number): Promise<void> {
    for (let s = 0; s < seconds; s++) {
      this.#t.mock.timers.tick(1_000);
      await this.#settled();
    }
  }

  /** Lets all that is ready run. */
  async #settled(): Promise<void> { for (let i = 0; i < 50; i++) await Promise.resolve(); }

  #keeper(): ConfigKeeper {
    const remote = () => [{ name: NAME, version: this.versions.length, modifiedAt: this.publishedAt.at(-1)! }];
    const ports: ConfigPorts = {
      read: async () => this.down || this.closed ? { kind: 'unreadable', reason: 'no answer' } : { kind: 'read', copy: { texts: [{ name: NAME, text: String(this.versions.length) }], remote: remote() } },
      look: async () => this.down ? { unreachable: 'no answer' } : remote(),
      compile: async ({ texts }) => {
        this.onCompile();
        const number = Number(texts[0]!.text);
        const { rollout, errors = null } = this.versions[number - 1]!;
        return { plan: { ...planFor({ endpoint: 'http://127.0.0.1:1', entries: [{ path: `/v${number}` }] }), config: { pollMs: 60_000, rollout: { ...ALL, ...rollout } } }, errors };
      },
      apply: async (plan) => { await this.beforeApply(); this.ran.push(this.#versionIn(plan)); return { kept: 0, changed: 1, added: 0, removed: 0 }; },
      health: () => { this.looks++; return this.health; },
    };
    const say = (...words: string[]): void => { this.said.push(words.join(' ')); };
    const trouble = (subject: string, message: string): void => { this.troubles.add(subject); say(message); };
    const recovered = (subject: string, message: string): void => { if (this.troubles.delete(subject)) say(message); };
    const report = { note: say, trouble, recovered };
    return new ConfigKeeper({ ports, memory: new LastGood(this.directory, this.sources, report), hostId: this.hostId, report, now: Date.now, random: () => 0.5 });
  }

  #versionIn(plan: Plan): string { return plan.entries[0]!.pattern.slice(1); }
}

async function startedHost(t: TestContext, first: Version = {}): Promise<Host> {
  const host = new Host(t);
  host.publish(first);
  await host.start();
  return host;
}

test('what runs is compiled and applied anew when more is known of the host: that is no new version, and nothing is watched or taken back', async (t) => {
  const host = await startedHost(t);
  await host.pass(70);
  await host.keeper.renew('this is the instance i-1');
  assert.deepEqual([host.ran, host.keeper.state.watchedUntil, host.said.at(-1)], [['v1', 'v1'], null, 'config: this is the instance i-1: 0 entries unchanged, 1 changed, 0 new, 0 gone']);
  host.publish({});
  await host.pass(66);
  assert.equal(host.ran.at(-1), 'v2');
});

test('a new version is taken within a poll interval, and kept for the next start once delivery was watched', async (t) => {
  const host = await startedHost(t);
  host.publish({});
  await host.pass(66);
  assert.deepEqual(host.ran, ['v1', 'v2']);
  assert.ok(host.looks < 66, `delivery is looked at once a second at most, not ${host.looks} times in 66 s`);
  host.down = true;
  await host.start();
  assert.deepEqual(host.ran, ['v1', 'v2', 'v1'], 'it is still being watched: the last good one is the one before');
  host.down = false;
  await host.pass(130);
  assert.equal(host.ran.at(-1), 'v2');
  host.down = true;
  await host.start();
  assert.equal(host.ran.at(-1), 'v2');
  assert.equal(statSync(join(host.directory, 'config.json')).mode & 0o777, 0o600, 'it may hold secrets');
});

test('a version with errors is refused whole, said once, and not read again; the next one is taken', async (t) => {
  const host = await startedHost(t);
  host.publish({ errors: 'one bad entry' });
  await host.pass(200);
  assert.deepEqual(host.ran, ['v1']);
  assert.equal(host.said.filter((line) => line.includes('fleet version 2 is not used (one bad entry)')).length, 1);
  assert.deepEqual(host.keeper.state.refused?.version, 'fleet version 2');
  await host.start();
  assert.equal(host.keeper.state.refused?.reason, 'one bad entry', 'a restart knows it too');
  host.publish({});
  await host.pass(130);
  assert.deepEqual(host.ran, ['v1', 'v1', 'v3']);
  assert.equal(host.keeper.state.refused, null);
});

test('a version under which a destination fails is taken back, said, remembered over a restart, and tried again by a reload', async (t) => {
  const host = await startedHost(t);
  host.publish({});
  await host.pass(66);
  host.health = { failing: 1, undelivered: 0 };
  await host.pass(12);
  assert.deepEqual(host.ran, ['v1', 'v2', 'v1']);
  assert.match(host.said.join('\n'), /fleet version 2 is not used \(taken back: 1 destination takes nothing since the change\)/);
  assert.deepEqual([host.keeper.state.rollbacks, host.keeper.state.version], [1, 'fleet version 1']);
  host.health = { failing: 0, undelivered: 0 };
  await host.pass(200);
  await host.start();
  assert.deepEqual(host.ran, ['v1', 'v2', 'v1', 'v1']);
  assert.equal((await host.keeper.reload()).outcome, 'applied');
  assert.equal(host.ran.at(-1), 'v2');
});

test('an outage that began before the change takes nothing back', async (t) => {
  const host = await startedHost(t);
  host.health = { failing: 5, undelivered: 0 };
  host.publish({});
  await host.pass(200);
  assert.deepEqual(host.ran, ['v1', 'v2']);
  assert.equal(host.keeper.state.rollbacks, 0);
});

test('a version that comes while a bad one is watched is compared with what was good: both are taken back to that', async (t) => {
  const host = await startedHost(t, { rollout: { watchMs: 600_000 } });
  host.publish({ rollout: { watchMs: 600_000 } });
  await host.pass(66);
  host.publish({ rollout: { watchMs: 600_000 } });
  host.health = { failing: 0, undelivered: 5 };
  await host.pass(66);
  assert.deepEqual(host.ran, ['v1', 'v2', 'v3']);
  host.health = { failing: 0, undelivered: 500 };
  await host.pass(2);
  assert.deepEqual(host.ran, ['v1', 'v2', 'v3', 'v1']);
});

test('what one version mended and the next one breaks again counts against the next one', async (t) => {
  const host = await startedHost(t, { rollout: { watchMs: 600_000 } });
  host.health = { failing: 1, undelivered: 0 };
  host.publish({ rollout: { watchMs: 600_000 } });
  await host.pass(66);
  host.health = { failing: 0, undelivered: 0 };
  await host.pass(5);
  host.publish({ rollout: { watchMs: 600_000 } });
  await host.pass(66);
  assert.deepEqual(host.ran, ['v1', 'v2', 'v3']);
  host.health = { failing: 1, undelivered: 0 };
  await host.pass(15);
  assert.equal(host.keeper.state.rollbacks, 1);
});

test('a host that is not among the first waits, keeps waiting over a restart, and then takes the version', async (t) => {
  const host = await startedHost(t);
  host.publish({ rollout: { percent: 0, waitMs: 300_000 } });
  await host.pass(100);
  assert.deepEqual(host.ran, ['v1']);
  assert.equal(host.keeper.state.waiting?.version, 'fleet version 2');
  await host.start();
  assert.deepEqual(host.ran, ['v1', 'v1']);
  await host.pass(190);
  assert.deepEqual(host.ran, ['v1', 'v1']);
  await host.pass(15);
  assert.deepEqual(host.ran, ['v1', 'v1', 'v2']);
  assert.equal(host.keeper.state.waiting, null);
});

test('a reload that takes what a host waits for, while a rollback is under way, takes it once, and nothing ends for it', async (t) => {
  const watched = { watchMs: 600_000 };
  const host = await startedHost(t, { rollout: watched });
  host.publish({ rollout: watched });
  await host.pass(66);
  host.publish({ rollout: { ...watched, percent: 0, waitMs: 300_000 } });
  await host.pass(70);
  let goOn = (): void => {};
  host.beforeApply = () => new Promise((resolve) => { goOn = resolve; });
  host.health = { failing: 1, undelivered: 0 };
  await host.pass(300);
  host.beforeApply = async () => {};
  const reloaded = host.keeper.reload();
  goOn();
  assert.equal((await reloaded).outcome, 'applied');
  await host.pass(5);
  assert.deepEqual(host.ran, ['v1', 'v2', 'v1', 'v3']);
});

test('a version that is replaced while a host waits for it is never taken', async (t) => {
  const host = await startedHost(t);
  host.publish({ rollout: { percent: 0, waitMs: 300_000 } });
  await host.pass(100);
  host.publish({});
  await host.pass(70);
  assert.deepEqual(host.ran, ['v1', 'v3']);
  await host.pass(300);
  assert.deepEqual(host.ran, ['v1', 'v3']);
});

test('a host that has no last good config starts with nothing that has errors, and with nothing that cannot be read', async (t) => {
  const host = new Host(t);
  host.publish({ errors: 'one bad entry' });
  assert.equal((await host.start()).kind, 'none');
  host.down = true;
  assert.equal((await host.start()).kind, 'none');
});

test('a version number that comes again, because the parameter was deleted and made anew, is another version: what was said of the first one does not count', async (t) => {
  const host = await startedHost(t);
  host.publish({ errors: 'one bad entry' });
  await host.pass(70);
  assert.equal(host.keeper.state.refused?.version, 'fleet version 2');
  host.versions.pop();
  host.publish({});
  await host.pass(70);
  assert.deepEqual([host.ran, host.keeper.state.refused?.reason], [['v1', 'v2'], 'one bad entry']);
});

test('a version that was refused for its errors is tried again by a reload alone, and once it is taken, started with', async (t) => {
  const host = await startedHost(t);
  host.publish({ rollout: { watchMs: 0 }, errors: 'the environment variable TEAM is not set' });
  await host.pass(70);
  host.versions[1] = { rollout: { watchMs: 0 } };
  await host.start();
  await host.pass(200);
  assert.deepEqual(host.ran, ['v1', 'v1']);
  assert.equal((await host.keeper.reload()).outcome, 'applied');
  assert.equal(host.keeper.state.refused, null);
  await host.start();
  assert.deepEqual(host.ran, ['v1', 'v1', 'v2', 'v2']);
});

test('other sources make the last good config void', async (t) => {
  const host = await startedHost(t);
  host.down = true;
  assert.equal((await host.start()).kind, 'current');
  host.sources = ['ssm:another'];
  assert.equal((await host.start()).kind, 'none');
});

test('a store that cannot be asked changes nothing, is said once, and its return too', async (t) => {
  const host = await startedHost(t);
  host.down = true;
  await host.pass(300);
  assert.equal(host.keeper.state.unreachable, 'no answer');
  host.down = false;
  host.publish({});
  await host.pass(66);
  assert.deepEqual(host.ran, ['v1', 'v2']);
  assert.equal(host.keeper.state.unreachable, null);
});

test('a version that is there but cannot be read is one trouble for as long as it lasts, not one at each look', async (t) => {
  const host = await startedHost(t);
  host.closed = true;
  host.publish({});
  await host.pass(300);
  assert.equal(host.keeper.state.unreachable, 'no answer');
  assert.ok(!host.said.includes('the config can be read again'));
  host.closed = false;
  await host.pass(70);
  assert.deepEqual(host.ran, ['v1', 'v2']);
  assert.equal(host.said.filter((line) => line === 'the config can be read again').length, 1);
  assert.deepEqual([...host.troubles], []);
});

test('a refusal is over as soon as the sources say again what runs, and a failed reading with the next one that succeeds', async (t) => {
  const host = await startedHost(t);
  host.publish({ errors: 'one bad entry' });
  assert.equal((await host.keeper.reload()).outcome, 'refused');
  assert.deepEqual([...host.troubles], ['config']);
  host.versions.pop();
  assert.equal((await host.keeper.reload()).outcome, 'unchanged');
  assert.deepEqual([[...host.troubles], host.keeper.state.refused], [[], null]);
  host.down = true;
  assert.equal((await host.keeper.reload()).outcome, 'unreadable');
  assert.deepEqual([...host.troubles], ['config source']);
  host.down = false;
  assert.equal((await host.keeper.reload()).outcome, 'unchanged');
  assert.deepEqual([[...host.troubles], host.keeper.state.unreachable], [[], null]);
});

test('a start on the last good config says which version was given up and why; a refusal of an older version is no trouble any more', async (t) => {
  const host = await startedHost(t);
  host.publish({ errors: 'one bad entry' });
  await host.pass(70);
  host.said.length = 0;
  await host.start();
  assert.match(host.said.join('\n'), /fleet version 2 was given up before \(one bad entry\): started with fleet version 1/);
  host.publish({});
  await host.pass(140);
  await host.start();
  assert.deepEqual([host.ran.at(-1), host.keeper.state.refused], ['v3', null]);
});

test('a state directory that cannot be written keeps no config, says so, and stops neither a refusal nor a reload of what was refused', async (t) => {
  const host = await startedHost(t);
  rmSync(host.directory, { recursive: true });
  writeFileSync(host.directory, 'a file in its place');
  host.publish({});
  await host.pass(66);
  host.health = { failing: 1, undelivered: 0 };
  await host.pass(12);
  assert.deepEqual(host.ran, ['v1', 'v2', 'v1']);
  assert.ok(host.troubles.has('config copy'));
  host.health = { failing: 0, undelivered: 0 };
  assert.equal((await host.keeper.reload()).outcome, 'applied');
  assert.equal(host.ran.at(-1), 'v2');
});

test('a version that worked before is started with, whatever this host lacks at the moment, and is not given up for that', async (t) => {
  const host = await startedHost(t);
  host.versions[0] = { errors: '{instance_id} is not known' };
  await host.start();
  host.versions[0] = {};
  await host.start();
  assert.deepEqual(host.ran, ['v1', 'v1', 'v1']);
  assert.doesNotMatch(host.said.join('\n'), /not used|given up/);
});

test('a version that the agent does not survive is given up at the fourth start; ends in order do not count, and a reload tries it again', async (t) => {
  const watched = { rollout: { watchMs: 600_000 } };
  const host = await startedHost(t, watched);
  host.publish(watched);
  for (let i = 0; i < 5; i++) {
    await host.start();
    host.keeper.endInOrder();
  }
  assert.equal(host.ran.at(-1), 'v2');
  for (let i = 0; i < 3; i++) await host.start();
  assert.equal(host.ran.at(-1), 'v2');
  await host.start();
  assert.equal(host.ran.at(-1), 'v1');
  assert.match(host.keeper.state.refused?.reason ?? '', /began with it 3 times and did not last/);
  assert.equal((await host.keeper.reload()).outcome, 'applied');
  assert.equal(host.ran.at(-1), 'v2');
});

test('a version that comes while the agent is stopped is left to the next start', async (t) => {
  const host = await startedHost(t);
  host.publish({ rollout: { watchMs: 0 } });
  host.onCompile = () => host.life.requestStop();
  await host.pass(70);
  assert.deepEqual([host.ran, host.keeper.state.version], [['v1'], 'fleet version 1']);
});
