// A stage that stands still, as only a defect can make it, is begun anew without the others; nothing is lost or comes twice.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { localOnly } from '../support/endpoint-choice.ts';
import { Finder } from '../../src/files/finder.ts';
import { Collection } from '../../src/metrics/collection.ts';
import { Wake } from '../../src/files/wake.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { TestJournal, readersOf } from '../support/journal.ts';
import { append } from '../support/log-files.ts';
import { rigFor, until } from '../support/rig.ts';
import type { Rig, RigSpec } from '../support/rig.ts';

const NEVER = new Promise<never>(() => undefined);
/** Short for a test; above what a busy machine makes a healthy stage wait. */
const standsMs = 1_500;

/** What a defect would look like: from now on the follower's wait for room has no end, though there is room. */
function hangFollower(rig: Rig): () => void {
  const { outlet } = rig.generations[0]!;
  const [tryRoom, roomChange] = [outlet.tryRoom.bind(outlet), outlet.roomChange.bind(outlet)];
  let asked = 0;
  // The first question is the follower's, and denied; the watch is told the truth.
  outlet.tryRoom = () => (asked++ === 0 ? null : tryRoom());
  outlet.roomChange = () => NEVER;
  return () => { Object.assign(outlet, { tryRoom, roomChange }); };
}

test('a follower whose wait never ends is begun anew where it was; the file is delivered once, and the stop waits for nobody', async (t) => {
  const rig = await rigFor(t, { standsMs, entries: [{ path: 'app.log' }, { path: 'other.log', stream: 'o' }] });
  append(rig.path('app.log'), ['one']);
  await rig.start();
  await rig.arrived(['one']);
  const mend = hangFollower(rig);
  append(rig.path('app.log'), ['two']);
  append(rig.path('other.log'), ['beside']);
  await rig.delivered('g', 'o', ['beside']);
  await rig.says(/^warn the follower of \S+app\.log has stood still for \d+ s .*\(1 of 3\)/);
  mend();
  append(rig.path('app.log'), ['three']);
  await rig.arrived(['one', 'two', 'three']);
  assert.equal(rig.agent.isAlive, true);
  await rig.stop();
});

test('a follower that beginning anew does not help is a reason for a start of the whole agent', async (t) => {
  const rig = await rigFor(t, { standsMs: 200 });
  append(rig.path('app.log'), ['one']);
  await rig.start();
  await rig.arrived(['one']);
  const { beat } = rig.generations[0]!;
  // Whatever is begun makes no turn.
  beat.turn = () => false;
  append(rig.path('app.log'), ['two']);
  const g = rig.generations[0]!;
  Object.defineProperty(beat, 'isRunning', { value: true });
  g.file.size += 4;
  await until('the agent to ask for a start', () => !rig.agent.isAlive);
  assert.match(rig.agent.stalls.join('\n'), /^the follower of \S+app\.log stands still, and beginning it anew did not help$/);
  await rig.crash();
});

async function journalRig(t: TestContext, spec: RigSpec): Promise<{ readonly rig: Rig; readonly journal: TestJournal; readonly arrived: (expected: readonly string[]) => Promise<void> }> {
  let directory = '';
  const rig = await rigFor(t, { entries: [{ path: 'other.log', stream: 'o' }], journald: () => [{ directory }], ...spec });
  directory = join(rig.logs, 'journal');
  const arrived = async (expected: readonly string[]): Promise<void> => {
    await rig.count('g', 's', expected.length);
    assert.deepEqual(rig.messages().map((text) => (JSON.parse(text) as { readonly MESSAGE: string }).MESSAGE), expected);
  };
  return { rig, journal: new TestJournal(directory), arrived };
}

test('a follower of the journal whose wait never ends is begun anew at its cursor, when the old one wakes up it does nothing more, and a stop waits for nobody: every entry arrives once', async (t) => {
  const { rig, journal, arrived } = await journalRig(t, { standsMs });
  journal.append(['one']);
  await rig.start();
  await arrived(['one']);
  /** From now on its wait for room has no end of its own, though there is room. Gives what takes that back. */
  const hang = async (wait: Promise<void>): Promise<() => void> => {
    await until('journalctl to follow', () => readersOf(journal.directory).length === 1);
    const { outlet } = rig.agent.journals[0]!.source;
    const [tryRoom, roomChange] = [outlet.tryRoom.bind(outlet), outlet.roomChange.bind(outlet)];
    let asked = 0;
    outlet.tryRoom = () => (asked++ === 0 ? null : tryRoom());
    outlet.roomChange = () => wait;
    journal.append(['hung']);
    await until('it to ask for room', () => asked > 0);
    return () => { Object.assign(outlet, { tryRoom, roomChange }); };
  };
  const old = Promise.withResolvers<void>();
  const mend = await hang(old.promise);
  append(rig.path('other.log'), ['beside']);
  await rig.delivered('g', 'o', ['beside']);
  await rig.says(/^warn the follower of journald 0 has stood still for \d+ s .*\(1 of 3\)/);
  mend();
  await arrived(['one', 'hung']);
  old.resolve();
  journal.append(['two']);
  await arrived(['one', 'hung', 'two']);
  assert.equal(rig.agent.isAlive, true);
  await hang(NEVER);
  await rig.stop();
  await until('no journalctl to be left', () => readersOf(journal.directory).length === 0);
  await rig.start();
  await arrived(['one', 'hung', 'two', 'hung']);
  await rig.stop();
});

test('a follower of the journal that waits for entries, for a journal that cannot be read or for a service that is away owes nothing', localOnly('faults'), async (t) => {
  const { rig, journal, arrived } = await journalRig(t, { standsMs: 300, delivery: { budgetBytes: 4_194_304 } });
  const long = Array.from({ length: 6_000 }, (_, i) => `${i}${' '.repeat(1_000)}`);
  journal.append(long);
  const back = rig.outage();
  const owed = (): readonly unknown[] => rig.agent.journals.flatMap((pipeline) => [...pipeline.owed()]);
  await rig.start();
  await rig.stalled();
  assert.deepEqual(owed(), [], 'no room');
  back();
  await arrived(long);
  await until('journalctl to follow', () => readersOf(journal.directory).length === 1);
  assert.deepEqual(owed(), [], 'no entries');
  rmSync(journal.directory, { recursive: true });
  for (const pid of readersOf(journal.directory)) process.kill(pid);
  await rig.says(/journald 0: .*does not exist/);
  assert.deepEqual(owed(), [], 'no journal');
  assert.deepEqual(rig.said.filter((line) => / has stood still /.test(line)), []);
});

test('a search for files that stands still is begun anew: files that come later are found', async (t) => {
  const rig = await rigFor(t, { standsMs, entries: [{ path: '*.log', follow: 'all' }] });
  const scan = t.mock.method(Finder.prototype, 'run', async ({ stop }: Parameters<Finder['run']>[0]) => {
    await new Promise<void>((resolve) => { stop.addEventListener('abort', () => { resolve(); }); });
  }, { times: 1 });
  await rig.start();
  await until('the search to have begun', () => scan.mock.callCount() === 1);
  append(rig.path('late.log'), ['one']);
  await rig.says(/^warn the search for files has stood still/);
  await rig.arrived(['one']);
  await rig.stop();
});

test('a sampler whose sample never ends is begun anew, the others go on, and the stop waits for nobody', async (t) => {
  const each = (measurement: string): unknown => ({ measurement: [measurement], metrics_collection_interval: 1 });
  const rig = await rigFor(t, { standsMs, config: ({ url }) => ({ agent: { region: 'us-east-1' }, metrics: { endpoint_override: url, metrics_collected: { mem: each('used_percent'), swap: each('used_percent') } } }) });
  const { collect: real } = Collection.prototype as { readonly collect: (this: Collection, at: number) => Promise<void> };
  let samples = 0;
  const collect = t.mock.method(Collection.prototype, 'collect', function (this: Collection, at: number) { return samples++ === 0 ? NEVER : real.call(this, at); });
  await rig.start();
  const said = await rig.says(/^warn the sampler (?:mem|swap) has stood still for \d+ s .*\(1 of 3\)/);
  const calls = collect.mock.callCount();
  await until('both to sample again', () => new Set(collect.mock.calls.slice(calls).map((call) => call.this)).size === 2);
  assert.equal(rig.said.filter((line) => / has stood still /.test(line)).length, 1, said);
  assert.equal(rig.agent.isAlive, true);
  await rig.stop();
});

test('a sampler whose sample never ends holds up no agent that lets go of everything', { timeout: 20_000 }, async (t) => {
  const rig = await rigFor(t, { config: ({ url }) => ({ agent: { region: 'us-east-1' }, metrics: { endpoint_override: url, metrics_collected: { mem: { measurement: ['used_percent'], metrics_collection_interval: 1 } } } }) });
  const collect = t.mock.method(Collection.prototype, 'collect', () => NEVER);
  await rig.start();
  await until('a sample to have begun', () => collect.mock.callCount() > 0);
  await rig.crash();
});

test('the watch over files, with its timers lost, is set anew', async () => {
  const stop = new AbortController();
  const wake = new Wake(new AgentReport(() => undefined, Date.now), () => performance.now(), stop.signal);
  const waited = wake.wait({ path: null, isOutOfReach: false, grew: () => true, changed: () => true }, null);
  wake.close();
  assert.equal(wake.isNeeded, true);
  wake.beginAnew();
  await waited;
  await until('a slice of its scan', () => wake.slices > 0);
  stop.abort();
  assert.equal(wake.isNeeded, false);
  wake.close();
});
